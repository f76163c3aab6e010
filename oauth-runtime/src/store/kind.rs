//! The kinds of rows, each sealed with a key of its own.

/// What a row is. The number is the first byte of its key, and never given to another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// The key with which the places of accounts and owners are made.
    Index = 1,
    Session = 2,
    Account = 3,
    Owner = 4,
    Claim = 5,
    Form = 6,
    /// A token that is to be revoked at the provider.
    Revocation = 7,
    /// Whose a token is, by a name that an event may call it.
    TokenName = 8,
    /// A security event that was acted on.
    SecurityEvent = 9,
    /// How many disconnects there were.
    Disconnects = 10,
}

impl Kind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Index,
        Self::Session,
        Self::Account,
        Self::Owner,
        Self::Claim,
        Self::Form,
        Self::Revocation,
        Self::TokenName,
        Self::SecurityEvent,
        Self::Disconnects,
    ];

    pub(crate) const fn byte(self) -> u8 {
        self as u8
    }

    /// What its sealing key is derived for.
    pub(crate) const fn purpose(self) -> &'static str {
        match self {
            Self::Index => "row index",
            Self::Session => "row session",
            Self::Account => "row account",
            Self::Owner => "row owner",
            Self::Claim => "row claim",
            Self::Form => "row form",
            Self::Revocation => "row revocation",
            Self::TokenName => "row token name",
            Self::SecurityEvent => "row security event",
            Self::Disconnects => "row disconnects",
        }
    }
}
