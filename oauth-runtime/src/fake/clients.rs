//! The clients of the one project that the fake Google knows.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};

use super::mint::Mint;

const PROJECT: &str = "123456789012";

#[derive(Serialize, Deserialize)]
pub(crate) struct Client {
    id: String,
    secret: String,
    redirect_uri: String,
}

impl Client {
    /// The redirect URI must equal the registered one byte for byte.
    pub(crate) fn redirects_to(&self, redirect_uri: &str) -> bool {
        self.redirect_uri == redirect_uri
    }

    pub(crate) fn has_secret(&self, secret: &str) -> bool {
        verify_slices_are_equal(self.secret.as_bytes(), secret.as_bytes()).is_ok()
    }
}

/// Registered clients.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Clients(Vec<Client>);

impl Clients {
    /// The web client of this redirect URI, made if there is none: its id and its secret. All
    /// nodes of an app are one client.
    pub(crate) fn register(&mut self, mint: &mut Mint, redirect_uri: &str) -> (String, String) {
        if let Some(known) = self.0.iter().find(|client| client.redirect_uri == redirect_uri) {
            return (known.id.clone(), known.secret.clone());
        }
        let name: String = mint.name().chars().filter(char::is_ascii_alphanumeric).collect();
        let id = format!("{PROJECT}-{}.apps.googleusercontent.com", name.to_ascii_lowercase());
        let secret = mint.secret("GOCSPX-fake-");
        let redirect_uri = redirect_uri.to_owned();
        self.0.push(Client { id: id.clone(), secret: secret.clone(), redirect_uri });
        (id, secret)
    }

    pub(crate) fn ids(&self) -> Vec<&str> {
        self.0.iter().map(|client| client.id.as_str()).collect()
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Client> {
        self.0.iter().find(|client| client.id == id)
    }
}
