//! What the suites need beyond Rust: found, or installed where that is ours to do.

use std::path::Path;
use std::process::{Command, Stdio};

use oauth_tests::find_program;

use crate::step::Step;

/// Tests that need more than Rust. They sit behind a feature of `tests` and in modules of the
/// same name, by which the runner picks them.
pub(crate) struct Suite {
    pub(crate) feature: &'static str,
    needs: &'static [Need],
    extras: &'static [Extra],
}

/// What Debian has no package of, the folder in which it is installed, and what installs it, in
/// exactly the versions that are locked.
struct Extra {
    folder: &'static str,
    installers: &'static [&'static [&'static str]],
}

/// A program under any of its names, and the package of Debian that holds it.
struct Need {
    programs: &'static [&'static str],
    /// What it has to know, where that is not sure.
    trial: &'static [&'static str],
    package: &'static str,
}

const BROWSER: Need = Need { programs: oauth_tests::CHROMIUM, trial: &[], package: "chromium" };
const DRIVER: Need =
    Need { programs: &[oauth_tests::CHROMEDRIVER], trial: &[], package: "chromium-driver" };
const FIREFOX: Need = Need { programs: oauth_tests::FIREFOX, trial: &[], package: "firefox-esr" };
const WEBKIT: Need =
    Need { programs: &[oauth_tests::WEBKIT_DRIVER], trial: &[], package: "webkit2gtk-driver" };
const XVFB: Need = Need { programs: &[oauth_tests::XVFB], trial: &[], package: "xvfb" };
const NODE: Need = Need { programs: &["node"], trial: &[], package: "nodejs" };
const NPM: Need = Need { programs: &["npm"], trial: &[], package: "npm" };
// Debian's Python comes without what makes an environment of packages.
const PYTHON: Need = Need {
    programs: &["python3"],
    trial: &["-c", "import ensurepip, venv"],
    package: "python3-venv",
};
const INITDB: Need = Need { programs: &[oauth_tests::INITDB], trial: &[], package: "postgresql" };
const POSTGRES: Need =
    Need { programs: &[oauth_tests::POSTGRES], trial: &[], package: "postgresql" };
const REDIS: Need = Need { programs: oauth_tests::REDIS, trial: &[], package: "redis-server" };

/// What drives Firefox; without the symbols for a debugger it is built in two thirds of the time.
const GECKODRIVER: Extra = Extra {
    folder: "tests",
    installers: &[&[
        "cargo",
        "install",
        "geckodriver",
        "--version==0.37.1",
        "--locked",
        "--debug",
        "--config=profile.dev.debug=0",
        "--root=../target/tools",
    ]],
};
const OIDC_PROVIDER: Extra = Extra {
    folder: "tests/servers/oidc-provider",
    installers: &[&["npm", "ci", "--prefer-offline"]],
};
const CANAILLE: Extra = Extra {
    folder: "tests/servers/canaille",
    installers: &[
        &["python3", "-m", "venv", ".venv"],
        &[
            ".venv/bin/python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "--no-deps",
            "-r",
            "requirements.txt",
        ],
    ],
};

pub(crate) const SUITES: &[Suite] = &[
    Suite {
        feature: "browser",
        needs: &[BROWSER, DRIVER, FIREFOX, WEBKIT, XVFB],
        extras: &[GECKODRIVER],
    },
    Suite { feature: "databases", needs: &[INITDB, POSTGRES, REDIS], extras: &[] },
    Suite {
        feature: "servers",
        needs: &[BROWSER, DRIVER, NODE, NPM, PYTHON],
        extras: &[OIDC_PROVIDER, CANAILLE],
    },
];

impl Suite {
    pub(crate) fn step(&self) -> Step {
        let feature = self.feature;
        let command = format!(
            "test -p oauth-tests --features {feature} --lib --test integration --no-fail-fast {feature}::"
        );
        Step::tests(&format!("suite {feature}"), &command)
    }

    /// Installs what no package of Debian holds.
    ///
    /// All that the suite needs is there by now: if this fails, so does the suite.
    pub(crate) fn install_extras(&self, root: &Path) -> Result<(), String> {
        self.extras.iter().try_for_each(|extra| extra.install(root))
    }

    fn missing(&self) -> Vec<&'static Need> {
        self.needs.iter().filter(|need| !need.is_met()).collect()
    }
}

impl Extra {
    fn install(&self, root: &Path) -> Result<(), String> {
        let folder = root.join(self.folder);
        for words in self.installers {
            let line = format!("{} in {}", words.join(" "), self.folder);
            println!("{line}");
            let (program, arguments) = words.split_first().ok_or("no installer")?;
            // A program of the folder's own is found there, in whatever folder we are.
            let own = folder.join(program);
            let program = if own.exists() { own } else { program.into() };
            let mut command = Command::new(program);
            command.args(arguments).current_dir(&folder).stdin(Stdio::null());
            match command.status() {
                Ok(status) if status.success() => (),
                Ok(status) => return Err(format!("FAILED: {line}: {status}")),
                Err(error) => return Err(format!("FAILED: {line}: {error}")),
            }
        }
        Ok(())
    }
}

impl Need {
    fn is_met(&self) -> bool {
        let Some(program) = find_program(self.programs) else { return false };
        let mut trial = Command::new(program);
        trial.args(self.trial).stdin(Stdio::null()).stderr(Stdio::null());
        self.trial.is_empty() || trial.status().is_ok_and(|status| status.success())
    }
}

/// Installs what is missing where it can, and says for each suite which programs it still lacks.
pub(crate) fn prepare() -> Vec<Vec<&'static str>> {
    let mut packages: Vec<_> =
        SUITES.iter().flat_map(Suite::missing).map(|need| need.package).collect();
    packages.sort_unstable();
    packages.dedup();
    if !packages.is_empty() && may_install() {
        install(&packages);
    }
    let missing: Vec<_> = SUITES.iter().map(|suite| names(&suite.missing())).collect();
    for (suite, missing) in SUITES.iter().zip(&missing) {
        match missing.as_slice() {
            [] => println!("{}: all there", suite.feature),
            missing => println!("{}: not found: {}", suite.feature, missing.join(", ")),
        }
    }
    missing
}

fn names(needs: &[&Need]) -> Vec<&'static str> {
    let mut names: Vec<_> = needs.iter().map(|need| need.package).collect();
    names.dedup();
    names
}

/// Only as root and only with apt: everywhere else the system is its owner's to change.
fn may_install() -> bool {
    let id = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    let root = id.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    root && find_program(&["apt-get"]).is_some()
}

fn install(packages: &[&str]) {
    let apt = |arguments: &[&str]| {
        println!("apt-get {}", arguments.join(" "));
        let mut command = Command::new("apt-get");
        // Machines that have just started often update themselves.
        command.args(["-o", "DPkg::Lock::Timeout=300"]).args(arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let install: Vec<_> =
        ["install", "-y", "--no-install-recommends"].iter().chain(packages).copied().collect();
    if !(apt(&["update"]) && apt(&install)) {
        println!("apt-get could not install them");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_that_no_name_meets_is_missing() {
        let need = Need { programs: &["no-such-program", "nor-this"], trial: &[], package: "p" };
        assert!(!need.is_met());
        let lacking = Need { programs: &["python3", "node"], trial: &["-c", "nor this"], ..need };
        assert!(!lacking.is_met());
        assert_eq!(names(&[&need, &need]), ["p"], "said once");
    }

    #[test]
    fn a_suite_runs_its_own_modules_alone() {
        let step = SUITES[0].step();
        assert_eq!(step.name(), "suite browser");
    }

    #[test]
    fn an_extra_that_cannot_be_installed_fails_its_suite() {
        let root = oauth_tests::root();
        let extra = Extra { folder: "no-such-folder", installers: &[&["npm", "ci"]] };
        let failed = extra.install(&root).unwrap_err();
        assert!(failed.starts_with("FAILED: npm ci in no-such-folder: "), "{failed}");
        let extra = Extra { folder: "tests", installers: &[&["false"]] };
        assert!(extra.install(&root).unwrap_err().starts_with("FAILED: false in tests: "));
    }

    /// A missing engine is a suite that is skipped, and that fails under `--strict`.
    #[test]
    fn the_browser_suite_needs_every_engine() {
        let suite = SUITES.iter().find(|suite| suite.feature == "browser").unwrap();
        let packages = suite.needs.iter().map(|need| need.package).collect::<Vec<_>>();
        for package in ["chromium", "chromium-driver", "firefox-esr", "webkit2gtk-driver", "xvfb"] {
            assert!(packages.contains(&package), "{package}");
        }
        let driver = GECKODRIVER.installers[0].join(" ");
        assert!(driver.contains("--version==") && driver.contains("--locked"), "{driver}");
        assert!(driver.ends_with("--root=../target/tools"), "{driver}");
        assert_eq!(oauth_tests::tools(), oauth_tests::root().join("target/tools"));
    }

    #[test]
    fn every_server_is_pinned_and_locked_without_naming_a_registry() {
        let read = |file: &str| std::fs::read_to_string(oauth_tests::root().join(file)).unwrap();
        let lock = read(&format!("{}/package-lock.json", OIDC_PROVIDER.folder));
        assert!(lock.contains("\"integrity\"") && !lock.contains("\"resolved\""));
        let package = read(&format!("{}/package.json", OIDC_PROVIDER.folder));
        let package: serde_json::Value = serde_json::from_str(&package).unwrap();
        for (name, version) in package["dependencies"].as_object().unwrap() {
            let exact = version.as_str().unwrap().starts_with(|c: char| c.is_ascii_digit());
            assert!(exact, "{name} {version}");
        }
        let lock = read(&format!("{}/requirements.txt", CANAILLE.folder));
        let names = lock.lines().filter(|line| !line.trim_start().starts_with("--hash=sha256:"));
        for name in names {
            assert!(name.contains("==") && !name.contains("://"), "{name}");
        }
    }
}
