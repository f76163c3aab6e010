//! The UserInfo response, for providers that keep e-mail and name out of the ID token
//! (OpenID Connect Core §5.3).

use serde::Deserialize;

use super::identity::Identity;
use super::json;
use super::person::Person;
use crate::error::{Code, Error};
use crate::scope::ScopeSet;

#[derive(Deserialize)]
struct Subject {
    sub: String,
}

/// Whether the person allowed more to be told than the ID token did (OpenID Connect Core §5.4).
pub(crate) fn may_tell_more(identity: &Identity, asked: &ScopeSet) -> bool {
    identity.email.is_none() && asked.contains_name("email")
        || identity.name.is_none() && asked.contains_name("profile")
}

/// Adds what the ID token did not say. What it said counts, since it is signed.
///
/// # Errors
/// If the response speaks of another person (OpenID Connect Core §5.3.2), or is no JSON object.
pub(crate) fn complete(identity: &mut Identity, body: &[u8]) -> Result<(), Error> {
    let wrong = |text| Error::new(Code::ProviderResponse, text);
    let subject: Subject = json::object(body)
        .ok_or_else(|| wrong("the UserInfo response is not the JSON it should be"))?;
    if subject.sub != identity.subject() {
        return Err(Error::new(Code::IdTokenInvalid, "UserInfo speaks of another person"));
    }
    let person: Person = json::object(body).unwrap_or_default();
    let told = person.named(identity.id.clone());
    if identity.email.is_none() {
        identity.email = told.email;
        identity.email_verified = told.email_verified;
    }
    identity.name = identity.name.take().or(told.name);
    identity.picture = identity.picture.take().or(told.picture);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::AccountId;
    use super::*;

    fn ada() -> Identity {
        Identity::bare(AccountId::new("https://id.example.com", "248"))
    }

    #[test]
    fn it_is_asked_for_what_was_allowed_and_not_said() {
        let mut known = ada();
        for (scopes, expected) in [
            ("openid email", true),
            ("openid profile", true),
            ("openid", false),
            ("openid drive.file", false),
        ] {
            assert_eq!(may_tell_more(&known, &ScopeSet::parse(scopes)), expected, "{scopes}");
        }
        known.email = Some("ada@example.com".into());
        assert!(!may_tell_more(&known, &ScopeSet::parse("openid email")));
    }

    #[test]
    fn what_the_id_token_said_counts() {
        let mut known = ada();
        let body = br#"{"sub":"248","email":"ada@example.com","email_verified":true,"name":"Ada"}"#;
        complete(&mut known, body).unwrap();
        assert_eq!(known.email(), Some("ada@example.com"));
        assert!(known.email_verified());
        assert_eq!(known.name(), Some("Ada"));

        known.email_verified = false;
        let other = br#"{"sub":"248","email":"eve@example.com","email_verified":true,"name":"E"}"#;
        complete(&mut known, other).unwrap();
        assert_eq!(known.email(), Some("ada@example.com"));
        assert!(!known.email_verified(), "the flag belongs to the other address");
        assert_eq!(known.name(), Some("Ada"));
    }

    /// What speaks of somebody else, or of nobody, is not used at all.
    #[test]
    fn another_persons_claims_are_refused() {
        for (body, code) in [
            (r#"{"sub":"249","email":"eve@example.com"}"#, "id_token_invalid"),
            (r#"{"sub":"248 ","email":"eve@example.com"}"#, "id_token_invalid"),
            (r#"{"email":"eve@example.com"}"#, "provider_response"),
            (r#"{"sub":248,"email":"eve@example.com"}"#, "provider_response"),
            (r#"{"sub":"248","sub":"249"}"#, "provider_response"),
            (r#"["248"]"#, "provider_response"),
            ("eyJ.fake.jwt", "provider_response"),
        ] {
            let mut known = ada();
            let error = complete(&mut known, body.as_bytes()).unwrap_err();
            assert_eq!(error.code(), code, "{body}");
            assert_eq!(known.email(), None, "{body}");
        }
    }
}
