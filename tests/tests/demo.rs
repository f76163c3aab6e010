//! What the demo says to whoever starts it, and to whoever uses it.

use std::fs;
use std::path::{Path, PathBuf};

use http::Method;
use oauth_examples::demo::{ACCOUNTS, Demo};
use oauth_runtime::fake::{Endpoint, FakeGoogle, Fault, Quirk};
use tokio::task::JoinHandle;

use crate::support::{Browser, Folder, Page};

const ADA: &str = "ada@example.com";
const DRIVE: &str = "drive.file";
const CALENDAR: &str = "calendar.events.readonly";

/// The demo, served until it is dropped.
struct Served {
    origin: String,
    fake: Option<FakeGoogle>,
    server: JoinHandle<()>,
    _data: Folder,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Served {
    async fn start(credentials: Option<&Path>) -> Self {
        let data = Folder::new();
        let demo = Demo::start(0, credentials, &data.path("demo")).await.unwrap();
        let (origin, fake) = (demo.origin().to_owned(), demo.fake().cloned());
        let server = tokio::spawn(async move { demo.serve(std::future::pending()).await.unwrap() });
        Self { origin, fake, server, _data: data }
    }

    fn fake(&self) -> &FakeGoogle {
        self.fake.as_ref().unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

/// A browser in which Ada granted what `/notes` needs, and the page that she came to.
async fn ada_with_notes(demo: &Served) -> (Browser, Page) {
    let mut browser = Browser::new();
    let page = browser.authorize(demo.url("/notes"), ADA, &[DRIVE]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    (browser, page)
}

/// The text of the page from the first place where `start` stands to the next `end`.
fn between<'a>(page: &'a Page, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.body.split_once(start).unwrap_or_else(|| panic!("{start}: {}", page.body));
    rest.split(end).next().unwrap_or_default()
}

/// What a reader sees of it.
fn text(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |pair| pair.1));
    pieces.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// The newest authorization of the panel: what was asked, answered, stored.
fn newest(page: &Page) -> [String; 3] {
    let panel = between(page, "<aside id=\"wire\"", "</aside>");
    let newest = panel.split("<dl>").nth(1).unwrap_or_else(|| panic!("{panel}"));
    let mut steps = newest.split("</dl>").next().unwrap().split("<dd>").skip(1);
    [(); 3].map(|()| text(steps.next().unwrap().split("</dd>").next().unwrap()))
}

#[tokio::test]
async fn the_demo_serves_its_pages() {
    let demo = Served::start(None).await;
    let (mut browser, page) = ada_with_notes(&demo).await;
    assert!(page.body.contains("No note yet"), "{}", page.body);
    let note = [("title", " Groceries "), ("text", "milk")];
    let saved = browser.post(demo.url("/notes"), &note, "same-origin", &[]).await;
    assert_eq!((saved.status, saved.location().path()), (303, "/notes"));
    assert_eq!(demo.fake().drive().files_of(ADA)[0].content, b"milk");
    let list = browser.go(saved.location()).await;
    assert_eq!(text(between(&list, "role=\"status\">", "</p>")), "Groceries.txt is in your Drive.");
    assert_eq!(text(between(&list, "<ul id=\"notes\">", "</ul>")), "Groceries.txt");
    let other = browser.go(demo.url("/notes?saved=another")).await;
    assert!(!other.body.contains("role=\"status\""), "{}", other.body);

    let week = browser.authorize(demo.url("/week"), ADA, &[CALENDAR]).await;
    assert_eq!(week.body.matches("class=\"card day").count(), 6, "{}", week.body);
    assert_eq!(week.body.matches("Team stand-up").count(), 5);
    let monday = text(between(&week, "<ol id=\"events\">", "</ul>"));
    assert!(monday.starts_with("Monday, "), "{monday}");
    assert!(monday.ends_with("09:30 – 09:45 Team stand-up 10:00 – 11:30 Planning"), "{monday}");
}

#[tokio::test]
async fn home_says_who_one_is_what_each_page_needs_and_what_will_be_asked() {
    let demo = Served::start(None).await;
    let home = Browser::new().go(demo.url("/")).await;
    assert_eq!(home.status, 200);
    assert!(
        between(&home, "<header>", "</header>").contains("href=\"/oauth/sign-in?return_to=/\"")
    );
    assert!(home.body.contains("You are not signed in"));
    assert_eq!(home.body.matches("Not granted yet").count(), 2);
    assert_eq!(home.body.matches("Opening it asks you to sign in and to allow this").count(), 2);
    let code = text(between(&home, "<pre class=\"code\">", "</pre>")).replace("&#34;", "\"");
    let line = "#[requires_scopes( \"drive.file\" , why = \
                \"show the notes that this app keeps in your Drive\" )]";
    assert!(code.starts_with(line), "{code}");

    let (mut browser, _) = ada_with_notes(&demo).await;
    let home = browser.go(demo.url("/")).await;
    let header = between(&home, "<header>", "</header>");
    assert!(header.contains(ADA) && header.contains("action=\"/oauth/sign-out"), "{header}");
    assert!(home.body.contains("Ada Example"));
    let picture = between(&home, "<img src=\"", "\"");
    assert!(picture.starts_with(&format!("{}/picture/", demo.fake().origin())), "{picture}");
    assert_eq!(home.body.matches(">Granted</p>").count(), 1);
    assert_eq!(home.body.matches("Opens at once").count(), 1);
    assert_eq!(home.body.matches("Opening it asks you to allow this").count(), 1);
}

#[tokio::test]
async fn a_part_of_home_appears_for_whoever_granted_it_and_asks_nobody() {
    let demo = Served::start(None).await;
    let (mut browser, _) = ada_with_notes(&demo).await;
    let before = browser.go(demo.url("/")).await;
    assert_eq!(before.status, 200);
    assert!(before.body.contains("Appears once you have opened the week"));
    browser.authorize(demo.url("/week"), ADA, &[CALENDAR]).await;
    let after = browser.go(demo.url("/")).await;
    assert!(after.body.contains("Shown because you granted the calendar"), "{}", after.body);
    demo.fake().fault(Endpoint::Calendar, Fault::Malformed);
    let without = browser.go(demo.url("/")).await;
    assert_eq!(without.status, 200);
    assert!(without.body.contains("Your calendar does not answer"), "{}", without.body);
}

#[tokio::test]
async fn access_lists_what_was_granted_in_words_and_why_it_was_asked() {
    let demo = Served::start(None).await;
    let nobody = Browser::new().go(demo.url("/access")).await;
    assert!(nobody.body.contains("Nobody is signed in here"));
    let (mut browser, _) = ada_with_notes(&demo).await;
    let page = browser.go(demo.url("/access")).await;
    let granted = text(between(&page, "<ul id=\"granted\"", "</ul>"));
    assert!(granted.contains("the files that this app made in your Drive"), "{granted}");
    assert!(granted.contains("https://www.googleapis.com/auth/ drive.file Notes"), "{granted}");
    assert!(granted.contains("See your name and picture"), "{granted}");
    assert!(!granted.contains("calendar"), "{granted}");
    for why in ["show the notes", "save this note to your Drive", "show what is in your calendar"] {
        assert!(page.body.contains(&format!("“{why}")), "{why}: {}", page.body);
    }
}

#[tokio::test]
async fn the_panel_shows_what_was_asked_answered_and_stored() {
    let demo = Served::start(None).await;
    let (mut browser, page) = ada_with_notes(&demo).await;
    let [asked, answered, stored] = newest(&page);
    let parameters = "access_type= offline include_granted_scopes= true";
    assert_eq!(asked, format!("email drive.file openid profile {parameters}"));
    let mut names: Vec<_> = answered.split(' ').collect();
    names.sort_unstable();
    assert_eq!(names, [DRIVE, "openid", "userinfo.email", "userinfo.profile"]);
    assert_eq!(stored, "drive.file userinfo.email userinfo.profile openid");

    let consent = browser.follow(demo.url("/week")).await;
    let waiting = browser.go(demo.url("/")).await;
    let [asked, answered, stored] = newest(&waiting);
    assert!(asked.contains("login_hint= ada@example.com"), "{asked}");
    assert_eq!((answered.as_str(), stored.as_str()), ("nothing so far", "nothing so far"));

    let back = browser.grant(&consent, &[]).await;
    assert_eq!(browser.arrive(back).await.status, 403);
    let unticked = browser.go(demo.url("/")).await;
    let [_, answered, stored] = newest(&unticked);
    assert!(answered.ends_with("without calendar.events.readonly"), "{answered}");
    assert!(stored.contains(DRIVE) && !stored.contains(CALENDAR), "{stored}");
    assert!(unticked.body.contains("Granted in part"));
}

#[tokio::test]
async fn the_panel_shows_a_refusal() {
    let demo = Served::start(None).await;
    let mut browser = Browser::new();
    let consent = browser.consent_page(demo.url("/notes"), ADA).await;
    let back = browser.cancel(&consent).await;
    browser.arrive(back).await;
    let home = browser.go(demo.url("/")).await;
    let [asked, answered, stored] = newest(&home);
    assert!(asked.contains(DRIVE), "{asked}");
    assert_eq!(answered, "error=access_denied");
    assert_eq!(stored, "nothing: nobody is signed in");
    assert!(home.body.contains("<h3>Refused</h3>"));
}

#[tokio::test]
async fn the_panel_holds_no_secret() {
    let demo = Served::start(None).await;
    demo.fake().set(Quirk::Canaries);
    let (mut browser, _) = ada_with_notes(&demo).await;
    browser.authorize(demo.url("/week"), ADA, &[CALENDAR]).await;
    let mut secrets: Vec<String> = browser.cookies.values().cloned().collect();
    for url in &browser.hops {
        let is_secret =
            |name: &str| ["state", "nonce", "code", "code_challenge", "client_id"].contains(&name);
        let pairs = url.query_pairs().filter(|pair| is_secret(&pair.0));
        secrets.extend(pairs.map(|pair| pair.1.into_owned()));
    }
    assert!(secrets.len() > 10, "{secrets:?}");
    for path in ["/", "/notes", "/week", "/access", "/nowhere"] {
        let page = browser.go(demo.url(path)).await;
        assert!(!page.body.contains("CANARY-"), "{path}");
        let shown: Vec<_> = secrets.iter().filter(|it| page.body.contains(*it)).collect();
        assert!(shown.is_empty(), "{path} shows {shown:?}");
    }
}

#[tokio::test]
async fn the_panel_is_of_one_browser_and_ends_with_the_sign_out() {
    let demo = Served::start(None).await;
    let (mut browser, page) = ada_with_notes(&demo).await;
    assert!(!page.body.contains("Nothing yet."));
    let stranger = Browser::new().go(demo.url("/")).await;
    assert!(stranger.body.contains("Nothing yet."), "{}", stranger.body);
    let out = browser.post(demo.url("/oauth/sign-out?return_to=/"), &[], "same-origin", &[]).await;
    assert_eq!(out.status, 303);
    let home = browser.go(demo.url("/")).await;
    assert!(home.body.contains("Nothing yet."), "{}", home.body);
}

/// Where no script runs, the form of the week does the same; a script gets the note as JSON.
#[tokio::test]
async fn the_week_is_kept_without_a_script_too() {
    let demo = Served::start(None).await;
    let mut browser = Browser::new();
    let week = browser.authorize(demo.url("/week"), ADA, &[CALENDAR]).await;
    assert!(week.body.contains("action=\"/week/note\""), "{}", week.body);
    let origin = demo.origin.clone();
    let same = [("origin", origin.as_str())];
    let held = browser.post(demo.url("/week/note"), &[], "same-origin", &same).await;
    assert_eq!(held.status, 200, "{}", held.body);
    assert!(held.body.contains("keep this week as a note"), "{}", held.body);
    let shown = browser.authorize(held.link("Continue"), ADA, &[DRIVE]).await;
    let sent = browser.send_form(&shown).await;
    let notes = browser.arrive(sent).await;
    assert_eq!((notes.status, notes.url.path()), (200, "/notes"), "{}", notes.body);
    assert!(text(&notes.body).contains("is in your Drive"), "{}", notes.body);
    let files = demo.fake().drive().files_of(ADA);
    assert!(files[0].name.starts_with("Week of "), "{files:?}");
    let json = [("accept", "application/json"), ("sec-fetch-mode", "cors")];
    let note = browser.send(Method::POST, &demo.url("/week/note"), &json, None).await;
    assert_eq!(note.json()["name"], files[0].name);
}

#[tokio::test]
async fn what_cannot_be_saved_is_kept_on_the_page_and_explained() {
    let demo = Served::start(None).await;
    let (mut browser, _) = ada_with_notes(&demo).await;
    let long = "x".repeat(81);
    let table = [
        (" ", "milk & <b>bread", "Give the note a title", "milk &#38; &#60;b&#62;bread</textarea>"),
        ("Groceries", "\n ", "Write something to keep", "value=\"Groceries\""),
        (&long, "milk", "1 character too long", long.as_str()),
    ];
    for (title, text, problem, kept) in table {
        let note = [("title", title), ("text", text)];
        let page = browser.post(demo.url("/notes"), &note, "same-origin", &[]).await;
        assert_eq!(page.status, 422, "{title:?}");
        assert!(page.body.contains(problem) && page.body.contains(kept), "{}", page.body);
        assert!(page.body.contains("aria-invalid=\"true\""));
        assert!(page.body.contains("<title>Not saved yet"));
        // The rest of the page is there too.
        assert!(page.body.contains("No note yet"));
    }
    assert_eq!(demo.fake().drive().files_of(ADA).len(), 0);
}

#[tokio::test]
async fn every_page_is_strict_about_what_it_loads_and_has_a_title_of_its_own() {
    let demo = Served::start(None).await;
    let (mut browser, _) = ada_with_notes(&demo).await;
    browser.authorize(demo.url("/week"), ADA, &[CALENDAR]).await;
    let policy = |scripts: &str| {
        format!(
            "default-src 'none'; {scripts}style-src 'self'; img-src 'self' {}; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
            demo.fake().origin()
        )
    };
    let mut titles = Vec::new();
    for (path, status) in
        [("/", 200), ("/notes", 200), ("/week", 200), ("/access", 200), ("/nowhere", 404)]
    {
        let page = browser.go(demo.url(path)).await;
        assert_eq!(page.status, status, "{path}");
        let scripts = if path == "/week" { "script-src 'self'; connect-src 'self'; " } else { "" };
        assert_eq!(page.header("content-security-policy"), policy(scripts));
        assert_eq!(page.body.matches("<script").count(), usize::from(path == "/week"), "{path}");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        for word in ["<script>", "style=", "<style", "src=\"//", "@import", "javascript:"] {
            assert!(!page.body.contains(word), "{path}: {word}");
        }
        assert_eq!(page.body.matches("<h1>").count(), 1, "{path}");
        assert_eq!(page.body.matches("aria-current=\"page\"").count(), usize::from(status == 200));
        titles.push(between(&page, "<title>", "</title>").to_owned());
    }
    titles.dedup();
    assert_eq!(titles.len(), 5, "{titles:?}");
    let style = browser.go(demo.url("/style.css")).await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(!style.body.contains("url(") && !style.body.contains("@import"));
}

#[tokio::test]
async fn one_can_go_back_from_the_consent_to_the_accounts_that_the_demo_names() {
    let demo = Served::start(None).await;
    let mut browser = Browser::new();
    let home = browser.go(demo.url("/")).await;
    assert!(home.body.contains("Nothing leaves this machine"));
    let consent = browser.consent_page(demo.url("/notes"), ADA).await;
    assert!(consent.body.contains("Not you?"), "{}", consent.body);
    let request = browser.hops.iter().rev().find_map(|url| url.query()).unwrap().to_owned();
    let again = browser.post(&consent.url, &[("request", &request)], "same-origin", &[]).await;
    for account in ACCOUNTS {
        assert!(home.body.contains(account));
        assert!(again.body.contains(&format!("name=\"account\" value=\"{account}\"")));
    }
}

#[tokio::test]
async fn with_google_the_demo_says_so_and_the_panel_works_as_well() {
    let file = CredentialsFile::new();
    let demo = Served::start(Some(&file.0)).await;
    let mut browser = Browser::new();
    let home = browser.go(demo.url("/")).await;
    assert!(home.body.contains("Google itself."), "{}", home.body);
    assert!(!home.body.contains(ADA));
    let away = browser.go(demo.url("/notes")).await;
    assert_eq!(away.location().host_str(), Some("accounts.google.com"));
    let [asked, answered, _] = newest(&browser.go(demo.url("/")).await);
    assert!(asked.contains(DRIVE), "{asked}");
    assert_eq!(answered, "nothing so far");
}

/// Credentials as Google's console gives them out, which only their owner may read.
struct CredentialsFile(PathBuf);

impl CredentialsFile {
    fn new() -> Self {
        let name = format!("oauth-demo-{}-credentials.json", std::process::id());
        let file = Self(std::env::temp_dir().join(name));
        let json = r#"{ "web": {
            "client_id": "fake.apps.googleusercontent.com", "client_secret": "fake-secret",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token"
        } }"#;
        fs::write(&file.0, json).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&file.0, fs::Permissions::from_mode(0o600)).unwrap();
        }
        file
    }
}

impl Drop for CredentialsFile {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

#[tokio::test]
async fn a_taken_port_is_named_with_what_to_do() {
    let data = Folder::new();
    let first = Demo::start(0, None, &data.path("one")).await.unwrap();
    let port = first.origin().rsplit(':').next().unwrap().parse().unwrap();
    let failure = Demo::start(port, None, &data.path("two")).await.unwrap_err().to_string();
    assert!(failure.contains(&format!("port {port} is in use")), "{failure}");
    assert!(failure.contains("PORT="), "{failure}");
}

#[tokio::test]
async fn a_missing_credentials_file_is_named() {
    let file = Path::new("no-such-file.json");
    let data = Folder::new();
    let failure = Demo::start(0, Some(file), &data.path("demo")).await.unwrap_err();
    assert!(failure.to_string().contains("no-such-file.json"), "{failure}");
}

/// Who was signed in before a restart still is, and his token works at the fake that was
/// restarted with it.
#[tokio::test]
async fn a_restart_is_not_noticed() {
    let data = Folder::new();
    let demo = Demo::start(0, None, &data.path("demo")).await.unwrap();
    let origin = demo.origin().to_owned();
    demo.fake().unwrap().set_access_token_lifetime(std::time::Duration::from_secs(1));
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(demo.serve(async move { drop(ended.await) }));
    let mut browser = Browser::new();
    let notes = format!("{origin}/notes");
    assert_eq!(browser.authorize(&notes, ADA, &[DRIVE]).await.status, 200);
    let note = [("title", "Before"), ("text", "the restart")];
    let headers = [("origin", origin.as_str())];
    assert_eq!(browser.post(&notes, &note, "same-origin", &headers).await.status, 303);
    drop(end);
    server.await.unwrap().unwrap();

    let port = origin.rsplit(':').next().unwrap().parse().unwrap();
    let demo = Demo::start(port, None, &data.path("demo")).await.unwrap();
    let fake = demo.fake().unwrap().clone();
    let server = tokio::spawn(demo.serve(std::future::pending()));
    let mut browser = browser.tab();
    let page = browser.go(&notes).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Before"), "{}", page.body);
    // Within the second that the access token lives.
    while fake.calls(Endpoint::Token) == 0 {
        let page = browser.go(&notes).await;
        assert_eq!(page.status, 200, "renewed with the token from before: {}", page.body);
    }
    server.abort();
}
