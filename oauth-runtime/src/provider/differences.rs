//! The points in which providers differ, each with the few ways that there are.

use std::borrow::Cow;
use std::time::Duration;

use url::Url;

use super::user_api::UserApi;

/// A token that says nothing of its end is trusted for a short time.
pub(super) const BRIEF: Duration = Duration::from_secs(300);
/// For a provider whose tokens live until they are revoked: longer than anybody waits.
pub(super) const LASTING: Duration = Duration::from_secs(10 * 365 * 86_400);

pub(super) type Text = Cow<'static, str>;

/// Which issuers are this provider's besides its canonical one.
#[derive(Clone, Copy, Debug)]
pub(super) enum OtherIssuers {
    /// Other forms of the same issuer, taken for it in ID tokens.
    Aliases(&'static [&'static str]),
    /// One for each tenant, with its GUID in between; accounts keep them apart.
    Tenants { before: &'static str, after: &'static str, except: Option<&'static str> },
}

/// How the provider says whom an authorization speaks of.
#[derive(Clone, Debug)]
pub(crate) enum Identification {
    /// By a signed ID token (OpenID Connect Core §2), with one of these algorithms.
    IdToken { jwks: Url, algorithms: &'static [Algorithm] },
    /// By an answer of its API, to whoever has the access token.
    UserApi(UserApi),
}

/// In which ways its answers name scopes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ScopeNames {
    /// With commas between them.
    pub(super) commas: bool,
    /// What the long form of a name begins with, where it has a long and a short one.
    pub(super) prefix: Option<&'static str>,
    /// Pairs of a scope and one that it covers, which the provider then leaves out.
    pub(super) covers: &'static [(&'static str, &'static str)],
}

impl ScopeNames {
    /// The names in a `scope`, as handlers write them: apart by spaces, in the short form too,
    /// with those that the provider left out since others cover them.
    pub(super) fn read(&self, scope: &str) -> String {
        let Self { commas, prefix, covers } = *self;
        let between = |sign: char| sign.is_ascii_whitespace() || commas && sign == ',';
        let mut names: Vec<Text> = Vec::new();
        for name in scope.split(between).filter(|name| !name.is_empty()) {
            names.push(name.to_owned().into());
            let other = prefix.map(|prefix| match name.strip_prefix(prefix) {
                Some(short) => short.to_owned(),
                None => format!("{prefix}{name}"),
            });
            names.extend(other.map(Text::from));
        }
        let mut seen = 0;
        while let Some(name) = names.get(seen).cloned() {
            let covered = covers.iter().filter(|(wide, _)| *wide == name).map(|pair| pair.1);
            for narrow in covered {
                if !names.iter().any(|known| known == narrow) {
                    names.push(narrow.into());
                }
            }
            seen += 1;
        }
        names.join(" ")
    }
}

/// A signature algorithm of ID tokens (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Es256,
}

/// What a token response without `scope` means (RFC 6749 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AbsentScope {
    /// This provider always sends it, so that its absence is a fault.
    ProtocolError,
    /// Everything that was requested.
    AsRequested,
}

/// What a second authorization does to what was granted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Increment {
    /// The new token holds both: ask for what is missing.
    Adds,
    /// The new token holds what this request asked for: ask for all.
    Replaces,
}

/// Whether an authorization response must carry `iss` (RFC 9207).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IssParameter {
    /// It is checked where it is there.
    Optional,
    /// The provider announced it, so that a code without it is refused.
    Required,
}

/// How the client proves itself at the token endpoint (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAuthentication {
    /// `client_secret_post`
    Post,
    /// `client_secret_basic`
    Basic,
}

/// Whether the client proves itself where tokens are revoked (RFC 7009 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RevocationAuthentication {
    /// As at the token endpoint.
    Client,
    /// Who has the token may revoke it.
    TokenAlone,
}

/// What it takes that a request for `offline_access` brings a refresh token (OpenID Connect
/// Core §11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfflineAccess {
    /// `prompt=consent` with every such request: without it, the scope may be dropped in silence.
    WithConsent,
    /// The scope alone.
    AsAsked,
}

/// How a person comes to choose another account than the one they are signed in with at the
/// provider (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountChoice {
    /// `prompt=select_account`
    Chooser,
    /// `prompt=login`: by signing in anew.
    SignIn,
}

/// In lower case, as issuers have it (RFC 9562 §4).
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}
