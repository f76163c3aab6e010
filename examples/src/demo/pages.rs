//! What the pages show.

use askama::Template;
use oauth_runtime::{Scope, User};

use super::calendar::{Event, Week};
use super::declared::Declared;
use super::draft::Draft;
use super::drive::Note;
use super::files::WEEK_SCRIPT;
use super::frame::{Content, Person, Site};
use super::words;

const DRIVE: &str = "drive.file";
const CALENDAR: &str = "calendar.events.readonly";

/// What a page needs, whether it may, and the line that says so.
pub(crate) struct Need {
    scope: &'static str,
    granted: bool,
    signed_in: bool,
    declared: Declared,
}

impl Need {
    fn new(user: Option<&User>, scope: &'static str, handler: &str) -> Self {
        let held = |user: &User| {
            let granted = user.scopes().closure();
            Scope::find(scope).is_some_and(|scope| granted.contains(scope))
        };
        let granted = user.is_some_and(held);
        Self { scope, granted, signed_in: user.is_some(), declared: Declared::of(handler) }
    }

    fn meaning(&self) -> &'static str {
        words::meaning(self.scope)
    }
}

/// What stands ahead in the calendar, for whoever granted it.
pub(crate) enum Next {
    NotGranted,
    Unreadable,
    Granted(Option<Event>),
}

#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct Home {
    person: Option<Person>,
    notes: Need,
    week: Need,
    next: Next,
    next_declared: Declared,
}

impl Home {
    pub(crate) fn new(user: Option<&User>, next: Next) -> Self {
        Self {
            person: user.map(Person::new),
            notes: Need::new(user, DRIVE, "notes"),
            week: Need::new(user, CALENDAR, "week"),
            next,
            next_declared: Declared::of("home"),
        }
    }
}

impl Content for Home {
    const TITLE: &str = "Daybook";
    const PATH: &str = "/";
}

#[derive(Template)]
#[template(path = "notes.html")]
pub(crate) struct Notes {
    files: Vec<Note>,
    saved: Option<String>,
    draft: Draft,
    title_problem: Option<String>,
    text_problem: Option<String>,
    declared: Declared,
}

impl Notes {
    pub(crate) fn new(files: Vec<Note>) -> Self {
        Self {
            files,
            saved: None,
            draft: Draft::default(),
            title_problem: None,
            text_problem: None,
            declared: Declared::of("save"),
        }
    }

    /// Says that the note of this id was saved, if it is in the list.
    pub(crate) fn after_saving(mut self, id: Option<&str>) -> Self {
        let saved = self.files.iter().find(|note| Some(note.id.as_str()) == id);
        self.saved = saved.map(|note| note.name.clone());
        self
    }

    /// Shows again what was typed, with what is wrong with it.
    pub(crate) fn with_draft(mut self, draft: Draft) -> Self {
        self.title_problem = draft.title_problem();
        self.text_problem = draft.text_problem();
        self.draft = draft;
        self
    }

    fn is_refused(&self) -> bool {
        self.title_problem.is_some() || self.text_problem.is_some()
    }
}

impl Content for Notes {
    const TITLE: &str = "Notes";
    const PATH: &str = "/notes";

    fn title(&self) -> String {
        if self.is_refused() {
            "Not saved yet – Notes".to_owned()
        } else {
            Self::TITLE.to_owned()
        }
    }
}

#[derive(Template)]
#[template(path = "week.html")]
pub(crate) struct ThisWeek {
    week: Week,
    declared: Declared,
    keep_declared: Declared,
}

impl ThisWeek {
    pub(crate) fn new(week: Week) -> Self {
        Self { week, declared: Declared::of("week"), keep_declared: Declared::of("keep_week") }
    }
}

impl Content for ThisWeek {
    const TITLE: &str = "This week";
    const PATH: &str = "/week";
    const SCRIPT: Option<&str> = Some(WEEK_SCRIPT);
}

#[derive(Template)]
#[template(path = "access.html")]
pub(crate) struct Access {
    person: Option<Person>,
    site: Site,
    granted: Vec<String>,
    declared: [(&'static str, Declared); 4],
}

impl Access {
    pub(crate) fn new(site: Site, user: Option<&User>) -> Self {
        let granted = user.map(|user| user.scopes().names().map(str::to_owned).collect());
        let declared = [
            ("Notes", "notes"),
            ("Saving a note", "save"),
            ("This week", "week"),
            ("Keeping the week", "keep_week"),
        ];
        Self {
            person: user.map(Person::new),
            site,
            granted: granted.unwrap_or_default(),
            declared: declared.map(|(name, handler)| (name, Declared::of(handler))),
        }
    }
}

impl Content for Access {
    const TITLE: &str = "What you granted";
    const PATH: &str = "/access";
}

#[derive(Template)]
#[template(path = "not_found.html")]
pub(crate) struct NotFound;

impl Content for NotFound {
    const TITLE: &str = "Page not found";
    const PATH: &str = "";
}
