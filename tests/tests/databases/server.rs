//! A server as a process of its own, which ends with this one however that ends.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use oauth_tests::find_program;

use super::number;

/// Ends the server when a line comes, and when none can come any more: then we are gone, and
/// the folder goes too.
const WATCHER: &str = "\
    signal=$1 folder=$2; shift 2; \"$@\" 2>&1 </dev/null & server=$!; \
    read -r line; stopped=$?; kill -s \"$signal\" \"$server\"; wait \"$server\"; \
    [ \"$stopped\" = 0 ] || rm -rf \"$folder\"";

/// A server with a folder of its own, in which it keeps its socket.
pub struct Server {
    folder: PathBuf,
    user: Option<(u32, u32)>,
    signal: &'static str,
    command: Vec<OsString>,
    watcher: Option<Child>,
}

impl Server {
    /// `user` if it refuses to run as root: then it runs as one who may do nothing.
    pub fn new(name: &str, signal: &'static str, refuses_root: bool) -> Self {
        let name = format!("oauth-tests-{name}-{}-{}", std::process::id(), number());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        let is_root = fs::metadata(&folder).unwrap().uid() == 0;
        let user = (refuses_root && is_root).then(|| id_of(&["postgres", "nobody"]));
        if let Some((user, group)) = user {
            chown(&folder, Some(user), Some(group)).unwrap();
        }
        Self { folder, user, signal, command: Vec::new(), watcher: None }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command that runs as the server does.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).env("LC_ALL", "C").stdin(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    pub fn start_with(&mut self, program: &[&str], arguments: &[&str]) {
        let path = program_path(program);
        self.command = vec![path.into()];
        self.command.extend(arguments.iter().map(OsString::from));
        self.start();
    }

    /// Starts it, the first time or again, and waits until it says that it is ready.
    pub fn start(&mut self) {
        let mut command = self.command("sh");
        command.args(["-c", WATCHER, "sh", self.signal]).arg(&self.folder).args(&self.command);
        command.process_group(0); // what ends us by the keyboard leaves it to the watcher
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut watcher = command.spawn().unwrap();
        let mut output = BufReader::new(watcher.stdout.take().unwrap()).lines();
        self.watcher = Some(watcher);
        let mut said = Vec::new();
        loop {
            let line = output.next().and_then(Result::ok);
            said.push(line.unwrap_or_else(|| panic!("it ended: {said:#?}")));
            if said.iter().any(|line| line.contains("eady to accept connections")) {
                break;
            }
        }
        std::thread::spawn(move || output.map_while(Result::ok).for_each(drop));
    }

    /// Ends it at once; what it wrote stays.
    pub fn stop(&mut self) {
        if let Some(mut watcher) = self.watcher.take() {
            watcher.stdin.take().unwrap().write_all(b"stop\n").unwrap();
            watcher.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut watcher) = self.watcher.take() {
            drop(watcher.stdin.take());
            drop(watcher.wait());
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}

pub fn program_path(names: &[&str]) -> PathBuf {
    find_program(names).unwrap_or_else(|| panic!("no {}: run `cargo verify`", names.join(", ")))
}

/// User and group of the first of these names that there is.
fn id_of(names: &[&str]) -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let id = |name: &&str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    names.iter().find_map(id).expect("a user to run the server as")
}
