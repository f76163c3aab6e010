use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{Pasted, address, is_fit_for_a_file, name, path};

/// So many characters of a secret are enough to have leaked.
const WINDOW: usize = 8;

fn leaks(shown: &str, secret: &str) -> bool {
    secret.as_bytes().windows(WINDOW).any(|part| shown.contains(str::from_utf8(part).unwrap()))
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// Bytes that look random, and are the same in every run.
fn bytes<const N: usize>(seed: u32) -> [u8; N] {
    let block = |place: usize| {
        let place = u8::try_from(place).unwrap();
        digest(&SHA256, &[&seed.to_le_bytes()[..], &[place]].concat())
    };
    std::array::from_fn(|i| block(i / 32).as_ref()[i % 32])
}

/// Random text as keys, secrets and tokens are written.
fn secrets(seed: u32) -> Vec<String> {
    let (bytes, long): ([u8; 32], [u8; 96]) = (bytes(seed), bytes(seed + 1));
    vec![
        STANDARD.encode(bytes),
        STANDARD.encode(bytes).trim_end_matches('=').to_owned(),
        URL_SAFE_NO_PAD.encode(bytes),
        hex(&bytes),
        hex(&bytes).to_uppercase(),
        STANDARD.encode(long),
        URL_SAFE_NO_PAD.encode(long),
        hex(&long),
        format!("GOCSPX-{}", URL_SAFE_NO_PAD.encode(&long[..21])),
        format!("1//0{}", URL_SAFE_NO_PAD.encode(long)),
        format!("ya29.{}", URL_SAFE_NO_PAD.encode(long)),
        format!("eyJ{}.eyJ{}", URL_SAFE_NO_PAD.encode(bytes), URL_SAFE_NO_PAD.encode(long)),
        format!("fAk8Q~{}", URL_SAFE_NO_PAD.encode(&long[..25])),
    ]
}

#[test]
fn no_random_text_is_shown_wherever_it_was_typed() {
    for seed in 0..200 {
        for secret in secrets(seed) {
            for text in [secret.clone(), format!("{secret}\n"), format!(" {secret}")] {
                for shown in [path(Path::new(&text)), name(&text), address(&text)] {
                    assert!(!leaks(&shown, &secret), "{secret}: {shown}");
                }
                assert!(!is_fit_for_a_file(Path::new(&text)), "{secret}");
            }
            let url = format!("https://app:{secret}@id.example.com/x?secret={secret}#{secret}");
            assert!(!leaks(&address(&url), &secret), "{url}: {}", address(&url));
        }
    }
}

#[test]
fn paths_are_shown_as_they_are() {
    for text in [
        "oauth.key",
        "key",
        ".env",
        "./oauth_key",
        "../secrets/oauth",
        "~/oauth/key",
        "secrets/oauth_key",
        "config/prod2/oauth2.key",
        "client_secret.json",
        "/run/secrets/oauth_key",
        "/etc/app/client_secret.json",
        "/var/lib/oauth/production/secrets/oauthkeys1",
        "/odd-root/app/oauth.key",
        "/srv/my app/clé.json",
        "C:\\Users\\Ada\\AppData\\Local\\oauth.key",
        "C:/ProgramData/app/tokens.db",
        "\\\\server\\share\\oauth.key",
        "config\\oauth.key",
        "data/tokens-20240506.db",
        "no-such-file.json",
    ] {
        assert_eq!(path(Path::new(text)), text);
        assert!(is_fit_for_a_file(Path::new(text)), "{text}");
    }
    assert!(is_fit_for_a_file(Path::new("oauth_key")));
}

/// What tokens begin with stands in words; a folder may lie deep; and what is there is a file.
#[test]
fn a_file_may_have_a_long_or_odd_name() {
    let deep = format!("/builds/{}/oauth.key", "a-folder-within/".repeat(40));
    for text in ["/srv/laughs_app/oauth.key", "/srv/maya29.old/oauth.key", "highs_portal"] {
        assert_eq!(Pasted::of(text), None, "{text}");
    }
    assert!(!is_fit_for_a_file(Path::new(&deep)), "{deep} has no known root");
    assert!(is_fit_for_a_file(Path::new(&deep.replace("/builds", "/work"))));
    let folder = std::env::temp_dir().join(format!("oauth-shown-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let there = folder.join("s3-cache-v2-eu1 a=b");
    std::fs::write(&there, "").unwrap();
    assert!(is_fit_for_a_file(&there));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_password_or_a_pass_phrase_is_shown_nowhere() {
    for text in [
        "app:hunter2@db.example.com",
        "app:hunter2@localhost:5432/app",
        "abcd efgh ijkl mnop",
        "correct horse battery staple",
    ] {
        for shown in [path(Path::new(text)), name(text), address(text)] {
            assert!(shown.contains("not shown"), "{text}: {shown}");
        }
    }
}

#[test]
fn what_is_odd_within_a_path_is_left_out() {
    for (text, expected) in [
        (
            "client_secret_1234567890-8f3kd92jf0s9d8f7fake3a2s1d.apps.googleusercontent.com.json",
            "client_secret_1234567890-….apps.googleusercontent.com.json",
        ),
        ("/nix/store/k3jgk9xm3q4f8w2v5z7x1c6b9n0m2l4p-oauth/key", "/nix/store/…-oauth/key"),
        ("oauth_key", "(9 characters that are not shown, since they may be a secret)"),
        ("a=b/c.key2", "(10 characters that are not shown, since they may be a secret)"),
    ] {
        assert_eq!(path(Path::new(text)), expected);
    }
}

#[test]
fn addresses_and_names_are_shown_without_what_may_be_a_secret() {
    for (text, expected) in [
        ("https://example.com/oauth/callback", "\"https://example.com/oauth/callback\""),
        ("http://localhost:8080/cb", "\"http://localhost:8080/cb\""),
        ("example.com/cb", "\"example.com/cb\""),
        ("/oauth/callback", "\"/oauth/callback\""),
        ("https://ada@example.com/cb", "\"https://…@example.com/cb\""),
        ("https://ada:fa/ke@example.com/cb", "\"https://…@example.com/cb\""),
        ("https://example.com/cb?code=x#top", "\"https://example.com/cb?…\""),
        ("https://example.com/cb#top", "\"https://example.com/cb#…\""),
        ("https://example.com/a b", "\"https://example.com/a b\""),
        ("", "\"\""),
    ] {
        assert_eq!(address(text), expected);
    }
    for text in ["OAUTH_KEY", "login", "navy.example", "ip-10-0-3-17.ec2.internal", "red"] {
        assert_eq!(name(text), format!("{text:?}"));
    }
}

#[test]
fn what_was_pasted_is_named() {
    let bytes: [u8; 32] = bytes(0);
    for (text, pasted) in [
        (STANDARD.encode(bytes), Some(Pasted::Key)),
        (format!("{}\n", hex(&bytes)), Some(Pasted::Key)),
        ("-----BEGIN PRIVATE KEY-----\nfake".to_owned(), Some(Pasted::PrivateKey)),
        ("{\"web\":{}}".to_owned(), Some(Pasted::Json)),
        ("GOCSPX-fake".to_owned(), Some(Pasted::ClientSecret)),
        ("at ghp_fakefakefakefake".to_owned(), Some(Pasted::Token)),
        ("app:hunter2@db.example.com".to_owned(), Some(Pasted::Url)),
        ("C:\\Users\\ada@example.com\\oauth.key".to_owned(), None),
        ("Bearer eyJfakefakefakefakefake.x.y".to_owned(), Some(Pasted::Token)),
        ("redis://:fake@cache.example".to_owned(), Some(Pasted::Url)),
        ("one\ntwo".to_owned(), Some(Pasted::Lines)),
        ("/var/lib/oauth/production/secrets/oauthkeys1".to_owned(), None),
        ("oauth.key".to_owned(), None),
        ("https://example.com/cb".to_owned(), None),
    ] {
        assert_eq!(Pasted::of(&text), pasted, "{text}");
    }
}
