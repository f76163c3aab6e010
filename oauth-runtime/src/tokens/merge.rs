//! What a token response makes of an account row. Pure, so that it can be shown whole.

use std::borrow::Cow;

use super::{AccountRow, Shortfall, TokenSet};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::protocol::{Identity, TokenResponse};
use crate::provider::{AbsentScope, Increment, Provider};
use crate::scope::{ScopeSet, SharedScopes};
use crate::session::DisconnectCount;

/// An authorization that went through every check: a response and whom it speaks of.
pub(crate) struct Authorized {
    pub(crate) identity: Identity,
    pub(crate) response: TokenResponse,
    pub(crate) requested: ScopeSet,
    /// The user was shown the consent page although he had consented before.
    pub(crate) forced_consent: bool,
    /// The last disconnect when it began.
    pub(crate) begun_after: DisconnectCount,
}

impl Authorized {
    /// Whether the account was disconnected since this began.
    pub(crate) fn is_over(&self, row: &AccountRow) -> bool {
        row.disconnected > self.begun_after
    }
}

/// The row after an authorization that was asked for at `now`. `previous` must be of the same
/// account.
pub(crate) fn merge(
    previous: Option<&AccountRow>,
    authorized: &Authorized,
    provider: &Provider,
    jitter: u8,
    now: Timestamp,
) -> Result<AccountRow, Error> {
    let Authorized { identity, response, requested, .. } = authorized;
    let granted = granted(response, requested, provider)?;
    let covered = granted.closure();
    let old_tokens = previous.and_then(|row| row.tokens.as_deref());
    let mut tokens = TokenSet::new(&renewal(response, old_tokens), old_tokens, jitter, now);
    tokens.remember_refusal(old_tokens);
    // Once is enough: the next authorization need not be forced to bring none either.
    let forced = authorized.forced_consent || previous.is_some_and(|row| row.forced_consent);
    let forced_consent = forced && !tokens.is_renewable(now);
    let consents = previous.map(|row| row.consents.clone()).unwrap_or_default();
    // A grant that another one takes the place of is not what the user took back.
    let adds = provider.increment() == Increment::Adds;
    let consents = consents.after(requested, &granted, adds, now);
    let shortfall = match previous.map(|row| row.shortfall).unwrap_or_default() {
        Shortfall::Seen if authorized.forced_consent => Shortfall::Tried,
        same => same,
    };
    Ok(AccountRow {
        identity: identity.clone(),
        epoch: previous.map_or(0, |row| row.epoch),
        tokens: Some(tokens.into()),
        granted: granted.into(),
        covered: covered.into(),
        consents,
        forced_consent,
        shortfall,
        refused: None,
        holder: previous.and_then(|row| row.holder),
        disconnected: previous.map(|row| row.disconnected).unwrap_or_default(),
    })
}

/// The scopes that say what comes beside the access token (OpenID Connect Core §3.1.2.1, §11).
/// Some servers list only what the access token is good for, and leave these out.
const BESIDE_THE_TOKEN: [&str; 2] = ["openid", "offline_access"];

/// What the provider says it granted, which is all that counts (RFC 6749 §5.1); what came beside
/// the access token says so by itself.
fn granted(
    response: &TokenResponse,
    requested: &ScopeSet,
    provider: &Provider,
) -> Result<ScopeSet, Error> {
    match (&response.scope, provider.absent_scope()) {
        (Some(scope), _) => {
            let came = [response.id_token.is_some(), response.refresh_token.is_some()];
            let mut granted = ScopeSet::parse(scope);
            for (name, came) in BESIDE_THE_TOKEN.into_iter().zip(came) {
                if came && requested.contains_name(name) {
                    granted.insert_name(name);
                }
            }
            Ok(granted)
        }
        (None, AbsentScope::AsRequested) => Ok(requested.clone()),
        (None, AbsentScope::ProtocolError) => {
            Err(Error::new(Code::ProviderResponse, "the token response names no scope"))
        }
    }
}

/// The row after a refresh that was asked for at `now`: a narrower answer shrinks it, a silent
/// one leaves it as it was.
pub(crate) fn merge_refresh(
    row: &AccountRow,
    response: &TokenResponse,
    jitter: u8,
    now: Timestamp,
) -> AccountRow {
    let old_tokens = row.tokens.as_deref();
    let tokens = TokenSet::new(&renewal(response, old_tokens), old_tokens, jitter, now);
    let granted: SharedScopes = match &response.scope {
        Some(scope) => {
            let mut granted = ScopeSet::parse(scope);
            let kept = BESIDE_THE_TOKEN.into_iter().filter(|name| row.granted.contains_name(name));
            kept.for_each(|name| granted.insert_name(name));
            granted.into()
        }
        None => row.granted.clone(),
    };
    let covered = granted.closure();
    let consents = row.consents.after(&ScopeSet::default(), &granted, true, now);
    let lost = row.granted.names().any(|name| !covered.contains_name(name));
    let shortfall = match row.shortfall {
        Shortfall::None if lost => Shortfall::Seen,
        same => same,
    };
    let tokens = Some(tokens.into());
    let covered = covered.into();
    AccountRow { tokens, granted, covered, consents, shortfall, ..row.clone() }
}

/// The row after a refresh that another authorization has overtaken: what that brought stands.
/// Only a refresh token that the provider replaced is taken over, since the old one is dead.
pub(crate) fn merge_overtaken(row: &AccountRow, response: &TokenResponse) -> Option<AccountRow> {
    let new = response.refresh_token.clone()?;
    let mut tokens = row.tokens.as_deref()?.clone();
    (tokens.refresh, tokens.trouble) = (Some(new), None);
    Some(AccountRow { tokens: Some(tokens.into()), ..row.clone() })
}

/// The row after a refresh by a node that was so slow that another one was refused the refresh
/// token that it had replaced: what it brings is what the row lacks.
pub(crate) fn merge_late(
    row: &AccountRow,
    before: &AccountRow,
    response: &TokenResponse,
    jitter: u8,
    now: Timestamp,
) -> Option<AccountRow> {
    let refused = before.tokens.as_ref()?.refresh.as_ref()?;
    if response.refresh_token.is_none() || !row.is_without_refused(refused) {
        return None;
    }
    let AccountRow { tokens, granted, covered, consents, .. } = before.clone();
    let whole = AccountRow { tokens, granted, covered, consents, refused: None, ..row.clone() };
    Some(merge_refresh(&whole, response, jitter, now))
}

/// The response, with what it says of the refresh token that is held already brought together.
///
/// One that comes back unchanged and without an end keeps the end it had; an end that comes
/// alone is that of the one that is held.
fn renewal<'a>(response: &'a TokenResponse, held: Option<&TokenSet>) -> Cow<'a, TokenResponse> {
    let Some(held) = held.and_then(|tokens| tokens.refresh.as_ref()) else {
        return Cow::Borrowed(response);
    };
    let refresh_token = match (&response.refresh_token, response.refresh_token_expires_in) {
        (Some(same), None) if held.is(same.expose().as_bytes()) => None,
        (None, Some(_)) => Some(held.clone()),
        _ => return Cow::Borrowed(response),
    };
    Cow::Owned(TokenResponse { refresh_token, ..response.clone() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::protocol::AccountId;
    use crate::provider::ClientCredentials;
    use crate::scope::Scope;
    use crate::secret::Secret;
    use crate::tokens::{Consent, Freshness};

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);
    const FILE: &str = "https://www.googleapis.com/auth/drive.file";
    const READ: &str = "https://www.googleapis.com/auth/drive.readonly";
    const DRIVE: &str = "https://www.googleapis.com/auth/drive";
    const CALENDAR: &str = "https://www.googleapis.com/auth/calendar";
    const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";

    fn google() -> Provider {
        Provider::google(ClientCredentials::new("us", "fake-secret"))
    }

    /// A provider that keeps to RFC 6749 and no more.
    fn plain() -> Provider {
        let [issuer, a, t, k] = ["", "/a", "/t", "/k"].map(|p| format!("https://id.example{p}"));
        let credentials = ClientCredentials::new("us", "fake-secret");
        Provider::openid("x", "X", &issuer, &a, &t, &k, credentials).unwrap()
    }

    fn response(scope: Option<&str>, refresh: Option<&str>) -> TokenResponse {
        TokenResponse {
            access_token: Secret::new("ya29.fake"),
            expires_in: Duration::from_secs(3600),
            refresh_token: refresh.map(Secret::new),
            refresh_token_expires_in: None,
            scope: scope.map(str::to_owned),
            id_token: None,
        }
    }

    fn authorized(requested: &str, response: TokenResponse) -> Authorized {
        let identity = Identity::bare(AccountId::new("https://accounts.google.com", "1"));
        let requested = ScopeSet::parse(requested);
        let begun_after = DisconnectCount::ZERO;
        Authorized { identity, response, requested, forced_consent: false, begun_after }
    }

    /// The row after one authorization at Google.
    fn row(previous: Option<&AccountRow>, requested: &str, granted: &str) -> AccountRow {
        let authorized = authorized(requested, response(Some(granted), None));
        merge(previous, &authorized, &google(), 0, NOW).unwrap()
    }

    fn covers(row: &AccountRow, short: &str) -> bool {
        row.covered.contains(Scope::find(short).unwrap())
    }

    fn consent(row: &AccountRow, scope: &str) -> Option<Consent> {
        row.consents.iter().find(|(name, _)| *name == scope).map(|(_, consent)| consent)
    }

    fn declined(row: &AccountRow) -> Vec<&str> {
        let declined = |consent| matches!(consent, Consent::Declined(_));
        row.consents
            .iter()
            .filter(|(_, consent)| declined(*consent))
            .map(|(name, _)| name)
            .collect()
    }

    fn refresh_token(row: &AccountRow, at: Timestamp) -> Option<&str> {
        row.tokens.as_ref()?.refresh_token(at).map(Secret::expose)
    }

    /// D8, D9, D16: what was granted is what the answer says, read as a set.
    #[test]
    fn granted_is_what_the_provider_says() {
        let cases = [
            ("openid", vec!["openid"]),
            ("", vec![]),
            ("  \t ", vec![]),
            (" zz  openid zz\t", vec!["openid", "zz"]),
            ("zz openid", vec!["openid", "zz"]),
            ("OPENID", vec!["OPENID"]),
        ];
        for (text, names) in cases {
            let row = row(None, "openid zz", text);
            assert_eq!(row.granted.names().collect::<Vec<_>>(), names, "{text:?}");
            let left: Vec<_> =
                ["openid", "zz"].into_iter().filter(|n| !names.contains(n)).collect();
            assert_eq!(declined(&row), left, "{text:?}");
        }
    }

    /// D8: silence is a fault at Google and "as asked" elsewhere; an empty text is never silence.
    #[test]
    fn an_absent_scope_means_what_the_provider_profile_says() {
        let silent = authorized("openid zz", response(None, None));
        let error = merge(None, &silent, &google(), 0, NOW).err().unwrap();
        assert_eq!(error.code(), "provider_response");
        let row = merge(None, &silent, &plain(), 0, NOW).unwrap();
        assert_eq!(*row.granted, ScopeSet::parse("openid zz"));
        assert!(declined(&row).is_empty());
        let empty = authorized("openid zz", response(Some(""), None));
        for provider in [google(), plain()] {
            let row = merge(None, &empty, &provider, 0, NOW).unwrap();
            assert!(row.granted.is_empty());
            assert_eq!(declined(&row), ["openid", "zz"]);
        }
    }

    /// Behaviour §10: some servers list the scopes of the access token alone.
    #[test]
    fn what_came_beside_the_access_token_is_granted_though_the_list_lacks_it() {
        let asked = "openid offline_access email zz";
        let [id, refresh] = ["fake-id-token", "1//a"];
        for (id_token, refresh_token, names) in [
            (Some(id), Some(refresh), vec!["offline_access", "openid", "zz"]),
            (Some(id), None, vec!["openid", "zz"]),
            (None, None, vec!["zz"]),
        ] {
            let answer = TokenResponse {
                id_token: id_token.map(Secret::new),
                ..response(Some("zz"), refresh_token)
            };
            let granted = |asked: &str| {
                let row = merge(None, &authorized(asked, answer.clone()), &plain(), 0, NOW);
                row.unwrap()
            };
            let row = granted(asked);
            assert_eq!(*row.granted, names.iter().copied().collect(), "{names:?}");
            assert!(declined(&row).contains(&"email"));
            assert_eq!(*granted("zz").granted, ScopeSet::parse("zz"), "never asked for");
            let row = merge_refresh(&row, &response(Some("zz"), None), 0, NOW);
            assert_eq!(*row.granted, names.into_iter().collect(), "after a refresh");
        }
    }

    /// D11, D12: another name for a scope, or a wider one, is no refusal.
    #[test]
    fn aliases_and_wider_scopes_count_as_granted() {
        let row = row(None, &format!("email {READ}"), &format!("openid {EMAIL} {DRIVE}"));
        assert!(declined(&row).is_empty(), "{:?}", declined(&row));
        for short in ["email", "drive.readonly", "drive"] {
            assert!(covers(&row, short), "{short}");
        }
        assert!(!covers(&row, "calendar"));
    }

    /// D14, D16: the new token set is the answer's; Google lists the earlier scopes in it.
    #[test]
    fn an_increment_adds_or_shrinks_as_its_answer_says() {
        let first = row(None, FILE, FILE);
        let both = row(Some(&first), CALENDAR, &format!("{CALENDAR} {FILE}"));
        assert!(covers(&both, "drive.file") && covers(&both, "calendar"));
        let fewer = row(Some(&both), CALENDAR, CALENDAR);
        assert!(!covers(&fewer, "drive.file") && covers(&fewer, "calendar"));
        assert!(declined(&fewer).is_empty(), "it was not asked for, so nobody declined it");
    }

    /// D4: a no is remembered with its time until the scope is granted, in whatever form.
    #[test]
    fn a_declined_scope_is_remembered_until_it_is_granted() {
        let first = row(None, &format!("{READ} {CALENDAR}"), CALENDAR);
        assert_eq!(declined(&first), [READ]);
        assert_eq!(consent(&first, READ), Some(Consent::Declined(NOW)));
        let later = NOW + Duration::from_secs(60);
        let other = authorized(CALENDAR, response(Some(CALENDAR), None));
        let other = merge(Some(&first), &other, &google(), 0, later).unwrap();
        let same = Some(Consent::Declined(NOW));
        assert_eq!(consent(&other, READ), same, "not asked again, so not declined again");
        let again = authorized(READ, response(Some(CALENDAR), None));
        let again = merge(Some(&other), &again, &google(), 0, later).unwrap();
        assert_eq!(consent(&again, READ), Some(Consent::Declined(later)));
        assert!(declined(&row(Some(&again), DRIVE, DRIVE)).is_empty());
    }

    /// D15, I20: no answer takes a refresh token away by saying nothing of it.
    #[test]
    fn a_refresh_token_is_kept_until_another_comes() {
        let day = Duration::from_secs(86_400);
        let limited = |token: Option<&str>, days: Option<u32>| TokenResponse {
            refresh_token_expires_in: days.map(|days| day * days),
            ..response(Some(FILE), token)
        };
        let first = merge(None, &authorized(FILE, limited(Some("a"), Some(7))), &google(), 0, NOW);
        let first = first.unwrap();
        // the answer, and what is held on the sixth and on the eighth day
        let cases = [
            (limited(None, None), Some("a"), None),
            (limited(Some("a"), None), Some("a"), None),
            (limited(Some("a"), Some(9)), Some("a"), Some("a")),
            (limited(None, Some(9)), Some("a"), Some("a")),
            (limited(None, Some(5)), None, None),
            (limited(Some("b"), None), Some("b"), Some("b")),
            (limited(Some("b"), Some(7)), Some("b"), None),
        ];
        for (response, sixth, eighth) in cases {
            let given = (response.refresh_token.clone(), response.refresh_token_expires_in);
            let shown = format!("{:?} {:?}", given.0.as_ref().map(Secret::expose), given.1);
            let refreshed = merge_refresh(&first, &response, 0, NOW);
            let merged = authorized(FILE, response);
            let merged = merge(Some(&first), &merged, &google(), 0, NOW).unwrap();
            for row in [refreshed, merged] {
                assert_eq!(refresh_token(&row, NOW + day * 6), sixth, "{shown}");
                assert_eq!(refresh_token(&row, NOW + day * 8), eighth, "{shown}");
            }
        }
    }

    /// I20: a refresh may take scopes away, and otherwise changes the tokens alone.
    #[test]
    fn a_refresh_shrinks_or_leaves_what_was_granted() {
        let both = format!("{FILE} {CALENDAR}");
        let mut before = row(None, &format!("{both} zz"), &both);
        (before.epoch, before.forced_consent) = (3, true);
        let cases = [
            (None, true, true),
            (Some(&*both), true, true),
            (Some(CALENDAR), false, true),
            (Some(""), false, false),
        ];
        for (scope, file, calendar) in cases {
            let mut response = response(scope, None);
            response.access_token = Secret::new("ya29.new");
            let later = NOW + Duration::from_secs(3600);
            let after = merge_refresh(&before, &response, 0, later);
            assert_eq!(covers(&after, "drive.file"), file, "{scope:?}");
            assert_eq!(covers(&after, "calendar"), calendar, "{scope:?}");
            assert_eq!(*after.covered, after.granted.closure());
            assert!(after.tokens.as_ref().unwrap().access.is(b"ya29.new"));
            assert_eq!(after.freshness(later), Freshness::Fresh);
            assert_eq!(declined(&after), ["zz"], "a refresh asks nobody");
            assert_eq!((after.id(), after.epoch, after.forced_consent), (before.id(), 3, true));
        }
    }

    /// A forced consent that brought nothing is remembered, so that it is not forced again.
    #[test]
    fn a_forced_consent_without_a_refresh_token_is_remembered_until_one_comes() {
        let after = |previous: Option<&AccountRow>, forced, token: Option<&str>| {
            let mut authorized = authorized(FILE, response(Some(FILE), token));
            authorized.forced_consent = forced;
            merge(previous, &authorized, &google(), 0, NOW).unwrap()
        };
        let kept = after(None, false, Some("1//fake"));
        let forced = after(None, true, None);
        let cases = [
            (None, true, None, true),
            (None, true, Some("1//fake"), false),
            (None, false, None, false),
            (Some(&kept), true, None, false),
            (Some(&forced), false, None, true),
            (Some(&forced), false, Some("1//fake"), false),
        ];
        for (previous, forced, token, expected) in cases {
            let row = after(previous, forced, token);
            assert_eq!(row.forced_consent, expected, "{forced} {token:?}");
        }
    }

    /// The sessions of an account end when its epoch grows, and an authorization is no such end.
    #[test]
    fn an_authorization_keeps_the_epoch_and_takes_the_newest_profile() {
        let mut before = row(None, FILE, FILE);
        before.epoch = 7;
        let mut authorized = authorized(FILE, response(Some(FILE), None));
        authorized.identity.email = Some("ada@example.com".into());
        let after = merge(Some(&before.blanked(NOW)), &authorized, &google(), 0, NOW).unwrap();
        assert_eq!(after.epoch, 7);
        assert_eq!(after.identity.email.as_deref(), Some("ada@example.com"));
    }
}
