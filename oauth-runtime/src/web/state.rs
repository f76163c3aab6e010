//! Where the extractors find the handle.

use axum::extract::FromRef;

use crate::oauth::OAuth;

/// A router state from which the handle can be had.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the router state `{Self}` holds no `OAuth`",
    label = "this extractor needs the `OAuth` of the app",
    note = "give the router its state: `.with_state(oauth)`",
    note = "with your own state: `#[derive(FromRef)]` on it, and an `OAuth` among its fields",
    note = "where `#[debug_handler]` asks, name the state: `#[debug_handler(state = OAuth)]`"
)]
pub trait HasOAuth {
    /// A clone of the handle.
    fn oauth(&self) -> OAuth;
}

#[diagnostic::do_not_recommend]
impl<S> HasOAuth for S
where
    OAuth: FromRef<S>,
{
    #[inline]
    fn oauth(&self) -> OAuth {
        OAuth::from_ref(self)
    }
}
