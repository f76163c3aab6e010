//! Room for what is kept of authorizations that are under way.

#[cfg(feature = "fake")]
use super::builder::OAuthBuilder;
use crate::store::Caps;

/// How many short-lived rows a node makes, by kind. None of them is given up before its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// States whose code was sent, of about a hundred bytes.
    pub(super) states: Caps,
    /// Links by which a form was kept, as long.
    pub(super) links: Caps,
    /// Kept forms, of 64 KiB at most. A user has two at a time; a few more are counted where
    /// another node put new ones in their place.
    pub(super) forms: Caps,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            states: Caps { strangers: 100_000, users: 100_000, user: 64 },
            links: Caps { strangers: 4_096, users: 16_384, user: 64 },
            forms: Caps { strangers: 256, users: 512, user: 8 },
        }
    }
}

#[cfg(feature = "fake")]
impl OAuthBuilder {
    /// Room for so little that a test can fill it: used states of eight callers who are not signed
    /// in and sixteen of users, of which one user has six; forms of four callers who are not
    /// signed in, and eight of users.
    ///
    /// ```
    /// # use oauth_runtime::{ClientCredentials, OAuth};
    /// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    ///     .with_redirect_uri("http://localhost:8080/oauth/callback")
    ///     .with_little_room()
    ///     .build()?;
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn with_little_room(mut self) -> Self {
        self.room = Room {
            states: Caps { strangers: 8, users: 16, user: 6 },
            links: Caps { strangers: 32, users: 64, user: 16 },
            forms: Caps { strangers: 4, users: 8, user: 4 },
        };
        self
    }
}
