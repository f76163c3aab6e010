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
    /// The folder of a server whose packages npm installs.
    server: Option<&'static str>,
}

/// A program under any of its names, and the package of Debian that holds it.
struct Need {
    programs: &'static [&'static str],
    package: &'static str,
}

const BROWSER: Need = Need { programs: oauth_tests::CHROMIUM, package: "chromium" };
const DRIVER: Need = Need { programs: &[oauth_tests::CHROMEDRIVER], package: "chromium-driver" };
const NODE: Need = Need { programs: &["node"], package: "nodejs" };
const NPM: Need = Need { programs: &["npm"], package: "npm" };
const INITDB: Need = Need { programs: &[oauth_tests::INITDB], package: "postgresql" };
const POSTGRES: Need = Need { programs: &[oauth_tests::POSTGRES], package: "postgresql" };
const REDIS: Need = Need { programs: oauth_tests::REDIS, package: "redis-server" };

pub(crate) const SUITES: &[Suite] = &[
    Suite { feature: "browser", needs: &[BROWSER, DRIVER], server: None },
    Suite { feature: "databases", needs: &[INITDB, POSTGRES, REDIS], server: None },
    Suite {
        feature: "servers",
        needs: &[BROWSER, DRIVER, NODE, NPM],
        server: Some("tests/servers/oidc-provider"),
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

    /// Installs the packages of the suite's server, exactly those that are locked.
    ///
    /// All that the suite needs is there by now: if this fails, so does the suite.
    pub(crate) fn install_server(&self, root: &Path) -> Result<(), String> {
        let Some(folder) = self.server else { return Ok(()) };
        println!("npm ci in {folder}");
        let mut npm = Command::new("npm");
        npm.args(["ci", "--prefer-offline"]).current_dir(root.join(folder)).stdin(Stdio::null());
        match npm.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("FAILED: npm ci in {folder}: {status}")),
            Err(error) => Err(format!("FAILED: npm ci in {folder}: {error}")),
        }
    }

    fn missing(&self) -> Vec<&'static Need> {
        self.needs.iter().filter(|need| !need.is_met()).collect()
    }
}

impl Need {
    fn is_met(&self) -> bool {
        find_program(self.programs).is_some()
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
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
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
        let need = Need { programs: &["no-such-program", "nor-this"], package: "p" };
        assert!(!need.is_met());
        assert_eq!(names(&[&need, &need]), ["p"], "said once");
    }

    #[test]
    fn a_suite_runs_its_own_modules_alone() {
        let step = SUITES[0].step();
        assert_eq!(step.name(), "suite browser");
    }

    #[test]
    fn a_server_that_cannot_be_installed_fails_its_suite() {
        let suite = |server| Suite { feature: "x", needs: &[], server };
        let root = oauth_tests::root();
        assert_eq!(suite(None).install_server(&root), Ok(()));
        let failed = suite(Some("no-such-folder")).install_server(&root).unwrap_err();
        assert!(failed.starts_with("FAILED: npm ci in no-such-folder: "), "{failed}");
    }

    #[test]
    fn every_server_is_pinned_and_locked_without_naming_a_registry() {
        for folder in SUITES.iter().filter_map(|suite| suite.server) {
            let read = |file: &str| {
                std::fs::read_to_string(oauth_tests::root().join(folder).join(file)).unwrap()
            };
            let lock = read("package-lock.json");
            assert!(lock.contains("\"integrity\"") && !lock.contains("\"resolved\""), "{folder}");
            let package: serde_json::Value = serde_json::from_str(&read("package.json")).unwrap();
            for (name, version) in package["dependencies"].as_object().unwrap() {
                let exact = version.as_str().unwrap().starts_with(|c: char| c.is_ascii_digit());
                assert!(exact, "{name} {version}");
            }
        }
    }
}
