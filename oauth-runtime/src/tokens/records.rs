//! Accounts as a store keeps them. Scopes are kept by name: their numbers change from one
//! catalogue to the next.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::account::Fingerprint;
use super::consents::Consent;
use super::trouble::{Trouble, TroubleRecord};
use super::{AccountRow, Shortfall, TokenSet};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::protocol::{AccountId, Identity};
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::session::{DisconnectCount, OwnerKey};
use crate::store::{Kind, Row, from_bytes, to_bytes};

/// See [`AccountRow`].
#[derive(Serialize, Deserialize)]
struct AccountRecord<'a> {
    #[serde(borrow)]
    identity: IdentityRecord<'a>,
    epoch: u32,
    #[serde(borrow)]
    tokens: Option<TokensRecord<'a>>,
    granted: ScopeSet,
    consents: Vec<(Cow<'a, str>, u8, Timestamp)>,
    forced_consent: bool,
    shortfall: u8,
    refused: Option<Fingerprint>,
    holder: Option<OwnerKey>,
    disconnected: DisconnectCount,
}

#[derive(Serialize, Deserialize)]
struct IdentityRecord<'a> {
    issuer: &'a str,
    subject: &'a str,
    email: Option<&'a str>,
    email_verified: bool,
    name: Option<&'a str>,
    picture: Option<&'a str>,
    hosted_domain: Option<&'a str>,
}

/// Borrowed both ways, so that no token is copied where nothing wipes it.
#[derive(Serialize, Deserialize)]
struct TokensRecord<'a> {
    access: &'a str,
    expires_at: Timestamp,
    refresh: Option<&'a str>,
    refresh_ends_at: Option<Timestamp>,
    stale_from: Timestamp,
    obtained_at: Timestamp,
    is_replacement: bool,
    trouble: Option<TroubleRecord>,
}

impl<'a> TokensRecord<'a> {
    fn of(tokens: &'a TokenSet) -> Self {
        Self {
            access: tokens.access.expose(),
            expires_at: tokens.expires_at,
            refresh: tokens.refresh.as_ref().map(Secret::expose),
            refresh_ends_at: tokens.refresh_ends_at,
            stale_from: tokens.stale_from,
            obtained_at: tokens.obtained_at,
            is_replacement: tokens.is_replacement,
            trouble: tokens.trouble.as_deref().map(|trouble| trouble.to_record()),
        }
    }

    fn tokens(self) -> TokenSet {
        TokenSet {
            access: Secret::new(self.access),
            expires_at: self.expires_at,
            refresh: self.refresh.map(Secret::new),
            refresh_ends_at: self.refresh_ends_at,
            stale_from: self.stale_from,
            obtained_at: self.obtained_at,
            is_replacement: self.is_replacement,
            trouble: self.trouble.and_then(Trouble::from_record).map(Box::new),
        }
    }
}

impl<'a> IdentityRecord<'a> {
    fn of(identity: &'a Identity) -> Self {
        Self {
            issuer: identity.issuer(),
            subject: identity.subject(),
            email: identity.email(),
            email_verified: identity.email_verified(),
            name: identity.name(),
            picture: identity.picture(),
            hosted_domain: identity.hosted_domain(),
        }
    }

    fn identity(self) -> Identity {
        Identity {
            id: AccountId::new(self.issuer, self.subject),
            email: self.email.map(Box::from),
            email_verified: self.email_verified,
            name: self.name.map(Box::from),
            picture: self.picture.map(Box::from),
            hosted_domain: self.hosted_domain.map(Box::from),
        }
    }
}

fn consent_record((name, consent): (&str, Consent)) -> (Cow<'_, str>, u8, Timestamp) {
    let (word, at) = match consent {
        Consent::Granted(at) => (0, at),
        Consent::Declined(at) => (1, at),
        Consent::Revoked(at) => (2, at),
        Consent::Ended(at) => (3, at),
    };
    (name.into(), word, at)
}

fn consent((name, word, at): (Cow<'_, str>, u8, Timestamp)) -> Option<(Cow<'_, str>, Consent)> {
    let consent = match word {
        0 => Consent::Granted(at),
        1 => Consent::Declined(at),
        2 => Consent::Revoked(at),
        3 => Consent::Ended(at),
        _ => return None,
    };
    Some((name, consent))
}

impl Row for AccountRow {
    const KIND: Kind = Kind::Account;

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        to_bytes(&AccountRecord {
            identity: IdentityRecord::of(&self.identity),
            epoch: self.epoch,
            tokens: self.tokens.as_deref().map(TokensRecord::of),
            granted: (*self.granted).clone(),
            consents: self.consents.iter().map(consent_record).collect(),
            forced_consent: self.forced_consent,
            shortfall: match self.shortfall {
                Shortfall::None => 0,
                Shortfall::Seen => 1,
                Shortfall::Tried => 2,
            },
            refused: self.refused.as_deref().copied(),
            holder: self.holder,
            disconnected: self.disconnected,
        })
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let record: AccountRecord<'_> = from_bytes(bytes)?;
        let identity = record.identity.identity();
        let consents: Option<Vec<_>> = record.consents.into_iter().map(consent).collect();
        Some(Self {
            identity,
            epoch: record.epoch,
            tokens: record.tokens.map(|tokens| Arc::new(tokens.tokens())),
            covered: record.granted.closure().into(),
            granted: record.granted.into(),
            consents: consents?.iter().map(|(name, consent)| (&**name, *consent)).collect(),
            forced_consent: record.forced_consent,
            shortfall: match record.shortfall {
                0 => Shortfall::None,
                1 => Shortfall::Seen,
                _ => Shortfall::Tried,
            },
            refused: record.refused.map(Box::new),
            holder: record.holder,
            disconnected: record.disconnected,
        })
    }
}
