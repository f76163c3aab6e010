//! The extractors' futures, of types that know nothing of the handler.
//!
//! What an extractor is generic over is made anew for every handler, in the app's own crate. So
//! its future only wraps one of these, which are compiled here, once.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::request::Parts;

use super::cross_origin::OwnRequest;
use super::grant::Grant;
use super::guard;
use crate::error::Error;
use crate::oauth::{OAuth, SignedIn};
use crate::scope::requirement::Declaration;
use crate::tokens::ProviderId;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A result that is known at once, or one that has to be waited for.
pub(crate) enum Admitting<'a, T> {
    /// `None` once it was taken.
    Now(Option<Result<T, Error>>),
    Soon(Boxed<'a, T>),
}

impl<'a, T> Admitting<'a, T> {
    fn done(result: Result<T, Error>) -> Self {
        Self::Now(Some(result))
    }

    fn soon(future: impl Future<Output = Result<T, Error>> + Send + 'a) -> Self {
        Self::Soon(Box::pin(future))
    }

    fn poll_once(&mut self, context: &mut Context<'_>) -> Poll<Result<T, Error>> {
        match self {
            Self::Now(result) => result.take().map_or(Poll::Pending, Poll::Ready),
            Self::Soon(future) => future.as_mut().poll(context),
        }
    }
}

/// Goes on with a request that may act for its user, and answers every other one.
fn of_own<'a, T>(
    oauth: OAuth,
    parts: &'a Parts,
    admit: impl FnOnce(OAuth, OwnRequest<'a>) -> Admitting<'a, T>,
) -> Admitting<'a, T> {
    match OwnRequest::check(&oauth, parts) {
        Ok(own) => admit(oauth, own),
        Err(error) => Admitting::done(Err(error)),
    }
}

/// The grant for a handler that requires it, or the answer that its caller gets instead.
///
/// The common case is two lookups and a few bit tests: no wait, no allocation.
pub(super) fn granted<'a>(
    oauth: OAuth,
    parts: &'a Parts,
    declaration: &'static Declaration,
) -> Admitting<'a, Grant> {
    of_own(oauth, parts, |oauth, own| match guard::fresh(oauth, own, declaration) {
        Ok(pass) => Admitting::done(Ok(Grant::of(pass, declaration, parts))),
        Err(oauth) => Admitting::soon(async move {
            let pass = guard::admit_slowly(oauth, own, declaration).await?;
            Ok(Grant::of(pass, declaration, parts))
        }),
    })
}

/// The same for a handler that takes no token: nothing of its request has to be remembered.
pub(super) fn passed<'a>(
    oauth: OAuth,
    parts: &'a Parts,
    declaration: &'static Declaration,
) -> Admitting<'a, ()> {
    of_own(oauth, parts, |oauth, own| match guard::fresh(oauth, own, declaration) {
        Ok(_) => Admitting::done(Ok(())),
        Err(oauth) => {
            Admitting::soon(
                async move { guard::admit_slowly(oauth, own, declaration).await.map(drop) },
            )
        }
    })
}

/// The same for a handler that works without it too: `None` where the scopes are not granted.
pub(super) fn granted_or_not<'a>(
    oauth: OAuth,
    parts: &'a Parts,
    declaration: &'static Declaration,
) -> Admitting<'a, Option<Grant>> {
    of_own(oauth, parts, |oauth, own| match guard::fresh(oauth, own, declaration) {
        Ok(pass) => Admitting::done(Ok(Some(Grant::of(pass, declaration, parts)))),
        Err(oauth) => Admitting::soon(async move {
            let pass = guard::admit_optional(oauth, own, declaration).await?;
            Ok(pass.map(|pass| Grant::of(pass, declaration, parts)))
        }),
    })
}

/// The user who is signed in, or the answer that leads there.
pub(super) fn signed_in(oauth: OAuth, parts: &Parts) -> Admitting<'_, SignedIn> {
    of_own(oauth, parts, |oauth, own| {
        match oauth.known_caller(&own, ProviderId::FIRST, oauth.0.clock.now()) {
            Some(who) => Admitting::done(Ok(who)),
            None => Admitting::soon(guard::admit_user(oauth, own)),
        }
    })
}

/// The user who is signed in, if there is one.
pub(super) fn signed_in_or_not(oauth: OAuth, parts: &Parts) -> Admitting<'_, Option<SignedIn>> {
    of_own(oauth, parts, |oauth, own| {
        match oauth.known_caller(&own, ProviderId::FIRST, oauth.0.clock.now()) {
            Some(who) => Admitting::done(Ok(Some(who))),
            None => Admitting::soon(async move {
                let caller = guard::caller(&oauth, &own, ProviderId::FIRST).await?;
                Ok(caller.into_signed_in())
            }),
        }
    })
}

/// What an extractor makes of what it waited for.
pub(crate) trait Admitted<T>: Sized {
    fn from_admitted(admitted: T) -> Self;
}

/// The future of an extractor, which is all of it that is made anew for every handler.
pub(crate) struct Extracting<'a, T, E> {
    admitting: Admitting<'a, T>,
    extractor: PhantomData<fn() -> E>,
}

impl<'a, T, E> Extracting<'a, T, E> {
    pub(super) fn new(admitting: Admitting<'a, T>) -> Self {
        Self { admitting, extractor: PhantomData }
    }
}

// Nothing of it is ever borrowed across a poll: the boxed future is pinned by itself.
impl<T, E> Unpin for Extracting<'_, T, E> {}

impl<T, E: Admitted<T>> Future for Extracting<'_, T, E> {
    type Output = Result<E, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<E, Error>> {
        match self.admitting.poll_once(context) {
            Poll::Ready(Ok(admitted)) => Poll::Ready(Ok(E::from_admitted(admitted))),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }
}
