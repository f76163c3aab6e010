//! Authorization requests (RFC 6749 §4.1.1), checked before anything is shown.

use url::Url;

use super::fields::Fields;
use super::pkce::Challenge;
use super::scopes::{self, Scopes};
use super::world::World;

/// Why the request gets an error page. No redirect: whoever sent it may not be who it says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) error: &'static str,
    pub(crate) detail: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, error: &'static str, detail: impl Into<String>) -> Self {
        Self { status, error, detail: detail.into() }
    }

    fn invalid(detail: impl Into<String>) -> Self {
        Self::new(400, "invalid_request", detail)
    }
}

/// What `prompt` asks for (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) none: bool,
    pub(crate) consent: bool,
    pub(crate) select_account: bool,
}

/// A request of a known client for known scopes.
#[derive(Debug)]
pub(crate) struct AuthRequest {
    /// The request as it came, for the forms of the pages.
    pub(crate) query: String,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) target: Url,
    pub(crate) scopes: Scopes,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) prompt: Prompt,
    pub(crate) login_hint: Option<String>,
    pub(crate) offline: bool,
    pub(crate) include_granted: bool,
}

impl AuthRequest {
    pub(crate) fn parse(query: &str, world: &World) -> Result<Self, Refusal> {
        let fields = Fields::parse(query.as_bytes());
        if let Some(name) = fields.repeated() {
            return Err(Refusal::invalid(format!("The parameter {name} occurs twice.")));
        }
        let (client_id, redirect_uri, target) = client(&fields, world)?;
        response_type(&fields)?;
        let text = |name| fields.get(name).map(str::to_owned);
        Ok(Self {
            query: query.to_owned(),
            client_id,
            redirect_uri,
            target,
            scopes: scope(&fields)?,
            state: text("state"),
            nonce: text("nonce"),
            challenge: challenge(&fields)?,
            prompt: prompt(&fields)?,
            login_hint: text("login_hint"),
            offline: choice(&fields, "access_type", "online", "offline")?,
            include_granted: choice(&fields, "include_granted_scopes", "false", "true")?,
        })
    }

    /// The scopes that the consent page asks about, of those the request names.
    pub(crate) fn beyond_sign_in(&self) -> Scopes {
        self.scopes.iter().filter(|scope| !scopes::is_base(scope)).cloned().collect()
    }
}

fn required<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Refusal> {
    let missing = || Refusal::invalid(format!("The parameter {name} is missing."));
    fields.get(name).ok_or_else(missing)
}

fn client(fields: &Fields, world: &World) -> Result<(String, String, Url), Refusal> {
    let id = required(fields, "client_id")?;
    let unknown = || Refusal::new(401, "invalid_client", "The OAuth client was not found.");
    let client = world.clients.find(id).ok_or_else(unknown)?;
    let uri = required(fields, "redirect_uri")?;
    let mismatch = || {
        let text = format!("The redirect URI {uri} is not one that this client registered.");
        Refusal::new(400, "redirect_uri_mismatch", text)
    };
    if !client.redirects_to(uri) {
        return Err(mismatch());
    }
    let target = Url::parse(uri).map_err(|_| mismatch())?;
    Ok((id.to_owned(), uri.to_owned(), target))
}

fn response_type(fields: &Fields) -> Result<(), Refusal> {
    if required(fields, "response_type")? == "code" {
        return Ok(());
    }
    Err(Refusal::new(400, "unsupported_response_type", "The response_type has to be code."))
}

fn scope(fields: &Fields) -> Result<Scopes, Refusal> {
    scopes::parse(required(fields, "scope")?).map_err(|unknown| {
        let text = format!("Some requested scopes are invalid: {}", unknown.join(", "));
        Refusal::new(400, "invalid_scope", text)
    })
}

fn challenge(fields: &Fields) -> Result<Option<Challenge>, Refusal> {
    let method = fields.get("code_challenge_method");
    match fields.get("code_challenge") {
        Some(challenge) => Challenge::parse(challenge, method).map(Some).map_err(Refusal::invalid),
        None if method.is_some() => required(fields, "code_challenge").map(|_| None),
        None => Ok(None),
    }
}

fn prompt(fields: &Fields) -> Result<Prompt, Refusal> {
    let mut prompt = Prompt::default();
    for word in fields.get("prompt").unwrap_or_default().split(' ').filter(|it| !it.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            _ => return Err(Refusal::invalid(format!("The prompt {word} is unknown."))),
        }
    }
    if prompt.none && (prompt.consent || prompt.select_account) {
        return Err(Refusal::invalid("The prompt none goes with no other."));
    }
    Ok(prompt)
}

/// A parameter with two values: whether it has the second.
fn choice(fields: &Fields, name: &str, first: &str, second: &str) -> Result<bool, Refusal> {
    let value = fields.get(name).unwrap_or(first);
    if value != first && value != second {
        return Err(Refusal::invalid(format!("The parameter {name} is {first} or {second}.")));
    }
    Ok(value == second)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLBACK: &str = "http://localhost:8080/oauth/callback";

    fn refusal(change: impl Fn(&mut Vec<(&str, &str)>)) -> Option<&'static str> {
        let mut world = World::new(String::new(), [0; 32]).unwrap();
        let (id, _) = world.register_redirect_uri(CALLBACK);
        let mut pairs = vec![
            ("client_id", id.as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid email"),
        ];
        change(&mut pairs);
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        AuthRequest::parse(&query, &world).err().map(|refusal| refusal.error)
    }

    #[test]
    fn a_complete_request_is_accepted() {
        assert_eq!(refusal(|_| ()), None);
    }

    #[test]
    fn every_mistake_has_its_page() {
        let table: [(&str, &str, &str); 12] = [
            ("client_id", "nobody", "invalid_client"),
            ("client_id", "", "invalid_request"),
            ("redirect_uri", "http://localhost:8080/oauth/callback/", "redirect_uri_mismatch"),
            ("redirect_uri", "", "invalid_request"),
            ("response_type", "token", "unsupported_response_type"),
            ("response_type", "", "invalid_request"),
            ("scope", "openid drive.file", "invalid_scope"),
            ("scope", "", "invalid_request"),
            ("prompt", "none consent", "invalid_request"),
            ("prompt", "login", "invalid_request"),
            ("access_type", "sometimes", "invalid_request"),
            ("code_challenge", "short", "invalid_request"),
        ];
        for (name, value, error) in table {
            let found = refusal(|pairs| {
                pairs.retain(|(known, _)| *known != name);
                pairs.push((name, value));
            });
            assert_eq!(found, Some(error), "{name}={value}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_refused() {
        assert_eq!(refusal(|pairs| pairs.push(("scope", "email"))), Some("invalid_request"));
    }
}
