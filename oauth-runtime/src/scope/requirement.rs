//! What the compiler knows of scopes: who declares some, and which they cover.

use super::Scope;

/// A type that stands for declared scopes: the marker of a handler with
/// `#[requires_scopes(…)]`, a `scope_set!`, or a single scope of [`scope`](super).
///
/// Only these macros implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no OAuth scopes",
    label = "declares no OAuth scopes",
    note = "put `#[requires_scopes(\"…\")]` above the handler; for sign-in alone take `User`",
    note = "a function that a handler calls takes `&Token<impl Covers<scope::…>>`"
)]
pub trait Requirement: Send + Sync + 'static {
    #[doc(hidden)]
    const DECLARATION: &'static Declaration;
}

/// Says that the scopes of `Self` allow all that the scope `T` allows.
///
/// ```
/// use oauth_runtime::{Covers, scope};
///
/// fn reads_drive<R: Covers<scope::DriveReadonly>>() {}
/// reads_drive::<scope::Drive>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no scope that covers `{T}`",
    label = "this call needs `{T}`",
    note = "add the scope where `{Self}` is declared: in its `#[requires_scopes(…)]` or `scope_set!`",
    note = "a function that hands on the token of its caller adds `+ Covers<{T}>` to its bound"
)]
pub trait Covers<T: ?Sized>: Requirement {}

/// What was declared, and where.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Declaration {
    /// The name of the marker.
    pub name: &'static str,
    /// The path of the module it is in.
    pub module: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line in that file.
    pub line: u32,
    /// The scopes, in the order they were written.
    pub scopes: &'static [Scope],
    /// What the user is told they are for.
    pub why: Option<&'static str>,
    /// Whether a form for it is kept until its sender has granted the scopes.
    pub holds_form: bool,
}

impl Declaration {
    /// A declaration without a reason.
    pub const fn new(
        name: &'static str,
        module: &'static str,
        file: &'static str,
        line: u32,
        scopes: &'static [Scope],
    ) -> Self {
        Self { name, module, file, line, scopes, why: None, holds_form: true }
    }

    /// The declaration that a scope is by itself.
    pub(super) const fn of_scope(name: &'static str, scope: &'static [Scope]) -> Self {
        Self::new(name, "oauth_runtime::scope", file!(), line!(), scope)
    }

    /// The same for a handler whose forms are never kept.
    #[must_use]
    pub const fn holds_no_form(mut self) -> Self {
        self.holds_form = false;
        self
    }

    /// The same with the reason that the user reads.
    #[must_use]
    pub const fn why(mut self, why: &'static str) -> Self {
        self.why = Some(why);
        self
    }
}
