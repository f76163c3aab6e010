//! The README's first app, made by its own commands in a folder outside of the workspace.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use oauth_tests::root;

use crate::support::{Browser, Running, cargo};

/// A folder that goes when the test does.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = env::temp_dir().join(format!("oauth-newcomer-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// What the README tells a newcomer to type, and the program to write.
struct Steps {
    commands: Vec<String>,
    program: String,
}

fn readme() -> Steps {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let section = text.split_once("## Your first app").unwrap().1;
    let section = section.split_once("### With Google").unwrap().0;
    let commands = section.lines().filter_map(|line| line.strip_prefix("$ "));
    let program = section.split_once("```rust,no_run\n").unwrap().1.split_once("```").unwrap().0;
    Steps { commands: commands.map(str::to_owned).collect(), program: program.to_owned() }
}

fn must(mut command: Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Types the commands up to the last one, which starts the app.
fn follow(folder: &Path, path: &Steps) -> PathBuf {
    let mut inside = folder.to_owned();
    let (run, before) = path.commands.split_last().unwrap();
    assert_eq!(run, "cargo run");
    for command in before {
        match command.split_once(' ').unwrap() {
            ("cd", name) => inside.push(name),
            ("cargo", arguments) => must(cargo(&inside, arguments)),
            _ => panic!("{command:?} is not a command that this test knows"),
        }
    }
    inside
}

/// A port that was free a moment ago.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The program at another port: the README's may be taken where the tests run.
fn moved(program: &str, port: u16) -> String {
    let oauth = "fake.oauth()?";
    assert!(program.contains(oauth) && program.contains("localhost:8080"), "{program}");
    let callback = format!("http://localhost:{port}/oauth/callback");
    let built = format!("fake.builder_for(\"{callback}\")?.build()?");
    program.replace(oauth, &built).replace("localhost:8080", &format!("localhost:{port}"))
}

#[tokio::test]
async fn the_first_app_of_the_readme_is_built_and_used_outside_of_the_workspace() {
    let (folder, path, port) = (Folder::new(), readme(), port());
    let inside = follow(&folder.0, &path);
    // The versions that are proven here; a newcomer gets the newest ones that suit.
    fs::copy(root().join("Cargo.lock"), inside.join("Cargo.lock")).unwrap();
    fs::write(inside.join("src/main.rs"), moved(&path.program, port)).unwrap();
    must(cargo(&inside, "build --quiet"));

    let mut run = cargo(&inside, "run --quiet");
    let mut app = Running(run.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(app.0.stdout.take().unwrap()).lines();
    let origin = format!("http://localhost:{port}");
    let open = format!("open {origin}");
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line == open), "it is served");

    let mut browser = Browser::new();
    let form = browser.go(format!("{origin}/")).await;
    assert!(form.body.contains("<form"), "{}", form.body);
    let report = [("name", "Expenses")];
    let kept = browser.post(format!("{origin}/save"), &report, "same-origin", &[]).await;
    let way = kept.link("Continue");
    let shown = browser.authorize(way, "ada@example.com", &["drive.file"]).await;
    let saved = browser.send_form(&shown).await;
    assert_eq!((saved.status, saved.body.as_str()), (200, "saved as Expenses"));
}
