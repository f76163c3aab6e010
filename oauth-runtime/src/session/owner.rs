//! A user of an app that has a login of its own.

use std::sync::Arc;

use http::Extensions;

/// A user of an app with a login of its own, by the id that the app knows him by.
///
/// The app's middleware puts it into the extensions of every request that comes from somebody
/// who is logged in, and [`with_login`](crate::OAuthBuilder::with_login) makes the library look
/// for it. The id has to be one that is never given to another user: a number, not an address.
///
/// ```
/// use axum::extract::Request;
/// use axum::middleware::Next;
/// use axum::response::Response;
/// use oauth_runtime::Owner;
///
/// /// Stands for what the app's own session says.
/// fn user_id(request: &Request) -> Option<String> {
///     # let _ = request;
///     Some("42".to_owned())
/// }
///
/// async fn who_is_it(mut request: Request, next: Next) -> Response {
///     if let Some(owner) = user_id(&request).and_then(Owner::new) {
///         request.extensions_mut().insert(owner);
///     }
///     next.run(request).await
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner(Arc<str>);

impl Owner {
    /// The user with this id; `None` where it is empty or blank, which is nobody's id.
    ///
    /// Visitors who are not logged in would otherwise all be one user, and share his account.
    pub fn new(id: impl Into<String>) -> Option<Self> {
        let id = id.into();
        (!id.trim().is_empty()).then(|| Self(id.into()))
    }

    /// The id, as the app gave it.
    pub fn id(&self) -> &str {
        &self.0
    }

    /// Whom the app's middleware named. An `Option`, as [`new`](Self::new) gives it, counts too:
    /// a middleware that does not look into it must not lock everybody out.
    #[inline]
    pub(crate) fn of(extensions: &Extensions) -> Option<&Self> {
        let optional = || extensions.get::<Option<Self>>()?.as_ref();
        extensions.get::<Self>().or_else(optional)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_no_owner() {
        for id in ["", " ", "\t\n", "\u{a0}"] {
            assert_eq!(Owner::new(id), None, "{id:?}");
        }
        assert_eq!(Owner::new(" 42").unwrap().id(), " 42", "taken as it is");
    }

    #[test]
    fn an_owner_is_found_however_the_middleware_put_him_there() {
        let mut extensions = Extensions::new();
        assert_eq!(Owner::of(&extensions), None);
        extensions.insert(Owner::new(""));
        assert_eq!(Owner::of(&extensions), None);
        extensions.insert(Owner::new("ada"));
        assert_eq!(Owner::of(&extensions).map(Owner::id), Some("ada"));
        extensions.insert(Owner::new("bob").unwrap());
        assert_eq!(Owner::of(&extensions).map(Owner::id), Some("bob"));
    }
}
