//! Reads the one table of a manifest that the checks need.

/// The features that a manifest declares, in its order, without `default`.
pub(crate) fn features(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut open_brackets = 0;
    let mut names = Vec::new();
    for line in manifest.lines() {
        let line = without_comment(line).trim();
        if open_brackets == 0 && line.starts_with('[') {
            inside = line == "[features]";
            continue;
        }
        if !inside {
            continue;
        }
        if open_brackets == 0
            && let Some((name, _)) = line.split_once('=')
        {
            names.push(name.trim().trim_matches('"').to_owned());
        }
        open_brackets += line.matches('[').count();
        open_brackets -= line.matches(']').count().min(open_brackets);
    }
    names.retain(|name| name != "default");
    names
}

/// Feature names hold no `#`, so that the first one begins a comment.
fn without_comment(line: &str) -> &str {
    line.split_once('#').map_or(line, |(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::features;

    #[test]
    fn names_come_from_the_features_table_alone() {
        let manifest = r#"
            [package]
            name = "x"
            [features] # what can be turned on
            default = ["tls"]
            # tls = []
            tls = []
            sqlite = [ # over several lines
                "dep:sqlx",
                "sqlx/sqlite",
            ]
            "quoted-name"=["tls"]
            [dependencies]
            serde = "1"
        "#;
        assert_eq!(features(manifest), ["tls", "sqlite", "quoted-name"]);
        assert!(features("[package]\nname = \"x\"").is_empty());
    }
}
