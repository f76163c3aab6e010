//! What a token is for: what it holds for certain, and whose request or job it belongs to.

use crate::scope::ScopeSet;
use crate::scope::requirement::{Declaration, Wanted};
use crate::tokens::AccountRow;

/// What a token stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose {
    /// What its type declares: what it must hold, whenever it is looked at again.
    pub(super) declaration: &'static Declaration,
    /// What its handler or its job declares, which may be more, or a choice, and has a reason.
    handler: &'static Declaration,
}

impl Purpose {
    pub(crate) fn of(handler: &'static Declaration) -> Self {
        Self { declaration: handler, handler }
    }

    /// The same for a part of the handler.
    pub(super) fn narrowed(self, declaration: &'static Declaration) -> Self {
        Self { declaration, ..self }
    }

    /// The reason that the user reads.
    pub(super) fn why(self) -> Option<&'static str> {
        self.declaration.why.or(self.handler.why)
    }

    /// Whether a form for the handler is kept meanwhile.
    pub(super) fn holds_form(self) -> bool {
        self.handler.holds_form
    }

    /// What to ask an account for that this token does not do for, although it may seem to: what
    /// the type of the token declares, and what the handler lacks now, since the request goes
    /// through its guard again.
    pub(super) fn wanted_again(self, row: &AccountRow) -> Wanted {
        let Wanted { missing, optional } = row.wanted_again(self.handler);
        let needed = self.declaration.needed(&row.covered);
        // Of what is there, only what the token would have its scopes from.
        let is_wanted = |name: &&str| {
            let covered = ScopeSet::from_iter([*name]).closure();
            !row.covered.contains_name(name) || needed.difference(&covered) != needed
        };
        let missing: ScopeSet = missing.names().filter(is_wanted).collect();
        let missing = missing.union(&needed.difference(&missing.closure()));
        Wanted { optional: optional.difference(&missing), missing }
    }

    /// What the handler asks of a user who has to sign in first, or who is not known yet.
    pub(super) fn wanted_by_handler(self, row: Option<&AccountRow>) -> Wanted {
        match row {
            Some(row) => row.wanted_again(self.handler),
            None => self.handler.whole(&ScopeSet::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PART: Declaration = Declaration::new("Part", "app", "app.rs", 1, &[]);
    static REASON: Declaration = Declaration::new("Reason", "app", "app.rs", 1, &[]).why("theirs");
    static HANDLER: Declaration =
        Declaration::new("save", "app", "app.rs", 1, &[]).why("ours").holds_no_form();

    #[test]
    fn what_the_handler_says_of_its_requests_holds_for_each_part() {
        let whole = Purpose::of(&HANDLER);
        for (purpose, why) in [
            (whole, Some("ours")),
            (whole.narrowed(&PART), Some("ours")),
            (whole.narrowed(&REASON), Some("theirs")),
            (whole.narrowed(&REASON).narrowed(&PART), Some("ours")),
            (Purpose::of(&PART), None),
        ] {
            assert_eq!(purpose.why(), why);
            assert_eq!(purpose.holds_form(), why.is_none(), "{purpose:?}");
        }
    }
}
