//! Whether a secret file lies where the next `git add` would take it.

use std::fs;
use std::path::{Path, PathBuf};

/// The work tree that holds `file` without ignoring it.
///
/// Patterns are read in their simple forms; what needs git itself to decide counts as not
/// ignored, since a needless warning costs less than a published secret.
pub(super) fn exposing_work_tree(file: &Path) -> Option<PathBuf> {
    let file = file.canonicalize().ok()?;
    let folders: Vec<&Path> = file.ancestors().skip(1).collect();
    let depth = folders.iter().position(|folder| folder.join(".git").exists())?;
    let root = folders[depth];
    let lists = folders[..=depth].iter().map(|folder| (*folder, folder.join(".gitignore")));
    let exclude = (root, root.join(".git/info/exclude"));
    // The list nearest to the file that says anything of it decides.
    let mut verdicts = lists.chain([exclude]).map(|(folder, list)| ignores(folder, &list, &file));
    let ignored = verdicts.find_map(|verdict| verdict).unwrap_or(false);
    (!ignored).then(|| root.to_owned())
}

/// Whether the list ignores the file; `None` if it says nothing of it.
fn ignores(folder: &Path, list: &Path, file: &Path) -> Option<bool> {
    let lines = fs::read_to_string(list).ok()?;
    let path = file.strip_prefix(folder).ok()?.to_str()?.replace('\\', "/");
    // The last line that matches decides; a `!` takes the file back in.
    let decisive =
        lines.lines().rfind(|line| matches(line.strip_prefix('!').unwrap_or(line), &path));
    decisive.map(|line| !line.starts_with('!'))
}

/// Whether a pattern names the file, or a folder above it.
fn matches(line: &str, path: &str) -> bool {
    let pattern = line.trim_end();
    if pattern.is_empty() || pattern.starts_with('#') {
        return false;
    }
    let name = pattern.trim_end_matches('/').trim_start_matches("**/");
    let folders_only = pattern.ends_with('/');
    let parts: Vec<&str> = path.split('/').collect();
    let ends = if folders_only { parts.len() - 1 } else { parts.len() };
    if name.contains('/') {
        let rooted = name.trim_start_matches('/');
        return (1..=ends).any(|end| glob_path(rooted, &parts[..end]));
    }
    parts[..ends].iter().any(|part| glob(name, part))
}

fn glob_path(pattern: &str, parts: &[&str]) -> bool {
    let patterns: Vec<&str> = pattern.split('/').collect();
    patterns.len() == parts.len()
        && patterns.iter().zip(parts).all(|(pattern, part)| glob(pattern, part))
}

/// Matches with `*` as the only wildcard.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(head) else {
        return false;
    };
    let mut starts = rest.char_indices().map(|(start, _)| start).chain([rest.len()]);
    starts.any(|start| glob(tail, &rest[start..]))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn simple_patterns_are_matched_as_git_does() {
        let path = "conf/secrets/client_secret.json";
        for (line, expected) in [
            ("client_secret.json", true),
            ("client_secret*.json", true),
            ("*.json", true),
            ("*", true),
            ("secrets/", true),
            ("secrets", true),
            ("/conf", true),
            ("/conf/secrets/", true),
            ("conf/*/client_secret.json", true),
            ("**/secrets", true),
            ("/secrets", false),
            ("/client_secret.json", false),
            ("client_secret.json/", false),
            ("secrets/client_secret.json", false),
            ("secret", false),
            ("*.js", false),
            ("# client_secret.json", false),
            ("", false),
        ] {
            assert_eq!(matches(line, path), expected, "{line:?}");
        }
    }
}
