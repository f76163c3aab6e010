//! Which handlers say what they need.

use std::marker::PhantomData;

use axum::handler::Handler;

use crate::scope::Requirement;
use crate::scope::requirement::Declaration;
use crate::web::{AllowCrossOrigin, Declared, Token, User};

/// The parameters of a handler that says what it needs: they begin with its
/// [`Token`](crate::Token), with [`Declared`](crate::Declared), which
/// [`requires_scopes`](macro@crate::requires_scopes) puts there, or with
/// [`User`](crate::User) for sign-in alone. An [`AllowCrossOrigin`](crate::AllowCrossOrigin) may
/// stand before them.
#[diagnostic::on_unimplemented(
    message = "this handler does not say which OAuth scopes it needs",
    label = "neither annotated nor `public`",
    note = "put `#[requires_scopes(\"…\")]` above the handler",
    note = "for sign-in alone take `User` as the first parameter",
    note = "a handler for everybody is routed as `public(handler)`"
)]
pub trait Declares {
    #[doc(hidden)]
    const DECLARATION: Option<&'static Declaration>;
}

macro_rules! declares {
    ($($parameter:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<M, R: Requirement, $($parameter),*> Declares for (M, Token<R>, $($parameter,)*) {
            const DECLARATION: Option<&'static Declaration> = Some(R::DECLARATION);
        }
        #[diagnostic::do_not_recommend]
        impl<M, R: Requirement, $($parameter),*> Declares for (M, Declared<R>, $($parameter,)*) {
            const DECLARATION: Option<&'static Declaration> = Some(R::DECLARATION);
        }
        #[diagnostic::do_not_recommend]
        impl<M, $($parameter),*> Declares for (M, User, $($parameter,)*) {
            const DECLARATION: Option<&'static Declaration> = None;
        }
        #[diagnostic::do_not_recommend]
        impl<M, $($parameter),*> Declares for (M, AllowCrossOrigin, $($parameter,)*)
        where
            (M, $($parameter,)*): Declares,
        {
            const DECLARATION: Option<&'static Declaration> =
                <(M, $($parameter,)*)>::DECLARATION;
        }
    };
}

declares!();
declares!(A);
declares!(A B);
declares!(A B C);
declares!(A B C D);
declares!(A B C D E);
declares!(A B C D E F);
declares!(A B C D E F G);
declares!(A B C D E F G H);
declares!(A B C D E F G H I);
declares!(A B C D E F G H I J);
declares!(A B C D E F G H I J K);
declares!(A B C D E F G H I J K L);
declares!(A B C D E F G H I J K L N);
declares!(A B C D E F G H I J K L N O);
declares!(A B C D E F G H I J K L N O P);

/// A handler that everybody may ask, by its own word.
#[derive(Clone, Copy, Debug)]
pub struct Public<H>(H);

/// Lets a handler be routed that says nothing of scopes: it is for everybody.
///
/// ```
/// use oauth_runtime::routing::{Router, get, public};
///
/// let router: Router = Router::new().route("/health", get(public(async || "well")));
/// ```
pub fn public<H>(handler: H) -> Public<H> {
    Public(handler)
}

/// What the functions of this module take: a handler that [declares](Declares) its scopes, or
/// one that is [`public`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be routed here",
    label = "not a handler that says what it needs",
    note = "put `#[requires_scopes(\"…\")]` above the handler, or route it as `public(handler)`",
    note = "if it is annotated, `#[axum::debug_handler]` below that says what else is wrong"
)]
pub trait Routable<T, S> {
    /// The handler as axum knows it.
    type Handler: Handler<Self::Parameters, S>;
    /// Its parameters, as axum tells handlers apart by them.
    type Parameters: 'static;

    #[doc(hidden)]
    const DECLARATION: Option<&'static Declaration>;

    #[doc(hidden)]
    fn into_handler(self) -> Self::Handler;
}

/// Handlers that declare something, by their parameters.
#[derive(Debug)]
pub struct Guarded<T>(PhantomData<T>);

/// Handlers that are public, by their parameters.
#[derive(Debug)]
pub struct Open<T>(PhantomData<T>);

impl<H, T, S> Routable<Guarded<T>, S> for H
where
    H: Handler<T, S>,
    T: Declares + 'static,
{
    type Handler = H;
    type Parameters = T;

    const DECLARATION: Option<&'static Declaration> = T::DECLARATION;

    fn into_handler(self) -> H {
        self
    }
}

impl<H, T, S> Routable<Open<T>, S> for Public<H>
where
    H: Handler<T, S>,
    T: 'static,
{
    type Handler = H;
    type Parameters = T;

    const DECLARATION: Option<&'static Declaration> = None;

    fn into_handler(self) -> H {
        self.0
    }
}
