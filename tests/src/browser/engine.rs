//! The engines of browsers, and the programs that drive them.

use std::path::PathBuf;
use std::process::Command;

use crate::{CHROMEDRIVER, WEBKIT_DRIVER, geckodriver};

/// What a browser is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The one of Chrome and Edge.
    Chromium,
    /// The one of Firefox.
    Firefox,
    /// The one of Safari.
    WebKit,
}

/// The folders in which a browser keeps files that has no flag for one.
pub(super) const FOLDERS: &[&str] =
    &["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"];

impl Engine {
    /// The program that drives it, on a port of the system's choice.
    pub(super) fn driver(self) -> Command {
        let (program, arguments): (PathBuf, &[&str]) = match self {
            Self::Chromium => (CHROMEDRIVER.into(), &["--port=0"]),
            // The second port is for a protocol that is not spoken here: it must be free, too.
            Self::Firefox => (geckodriver(), &["--port=0", "--websocket-port=0"]),
            Self::WebKit => (WEBKIT_DRIVER.into(), &["--port=0"]),
        };
        let mut command = Command::new(program);
        command.args(arguments);
        command
    }

    /// What the driver writes before the port that it listens on; `None` where it names none.
    pub(super) fn before_port(self) -> Option<&'static str> {
        match self {
            Self::Chromium => Some("successfully on port "),
            Self::Firefox => Some("Listening on 127.0.0.1:"),
            Self::WebKit => None,
        }
    }

    /// Whether it runs on a screen alone.
    pub(super) fn needs_display(self) -> bool {
        self == Self::WebKit
    }
}
