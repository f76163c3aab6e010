//! The answer of an API that says whom an access token is of, for providers without ID tokens.

use serde_json::{Map, Value};

use super::AccountId;
use super::identity::Identity;
use super::json;
use super::person::Person;
use crate::error::{Code, Error};
use crate::provider::UserApi;

/// Whom the answer names, by an account of `issuer`.
///
/// # Errors
/// If it is no JSON object, or has no subject that could name somebody for good.
pub(crate) fn read_user(api: &UserApi, issuer: &str, body: &[u8]) -> Result<Identity, Error> {
    let wrong = |text: String| Error::new(Code::ProviderResponse, text);
    let answer: Map<String, Value> = json::object(body)
        .ok_or_else(|| wrong("the answer of the user API is not the JSON it should be".into()))?;
    let subject = match answer.get(&*api.subject) {
        Some(Value::String(text)) => text.clone(),
        // A number with a fraction, or beyond 64 bits, would be another one once it is read.
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        _ => String::new(),
    };
    if !super::id_token::is_subject(&subject) {
        let text = format!("the answer of the user API has no usable `{}`", api.subject);
        return Err(wrong(text));
    }
    let text =
        |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let person = Person::told(
        api.names.iter().find_map(|name| text(name)),
        api.email.as_deref().and_then(text),
        api.picture.as_deref().and_then(text),
    );
    Ok(person.named(AccountId::new(issuer, &subject)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{ClientCredentials, Identification, Provider};

    fn read(body: &str) -> Result<Identity, Error> {
        let provider = Provider::github(ClientCredentials::new("id", "fake-secret")).unwrap();
        let Identification::UserApi(api) = provider.identification() else { unreachable!() };
        read_user(api, "https://github.com", body.as_bytes())
    }

    #[test]
    fn a_person_is_who_the_number_says() {
        let ada = read(
            r#"{"id":583231,"login":"ada","name":null,"email":"ada@example.com",
                "avatar_url":"https://avatars.example/1","email_verified":true}"#,
        );
        let ada = ada.unwrap();
        assert_eq!((ada.issuer(), ada.subject()), ("https://github.com", "583231"));
        assert_eq!((ada.name(), ada.email()), (Some("ada"), Some("ada@example.com")));
        assert_eq!(ada.picture(), Some("https://avatars.example/1"));
        assert!(!ada.email_verified(), "nobody said that the member means that");
        let named = read(r#"{"id":"583231","login":"ada","name":"Ada L."}"#).unwrap();
        assert_eq!((named.subject(), named.name()), ("583231", Some("Ada L.")));
    }

    /// D3: what names nobody signs nobody in.
    #[test]
    fn an_answer_without_a_person_is_refused() {
        for body in [
            "{}",
            "[]",
            "null",
            "<html>",
            r#"{"login":"ada"}"#,
            r#"{"id":null}"#,
            r#"{"id":""}"#,
            r#"{"id":-1}"#,
            r#"{"id":1.5}"#,
            r#"{"id":99999999999999999999}"#,
            r#"{"id":true}"#,
            r#"{"id":{"x":1}}"#,
            r#"{"id":1,"id":2}"#,
            r#"{"message":"Bad credentials"}"#,
        ] {
            assert_eq!(read(body).unwrap_err().code(), "provider_response", "{body}");
        }
    }
}
