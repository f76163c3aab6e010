//! What is certainly a secret, or the text of a file, and belongs elsewhere.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{changes, is_rooted};

/// The bytes of a key.
const KEY_LEN: usize = 32;
/// What client secrets contain.
const CLIENT_SECRETS: [&str; 1] = ["GOCSPX-"];
/// What tokens begin with.
const TOKENS: [&str; 10] =
    ["ya29.", "1//0", "github_pat_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "xoxb-"];

/// So many signs follow that in every token.
const TOKEN_LEN: usize = 16;

/// What was pasted in the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pasted {
    /// 32 bytes in base64 or hexadecimal digits.
    Key,
    /// PEM.
    PrivateKey,
    Json,
    ClientSecret,
    /// An access or refresh token, or a JWT.
    Token,
    /// A URL with a user or a password.
    Url,
    /// More than one line.
    Lines,
}

impl Pasted {
    pub(crate) fn of(text: &str) -> Option<Self> {
        let trimmed = text.trim();
        let has = |marks: &[&str]| marks.iter().any(|mark| trimmed.contains(mark));
        if trimmed.starts_with('{') {
            Some(Self::Json)
        } else if has(&["-----BEGIN "]) {
            Some(Self::PrivateKey)
        } else if has(&CLIENT_SECRETS) {
            Some(Self::ClientSecret)
        } else if has_token(trimmed) || is_jwt(trimmed) {
            Some(Self::Token)
        } else if is_key(trimmed) {
            Some(Self::Key)
        } else if trimmed.contains('\n') {
            Some(Self::Lines)
        } else {
            names_a_user(trimmed).then_some(Self::Url)
        }
    }

    pub(crate) fn in_path(path: &Path) -> Option<Self> {
        Self::of(&path.to_string_lossy())
    }

    /// What it is, for a sentence that begins with "this is".
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Key => "a key itself",
            Self::PrivateKey => "a private key itself",
            Self::Json => "the text of a JSON file",
            Self::ClientSecret => "a client secret itself",
            Self::Token => "a token itself",
            Self::Url => "a URL with a user or password",
            Self::Lines => "a text of several lines",
        }
    }
}

/// Whether a token is part of the text. What tokens begin with may stand in a word, too.
fn has_token(text: &str) -> bool {
    TOKENS.into_iter().flat_map(|mark| text.match_indices(mark)).any(|(at, mark)| {
        let begins = !text[..at].ends_with(|before: char| before.is_alphanumeric());
        let rest = text[at + mark.len()..].bytes();
        let signs = rest.take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
        begins && signs.count() >= TOKEN_LEN
    })
}

fn is_key(text: &str) -> bool {
    let hex = text.len() == 2 * KEY_LEN && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let engines = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
    let decodes = |engine: &base64::engine::GeneralPurpose| {
        let bytes = engine.decode(text).map(Zeroizing::new);
        bytes.is_ok_and(|bytes| bytes.len() == KEY_LEN)
    };
    // Words can make up the alphabet and the length of a key, but not its mixture.
    hex || text.len() < 2 * KEY_LEN && engines.into_iter().any(decodes) && changes(text).0 > 4
}

/// Header and payload are JSON objects in base64url, which begin so (RFC 7519 §3).
fn is_jwt(text: &str) -> bool {
    let text = text.strip_prefix("Bearer ").unwrap_or(text);
    text.starts_with("eyJ") && text.len() > 20
}

/// A user before a host, also without a scheme where a password follows the user.
fn names_a_user(text: &str) -> bool {
    if let Some((_, rest)) = text.split_once("://") {
        return rest.contains('@');
    }
    let user = text.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') && !is_rooted(user)
}
