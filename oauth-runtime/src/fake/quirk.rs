//! Lasting oddities that a test switches on.

/// A way in which the fake Google behaves differently until the switch is turned off.
///
/// ```
/// # use oauth_runtime::fake::{FakeGoogle, Quirk};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
/// let google = FakeGoogle::start().await?;
/// google.set(Quirk::RotateRefreshTokens);
/// google.unset(Quirk::RotateRefreshTokens);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quirk {
    /// The redirect carries no `iss`.
    OmitIss,
    /// The redirect carries the `iss` of another server.
    WrongIss,
    /// The code verifier is not looked at.
    IgnorePkce,
    /// Every account is outside the organization that the client is for: an error page.
    OrgInternal,
    /// The administrator forbids the scopes: an error page, and an error on refresh.
    AdminPolicyEnforced,
    /// The ID token's `iss` is `accounts.google.com`, without the scheme.
    BareIssuer,
    /// The ID token carries another nonce than the request.
    WrongNonce,
    /// The ID token carries no nonce.
    MissingNonce,
    /// The ID token is for another client.
    WrongAudience,
    /// The ID token is for another person, at the exchange and at every refresh.
    WrongSubject,
    /// The ID token's `at_hash` belongs to another access token.
    WrongAtHash,
    /// The ID token says `"alg": "none"` and has no signature.
    AlgNone,
    /// The ID token ended an hour ago.
    ExpiredIdToken,
    /// The ID token is signed with a key that is not published, under the name of one that is.
    ForeignKey,
    /// No answer holds an ID token.
    MissingIdToken,
    /// A refresh answers no ID token.
    NoIdTokenOnRefresh,
    /// Token answers lack `scope`.
    AbsentScope,
    /// Token answers carry an empty `scope`.
    EmptyScope,
    /// A refresh answers the sign-in scopes alone.
    NarrowRefresh,
    /// Every refresh gives a new refresh token and ends the old one.
    RotateRefreshTokens,
    /// No answer holds a refresh token.
    NoRefreshToken,
    /// A refresh token never gains the scopes that were granted after it.
    RefreshTokensKeepTheirScopes,
    /// A refresh is refused with `invalid_grant`, `error_subtype` `invalid_rapt`.
    InvalidRapt,
    /// The consent screen is in testing: refresh tokens end after seven days and say so.
    TestingApp,
    /// `expires_in` is a string of digits.
    ExpiresInAsText,
    /// An API refuses a missing scope with `insufficientPermissions` alone, as older ones do.
    OldForbiddenShape,
    /// Every secret made from now on begins with `CANARY-`.
    Canaries,
}
