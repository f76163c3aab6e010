//! The programs behind a browser, and what they leave: all gone when dropped.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use thirtyfour::WebDriver;

use super::{PATIENCE, said};
use crate::CHROMEDRIVER;

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

/// The chromedriver that was started here, on a port of the system's choice.
#[derive(Debug)]
pub(super) struct Driver {
    process: Child,
    pub(super) port: u16,
    /// Held open, so that the driver can write its log.
    _output: BufReader<ChildStdout>,
}

impl Driver {
    pub(super) fn start() -> Self {
        let mut command = Command::new(CHROMEDRIVER);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = said(command.spawn(), CHROMEDRIVER);
        let mut output = BufReader::new(process.stdout.take().expect("its output is piped"));
        let port = announced_port(&mut output).unwrap_or_else(|| {
            drop(process.kill());
            panic!("{CHROMEDRIVER} named no port")
        });
        Self { process, port, _output: output }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Asks the driver to end its browsers and itself: killed, it would leave them behind.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.shut_down());
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// `ChromeDriver was started successfully on port 39085.`
pub(super) fn announced_port(output: &mut impl BufRead) -> Option<u16> {
    let mut lines = output.lines().map_while(Result::ok);
    let port = |line: String| {
        line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
    };
    lines.find_map(port)
}

/// A folder for one browser's files, removed with it.
#[derive(Debug)]
pub(super) struct Profile(pub(super) PathBuf);

impl Profile {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("oauth-tests-chromium-{}-{number}", std::process::id());
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
