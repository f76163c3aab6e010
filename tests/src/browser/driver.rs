//! The programs behind a browser, and what they leave: all gone when dropped.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use thirtyfour::WebDriver;

use super::engine::{Engine, FOLDERS};
use super::{INTERVAL, PATIENCE, said};
use crate::XVFB;

/// How often a driver is started that ends at once.
const STARTS: usize = 3;

/// A session that is left to the driver's own end: the client would block the executor on it.
#[derive(Debug)]
pub(super) struct Session(pub(super) Option<WebDriver>);

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(session) = self.0.take() {
            drop(session.leak());
        }
    }
}

/// The program that drives one browser, on a port of the system's choice.
#[derive(Debug)]
pub(super) struct Driver {
    engine: Engine,
    process: Child,
    pub(super) port: u16,
    /// The session that has to be ended before the driver.
    pub(super) session: Option<String>,
    /// Held open, so that the driver can write its log.
    _output: BufReader<ChildStdout>,
    _display: Option<Display>,
}

impl Driver {
    /// Starts it, again where it ends without a port: chromedriver takes the port that the system
    /// gives it on one family of addresses on the other one too, and gives up where it is taken.
    pub(super) fn start(engine: Engine, profile: &Path) -> Self {
        let display = engine.needs_display().then(Display::start);
        let mut command = engine.driver();
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        if let Some(display) = &display {
            command.env("DISPLAY", format!(":{}", display.number));
            command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1"); // there is no graphics card
        }
        if engine != Engine::Chromium {
            command.envs(FOLDERS.iter().map(|folder| (folder, profile)));
        }
        // In a group of its own, which can be ended as a whole.
        command.process_group(0);
        let mut said_instead = String::new();
        for _ in 0..STARTS {
            let mut process = said(command.spawn(), &name);
            let mut output = BufReader::new(process.stdout.take().expect("its output is piped"));
            let port = match engine.before_port() {
                Some(words) => announced_port(&mut output, words, &mut said_instead),
                None => listening_port(process.id()),
            };
            if let Some(port) = port {
                let session = None;
                return Self { engine, process, port, session, _output: output, _display: display };
            }
            end_group(&mut process);
        }
        panic!("{name} named no port in {STARTS} starts:\n{said_instead}")
    }

    /// The group of processes that it leads.
    #[cfg(test)]
    pub(super) fn group(&self) -> u32 {
        self.process.id()
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Asks the driver to end its browser, and Chromium's to end itself: killed, it would leave
    /// files behind.
    fn shut_down(&self) -> std::io::Result<()> {
        let request = match (&self.session, self.engine) {
            (_, Engine::Chromium) => "GET /shutdown".to_owned(),
            (Some(session), _) => format!("DELETE /session/{session}"),
            (None, _) => return Ok(()),
        };
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.shut_down());
        end_group(&mut self.process);
    }
}

/// Ends a program that leads a group, with all that it started.
fn end_group(process: &mut Child) {
    signal("KILL", &format!("-{}", process.id()));
    drop(process.kill());
    drop(process.wait());
}

/// Sends a signal to a process or to a group. Every shell can, and a program for it may be missing.
fn signal(name: &str, whom: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("kill -s {name} -- {whom}")]);
    drop(shell.stdin(Stdio::null()).stderr(Stdio::null()).status());
}

/// A screen in memory, for a browser that needs one.
#[derive(Debug)]
struct Display {
    process: Child,
    number: u32,
}

impl Display {
    fn start() -> Self {
        let mut command = Command::new(XVFB);
        command.args(["-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = said(command.spawn(), XVFB);
        let mut line = String::new();
        let output = process.stdout.take().expect("its output is piped");
        drop(BufReader::new(output).read_line(&mut line));
        let Ok(number) = line.trim().parse() else {
            drop(process.kill());
            drop(process.wait());
            panic!("{XVFB} named no display")
        };
        Self { process, number }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // Asked to end, it takes its lock away.
        signal("TERM", &self.process.id().to_string());
        drop(self.process.wait());
    }
}

/// The port of `ChromeDriver was started successfully on port 39085.`, and what else was said.
pub(super) fn announced_port(
    output: &mut impl BufRead,
    words: &str,
    instead: &mut String,
) -> Option<u16> {
    let mut lines = output.lines().map_while(Result::ok);
    lines.find_map(|line| {
        let port = line.split_once(words).map(|(_, port)| port.trim_end_matches('.').parse());
        instead.push_str(&line);
        instead.push('\n');
        port?.ok()
    })
}

/// The port on which a program listens that does not say it, as the system knows it.
#[expect(clippy::disallowed_methods, reason = "a program that says nothing has to be looked at")]
fn listening_port(process: u32) -> Option<u16> {
    for _ in 0..PATIENCE.as_millis() / INTERVAL.as_millis() {
        let sockets = sockets_of(process);
        let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
        let port = table.lines().find_map(|line| listener(line, &sockets));
        if port.is_some() {
            return port;
        }
        thread::sleep(INTERVAL);
    }
    None
}

/// The numbers of the sockets that a program holds.
fn sockets_of(process: u32) -> Vec<String> {
    let files = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let number = |target: PathBuf| {
        let number = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
        Some(number.to_owned())
    };
    files.filter_map(|file| number(fs::read_link(file.path()).ok()?)).collect()
}

/// The port of a line of the system's table, if it is a listener of these sockets:
/// `0: 0100007F:9133 00000000:0000 0A … 80930 …`, in which `0A` says that it listens.
pub(super) fn listener(line: &str, sockets: &[String]) -> Option<u16> {
    let fields: Vec<_> = line.split_whitespace().collect();
    let [_, local, _, "0A", _, _, _, _, _, number, ..] = fields.as_slice() else { return None };
    let port = local.split_once(':')?.1;
    sockets.iter().any(|socket| socket == number).then(|| u16::from_str_radix(port, 16).ok())?
}

/// A folder for one browser's files, removed with it.
#[derive(Debug)]
pub(super) struct Profile(pub(super) PathBuf);

impl Profile {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("oauth-tests-browser-{}-{number}", std::process::id());
        let folder = env::temp_dir().join(name);
        said(fs::create_dir_all(&folder), "a profile");
        Self(folder)
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
