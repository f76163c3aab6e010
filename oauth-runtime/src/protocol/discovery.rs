//! What a provider publishes of itself (OpenID Connect Discovery §3, RFC 8414 §2).

use std::borrow::Cow;

use serde::Deserialize;
use url::{Host, Url};

use super::json;
use crate::error::{Code, Error};
use crate::provider::{AccountChoice, Algorithm, ClientAuthentication, IssParameter, is_loopback};
use crate::shown;

/// What the document says, as far as it matters here.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) jwks_uri: String,
    pub(crate) revocation_endpoint: Option<String>,
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) algorithms: &'static [Algorithm],
    pub(crate) client_authentication: ClientAuthentication,
    pub(crate) iss_parameter: IssParameter,
    pub(crate) account_choice: AccountChoice,
}

/// Other members are ignored; these have to be of their types.
#[derive(Deserialize)]
struct Wire {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    jwks_uri: Option<String>,
    revocation_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    response_types_supported: Option<Vec<String>>,
    response_modes_supported: Option<Vec<String>>,
    grant_types_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    prompt_values_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// An issuer as it may be configured: https (http for loopback alone), a name and not a bare
/// address, without query and fragment (RFC 8414 §2).
pub(crate) fn check_issuer_url(issuer: &str) -> Result<Url, Error> {
    let refused = |why: &str| {
        let text = format!("the issuer {} {why}", shown::address(issuer));
        Error::new(Code::ConfigOption, text)
            .with_help("write it as the provider's documentation does: https://id.example.com")
    };
    let url = Url::parse(issuer).map_err(|error| refused("is no address").with_source(error))?;
    let plain = url.username().is_empty() && url.password().is_none();
    if !plain || url.query().is_some() || url.fragment().is_some() {
        return Err(refused("has a user, a query or a fragment"));
    }
    if !may_be_asked(&url, is_loopback(&url)) {
        return Err(refused("is neither an https address with a name nor on loopback"));
    }
    Ok(url)
}

/// Where the document may be, the likelier place first: OpenID's, then RFC 8414's §3.1.
pub(crate) fn well_known(issuer: &Url) -> [Url; 2] {
    let path = issuer.path().trim_end_matches('/');
    [
        format!("{path}/.well-known/openid-configuration"),
        format!("/.well-known/oauth-authorization-server{path}"),
    ]
    .map(|path| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url
    })
}

/// Whether a server may be made to send requests there, on the word of a document.
///
/// A name could resolve to a private address too; what must not work is to name one outright,
/// as the metadata services of clouds are.
fn may_be_asked(url: &Url, issuer_on_loopback: bool) -> bool {
    if is_loopback(url) {
        return issuer_on_loopback && matches!(url.scheme(), "http" | "https");
    }
    let name = |name: &str| !name.ends_with(".localhost");
    url.scheme() == "https" && matches!(url.host(), Some(Host::Domain(host)) if name(host))
}

impl Metadata {
    /// Reads the document of the provider that was configured as `issuer`.
    ///
    /// # Errors
    /// If it is another's, or names no way to sign in that this library goes.
    pub(crate) fn parse(issuer: &str, body: &[u8]) -> Result<Self, Error> {
        let wire: Wire = json::object(body)
            .ok_or_else(|| wrong("the provider's metadata is not the JSON it should be"))?;
        if wire.issuer != issuer {
            let [found, wanted] = [&wire.issuer, issuer].map(shown::address);
            let text = format!("the metadata is that of the issuer {found}, not of {wanted}");
            return Err(wrong(text).with_help(
                "the two have to be the same, letter by letter, a slash at the end included: if \
                 the one in the document is the provider you mean, configure that",
            ));
        }
        wire.check_addresses(is_loopback(&check_issuer_url(issuer)?))?;
        wire.check_flow()?;
        Ok(Self {
            algorithms: wire.algorithms()?,
            client_authentication: wire.client_authentication()?,
            iss_parameter: wire.iss_parameter(),
            account_choice: wire.account_choice(),
            authorization_endpoint: needed("authorization_endpoint", wire.authorization_endpoint)?,
            token_endpoint: needed("token_endpoint", wire.token_endpoint)?,
            jwks_uri: needed("jwks_uri", wire.jwks_uri).map_err(|error| {
                error.with_help("is it an OpenID provider? without ID tokens nobody can sign in")
            })?,
            revocation_endpoint: wire.revocation_endpoint,
            userinfo_endpoint: wire.userinfo_endpoint,
        })
    }
}

impl Wire {
    fn check_addresses(&self, issuer_on_loopback: bool) -> Result<(), Error> {
        for (name, value) in [
            ("authorization_endpoint", &self.authorization_endpoint),
            ("token_endpoint", &self.token_endpoint),
            ("jwks_uri", &self.jwks_uri),
            ("revocation_endpoint", &self.revocation_endpoint),
            ("userinfo_endpoint", &self.userinfo_endpoint),
        ] {
            let Some(text) = value else { continue };
            let url = Url::parse(text).ok().filter(|url| may_be_asked(url, issuer_on_loopback));
            if url.is_none() {
                let shown = shown::address(text);
                let text = format!("the provider's `{name}` {shown} is no address to be trusted");
                return Err(wrong(text).with_help(
                    "a public provider's endpoints are https addresses with a name; for one in a \
                     private network, write the endpoints out with `Provider::openid`",
                ));
            }
        }
        Ok(())
    }

    /// The authorization code flow, answered in the query, with PKCE where methods are named.
    fn check_flow(&self) -> Result<(), Error> {
        for (name, offered, wanted) in [
            ("response_types_supported", &self.response_types_supported, "code"),
            ("response_modes_supported", &self.response_modes_supported, "query"),
            ("grant_types_supported", &self.grant_types_supported, "authorization_code"),
            ("code_challenge_methods_supported", &self.code_challenge_methods_supported, "S256"),
        ] {
            if offered.as_ref().is_some_and(|offered| !offers(offered, wanted)) {
                return Err(lacks(name, wanted));
            }
        }
        Ok(())
    }

    /// Those of the provider's that we verify; RS256 where it names none (OpenID Connect Core
    /// §15.1 has every provider support it).
    fn algorithms(&self) -> Result<&'static [Algorithm], Error> {
        let Some(offered) = &self.id_token_signing_alg_values_supported else {
            return Ok(&[Algorithm::Rs256]);
        };
        match (offers(offered, "RS256"), offers(offered, "ES256")) {
            (true, true) => Ok(&[Algorithm::Rs256, Algorithm::Es256]),
            (true, false) => Ok(&[Algorithm::Rs256]),
            (false, true) => Ok(&[Algorithm::Es256]),
            (false, false) => Err(lacks("id_token_signing_alg_values_supported", "RS256, ES256")),
        }
    }

    /// `client_secret_basic` where it is offered, or where nothing is said (RFC 8414 §2).
    fn client_authentication(&self) -> Result<ClientAuthentication, Error> {
        match &self.token_endpoint_auth_methods_supported {
            None => Ok(ClientAuthentication::Basic),
            Some(offered) if offers(offered, "client_secret_basic") => {
                Ok(ClientAuthentication::Basic)
            }
            Some(offered) if offers(offered, "client_secret_post") => {
                Ok(ClientAuthentication::Post)
            }
            Some(_) => Err(lacks(
                "token_endpoint_auth_methods_supported",
                "client_secret_basic, client_secret_post",
            )),
        }
    }

    fn iss_parameter(&self) -> IssParameter {
        if self.authorization_response_iss_parameter_supported {
            IssParameter::Required
        } else {
            IssParameter::Optional
        }
    }

    fn account_choice(&self) -> AccountChoice {
        match &self.prompt_values_supported {
            Some(offered) if offers(offered, "select_account") => AccountChoice::Chooser,
            _ => AccountChoice::SignIn,
        }
    }
}

fn offers(offered: &[String], wanted: &str) -> bool {
    offered.iter().any(|one| one == wanted)
}

fn needed(name: &str, value: Option<String>) -> Result<String, Error> {
    value.ok_or_else(|| wrong(format!("the provider's metadata has no `{name}`")))
}

fn lacks(name: &str, wanted: &str) -> Error {
    wrong(format!("the provider's `{name}` has none of: {wanted}"))
        .with_help("this library signs people in by the authorization code flow alone")
}

fn wrong(text: impl Into<Cow<'static, str>>) -> Error {
    Error::new(Code::ProviderResponse, text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://id.example.com/realm";

    fn document(change: impl FnOnce(&mut Value)) -> String {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example.com/authorize",
            "token_endpoint": "https://token.example.net/token",
            "jwks_uri": "https://id.example.com/keys",
            "response_types_supported": ["code", "id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
        });
        change(&mut document);
        document.to_string()
    }

    fn parse(change: impl FnOnce(&mut Value)) -> Result<Metadata, Error> {
        Metadata::parse(ISSUER, document(change).as_bytes())
    }

    #[test]
    fn what_is_not_said_is_what_the_standards_say() {
        let found = parse(|_| ()).unwrap();
        assert_eq!(found.token_endpoint, "https://token.example.net/token");
        assert_eq!(found.algorithms, [Algorithm::Rs256]);
        assert_eq!(found.client_authentication, ClientAuthentication::Basic);
        assert_eq!(found.iss_parameter, IssParameter::Optional);
        assert_eq!(found.account_choice, AccountChoice::SignIn);
        assert_eq!((found.revocation_endpoint, found.userinfo_endpoint), (None, None));
    }

    #[test]
    fn what_is_offered_is_used() {
        let found = parse(|d| {
            d["token_endpoint_auth_methods_supported"] = json!(["client_secret_post", "none"]);
            d["id_token_signing_alg_values_supported"] = json!(["none", "ES256", "RS256"]);
            d["authorization_response_iss_parameter_supported"] = true.into();
            d["prompt_values_supported"] = json!(["login", "select_account"]);
            d["code_challenge_methods_supported"] = json!(["plain", "S256"]);
            d["revocation_endpoint"] = "https://id.example.com/revoke".into();
            d["userinfo_endpoint"] = "https://id.example.com/me".into();
        });
        let found = found.unwrap();
        assert_eq!(found.algorithms, [Algorithm::Rs256, Algorithm::Es256]);
        assert_eq!(found.client_authentication, ClientAuthentication::Post);
        assert_eq!(found.iss_parameter, IssParameter::Required);
        assert_eq!(found.account_choice, AccountChoice::Chooser);
        assert_eq!(found.revocation_endpoint.as_deref(), Some("https://id.example.com/revoke"));
        assert_eq!(found.userinfo_endpoint.as_deref(), Some("https://id.example.com/me"));
    }

    /// C18, F7, B2: another issuer, addresses that no public provider has, and flows that are not
    /// ours; each is named.
    #[test]
    fn every_document_that_cannot_be_used_is_refused_by_name() {
        let cases: [(&str, Value, &str); 22] = [
            ("issuer", json!("https://id.example.com/realm/"), "not of"),
            ("issuer", json!("https://id.example.com"), "not of"),
            ("issuer", json!("https://ID.example.com/realm"), "not of"),
            ("issuer", json!(7), "the JSON it should be"),
            ("issuer", Value::Null, "the JSON it should be"),
            ("jwks_uri", Value::Null, "no `jwks_uri`"),
            ("token_endpoint", Value::Null, "no `token_endpoint`"),
            ("token_endpoint", json!("http://id.example.com/token"), "`token_endpoint`"),
            ("token_endpoint", json!("https://127.0.0.1/token"), "`token_endpoint`"),
            ("token_endpoint", json!("https://localhost/token"), "`token_endpoint`"),
            ("jwks_uri", json!("http://169.254.169.254/latest"), "`jwks_uri`"),
            ("jwks_uri", json!("https://169.254.169.254/latest"), "`jwks_uri`"),
            ("jwks_uri", json!("https://2852039166/latest"), "`jwks_uri`"),
            ("jwks_uri", json!("https://[fd00::1]/keys"), "`jwks_uri`"),
            ("jwks_uri", json!("file:///etc/passwd"), "`jwks_uri`"),
            ("jwks_uri", json!("keys"), "`jwks_uri`"),
            ("userinfo_endpoint", json!("https://10.0.0.7/me"), "`userinfo_endpoint`"),
            ("response_types_supported", json!(["id_token"]), "`response_types_supported`"),
            ("response_modes_supported", json!(["fragment"]), "`response_modes_supported`"),
            ("code_challenge_methods_supported", json!(["plain"]), "none of: S256"),
            ("id_token_signing_alg_values_supported", json!(["HS256", "none"]), "RS256, ES256"),
            ("token_endpoint_auth_methods_supported", json!(["private_key_jwt"]), "secret_post"),
        ];
        for (name, value, expected) in cases {
            let error = parse(|d| d[name] = value.clone()).unwrap_err();
            assert_eq!(error.code(), "provider_response", "{name} {value}");
            assert!(error.to_string().contains(expected), "{name} {value}: {error}");
        }
        let twice = document(|_| ()).replacen('{', "{\"issuer\":\"https://id.example.com\",", 1);
        assert!(Metadata::parse(ISSUER, twice.as_bytes()).is_err(), "a member occurs twice");
    }

    #[test]
    fn only_a_provider_on_loopback_may_point_to_loopback() {
        let issuer = "http://localhost:3000";
        let document = document(|d| {
            d["issuer"] = issuer.into();
            d["token_endpoint"] = "http://127.0.0.1:3000/token".into();
        });
        assert!(Metadata::parse(issuer, document.as_bytes()).is_ok());
    }

    #[test]
    fn issuers_are_public_names_or_loopback() {
        for good in [ISSUER, "https://id.example.com/", "http://localhost:3000", "http://[::1]/x"] {
            assert!(check_issuer_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example.com",
            "https://169.254.169.254",
            "http://169.254.169.254",
            "https://10.0.0.1/realm",
            "https://[fe80::1]",
            "file:///etc",
            "id.example.com",
            "https://id.example.com/?tenant=x",
            "https://id.example.com/#x",
            "https://ada@id.example.com",
            "https://app.localhost",
            "",
        ] {
            assert_eq!(check_issuer_url(bad).unwrap_err().code(), "config_option", "{bad}");
        }
    }

    #[test]
    fn the_document_is_where_either_standard_puts_it() {
        for (issuer, openid, rfc8414) in [
            (
                "https://x.example",
                "https://x.example/.well-known/openid-configuration",
                "https://x.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://x.example/a/b/",
                "https://x.example/a/b/.well-known/openid-configuration",
                "https://x.example/.well-known/oauth-authorization-server/a/b",
            ),
        ] {
            let found = well_known(&Url::parse(issuer).unwrap()).map(String::from);
            assert_eq!(found, [openid, rfc8414]);
        }
    }
}
