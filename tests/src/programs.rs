//! Where programs are.

use std::env;
use std::path::{Path, PathBuf};

use crate::root;

/// Here Debian has a folder for each version of `PostgreSQL`, and nothing of it on the path.
const POSTGRESQL: &str = "/usr/lib/postgresql";

/// The first of these names that is a program, on the path or where `PostgreSQL` is installed.
pub fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>());
    let mut directories = path.unwrap_or_default();
    directories.extend(newest_first(Path::new(POSTGRESQL)));
    names.iter().find_map(|name| find(name, &directories))
}

/// Where cargo installs the programs that the suites need and the system does not have.
pub fn tools() -> PathBuf {
    root().join("target/tools")
}

/// The program that drives Firefox: the one that was built for these tests, or the system's.
pub fn geckodriver() -> PathBuf {
    let built = tools().join("bin/geckodriver");
    if built.is_file() { built } else { "geckodriver".into() }
}

/// The folders of programs of each version.
fn newest_first(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut versions: Vec<_> = entries.map(|entry| entry.path()).collect();
    versions.retain(|path| version(path).is_some());
    versions.sort_by_key(|path| std::cmp::Reverse(version(path)));
    versions.into_iter().map(|path| path.join("bin")).collect()
}

fn find(program: &str, directories: &[PathBuf]) -> Option<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    directories.iter().map(|directory| directory.join(&file)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_where_it_is_and_nowhere_else() {
        let cargo = env::current_exe().unwrap();
        let directory = cargo.parent().unwrap().to_owned();
        let name = cargo.file_stem().unwrap().to_str().unwrap();
        assert_eq!(find(name, &[directory.join("none"), directory.clone()]), Some(cargo.clone()));
        assert_eq!(find("no-such-program", &[directory]), None);
        assert_eq!(find_program(&["no-such-program", "nor-this"]), None);
        assert!(find_program(&["no-such-program", "cargo"]).is_some());
    }

    #[test]
    fn of_several_versions_the_newest_comes_first() {
        let root = env::temp_dir().join(format!("oauth-tests-versions-{}", std::process::id()));
        for version in ["9", "15", "notes", "13"] {
            std::fs::create_dir_all(root.join(version)).unwrap();
        }
        let found = newest_first(&root);
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, ["15", "13", "9"].map(|version| root.join(version).join("bin")));
    }
}
