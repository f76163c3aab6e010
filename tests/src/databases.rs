//! A server as a process of its own, which ends with this one however that ends.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::find_program;

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
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("oauth-tests-{name}-{}-{number}", std::process::id());
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

fn program_path(names: &[&str]) -> PathBuf {
    find_program(names).unwrap_or_else(|| panic!("no {}: run `cargo verify`", names.join(", ")))
}

/// A `PostgreSQL` on a socket of its own, with one user, `app`.
pub fn postgres(password: &str) -> Server {
    let mut server = Server::new("postgres", "QUIT", true);
    fs::write(server.folder().join("password"), password).unwrap();
    // Hashing takes long where nothing is optimized, and sixteen nodes sign in at once.
    let mut initdb = server.command(program_path(&[crate::INITDB]));
    initdb.args(["-D", "data", "-U", "app", "-A", "password", "--pwfile=password"]);
    initdb.args(["-E", "UTF8", "--no-locale", "--no-sync"]);
    let made = initdb.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let folder = server.folder().to_str().unwrap().to_owned();
    let arguments = ["-D", "data", "-k", &folder, "-c", "listen_addresses=", "-F", "-N", "250"];
    server.start_with(&[crate::POSTGRES], &arguments);
    server
}

/// The URL of a database of it.
pub fn postgres_url(server: &Server, user: &str, password: &str, database: &str) -> String {
    let folder = server.folder().to_str().unwrap().replace('/', "%2F");
    format!("postgres://{user}:{password}@{folder}/{database}")
}

/// A Redis on a socket of its own, which keeps nothing.
pub fn redis(password: &str) -> Server {
    let mut server = Server::new("redis", "TERM", false);
    let arguments = [
        ["--port", "0"],
        ["--unixsocket", "redis.sock"],
        ["--requirepass", password],
        ["--save", ""],
        ["--appendonly", "no"],
    ];
    server.start_with(crate::REDIS, arguments.as_flattened());
    server
}

/// Its URL.
pub fn redis_url(server: &Server, password: &str) -> String {
    let socket = server.folder().join("redis.sock");
    format!("redis+unix://{}?pass={password}", socket.to_str().unwrap())
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
