//! The record of a pending authorization, kept by the browser in a sealed cookie.

use aws_lc_rs::{digest, hmac};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use super::intent::Action;
use super::scope_list::ScopeList;
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::keys::random;
use crate::oauth::{KeptResume, OAuth, Resume};
use crate::scope::ScopeSet;
use crate::session::{AccountKey, Binding, DisconnectCount, encode, open, seal};
use crate::tokens::{AccountRow, ProviderId};

/// The cookie's longest value. A target that does not fit gives way.
const MAX_COOKIE: usize = 1_300;

/// 32 random bytes from which state, verifier and nonce are derived, so that the record stays
/// small and none of the three can be chosen alone.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Seed([u8; 32]);

impl Drop for Seed {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Seed {
    pub(crate) fn new() -> Result<Self, Error> {
        random().map(Self)
    }

    /// `state` (RFC 6749 §4.1.1): 256 bits, as 43 characters.
    pub(crate) fn state(&self) -> String {
        encode(&self.derive("state"))
    }

    /// The bytes of the code verifier (RFC 7636 §4.1).
    pub(crate) fn verifier(&self) -> [u8; 32] {
        self.derive("code_verifier")
    }

    /// `nonce` (OpenID Connect Core §3.1.2.1).
    pub(crate) fn nonce(&self) -> String {
        encode(&self.derive("nonce"))
    }

    fn derive(&self, label: &str) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, label.as_bytes());
        std::array::from_fn(|i| tag.as_ref()[i])
    }
}

/// Scopes that are among an account's consents: their names, which may be many, stay in its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Again {
    pub(crate) account: AccountKey,
    scopes: u64,
}

impl Again {
    pub(crate) fn of(account: AccountKey, scopes: &ScopeSet) -> Self {
        Self { account, scopes: scopes.fingerprint() }
    }

    /// The same scopes, as the row has them now. Where that has changed meanwhile, they count as not
    /// asked for.
    pub(crate) fn scopes(&self, row: &AccountRow, base: &ScopeSet, needed: &ScopeSet) -> ScopeSet {
        let scopes = row.consented_beyond(base, needed);
        if scopes.fingerprint() == self.scopes { scopes } else { ScopeSet::default() }
    }
}

/// One pending authorization.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) seed: Seed,
    pub(crate) provider: String,
    /// What the interrupted request needs.
    pub(crate) needed: ScopeList,
    /// What was asked for beside that.
    pub(crate) besides: ScopeList,
    /// What was asked for again, of what its user consented to before.
    pub(crate) again: Option<Again>,
    /// The account that it is for, where its user is not signed in.
    pub(crate) account: Option<AccountKey>,
    /// Who began it, if that is known.
    pub(crate) binding: Option<Binding>,
    pub(crate) begun_at: Timestamp,
    /// The last disconnect then.
    pub(crate) begun_after: DisconnectCount,
    pub(crate) ends_at: Timestamp,
    pub(crate) action: Action,
    pub(crate) forced_consent: bool,
    /// The account seemed to have all of it when this was begun.
    pub(crate) insists: bool,
    /// What the handler says it needs the scopes for.
    pub(crate) why: Option<String>,
    /// Where to go on afterwards.
    pub(crate) resume: KeptResume,
}

impl Flow {
    /// The name and value of its cookie. What makes it too long gives way: first the words of
    /// the handler, then the query of the target, then the target.
    pub(crate) fn to_cookie(&self, oauth: &OAuth) -> Result<(String, String), Error> {
        let name = cookie_name(oauth, &self.seed.state());
        let binding = binding(oauth, &name);
        let mut flow = self.clone();
        loop {
            let value = seal(&oauth.0.flow_sealer, &binding, &flow)?;
            if value.len() <= MAX_COOKIE {
                return Ok((name, value));
            }
            if !flow.shorten(oauth) {
                let text = "the scopes of one request do not fit into a cookie";
                return Err(Error::new(Code::ConfigOption, text)
                    .with_help("ask for fewer at a time, each where it is needed"));
            }
        }
    }

    fn shorten(&mut self, oauth: &OAuth) -> bool {
        if self.why.take().is_some() {
            return true;
        }
        let shorter = self.resume.shorter(&oauth.0.urls);
        shorter.map(|shorter| self.resume = shorter).is_some()
    }

    /// Whether more was asked for than what is needed.
    pub(crate) fn asks_for_more(&self, oauth: &OAuth, provider: ProviderId) -> bool {
        let base = oauth.base_scopes(provider);
        self.again.is_some() || !self.besides.to_set().difference(base).is_empty()
    }

    /// Where it goes on.
    pub(crate) fn resume(&self, oauth: &OAuth) -> Resume {
        self.resume.resume(&oauth.0.urls)
    }

    /// The flow that this browser keeps for `state`, if it is whole.
    pub(crate) fn from_cookie(oauth: &OAuth, state: &str, value: &[u8]) -> Option<Self> {
        Self::open_named(oauth, &cookie_name(oauth, state), value)
    }

    pub(super) fn open_named(oauth: &OAuth, name: &str, value: &[u8]) -> Option<Self> {
        open(&oauth.0.flow_sealer, &binding(oauth, name), value)
    }
}

/// The cookie of the flow with this state.
pub(crate) fn cookie_name(oauth: &OAuth, state: &str) -> String {
    let hash = state_hash(state);
    let short = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    format!("{}{short:08x}", oauth.0.cookies.flow)
}

/// What a state is remembered by once it was used.
pub(crate) fn state_hash(state: &str) -> [u8; 16] {
    let hash = digest::digest(&digest::SHA256, state.as_bytes());
    std::array::from_fn(|i| hash.as_ref()[i])
}

/// A sealed flow opens for its cookie name, client and origin, and for no other.
fn binding(oauth: &OAuth, name: &str) -> String {
    let provider = oauth.first_provider();
    let origin = oauth.0.urls.origin_text();
    format!("{name}|{}|{}|{origin}", provider.key(), provider.client_id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::testing::row;

    /// What the row lacks by the time of the callback, or has beyond it, was not asked for.
    #[test]
    fn what_is_asked_for_again_is_told_by_its_row() {
        let now = Timestamp::from_unix_seconds(1_000_000);
        let set = |names| ScopeSet::parse(names);
        let with = |names| row(&set(names), None, now);
        let (base, needed) = (set("openid"), set("c"));
        let again = Again::of([1; 16], &with("openid a b c").consented_beyond(&base, &needed));
        for (names, asked) in
            [("openid a b c", "a b"), ("openid a b", "a b"), ("openid a", ""), ("a b d", "")]
        {
            assert_eq!(again.scopes(&with(names), &base, &needed), set(asked), "{names}");
        }
    }
}
