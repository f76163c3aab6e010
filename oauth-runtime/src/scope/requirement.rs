//! What the compiler knows of scopes: who declares some, and which they cover.

use super::{Scope, ScopeSet};

/// A type that stands for declared scopes: the marker of a handler with
/// `#[requires_scopes(…)]`, a `scope_set!`, or a single scope of [`scope`](super).
///
/// The macros implement it, and nothing else should: see [`Covers`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no OAuth scopes",
    label = "declares no OAuth scopes",
    note = "put `#[requires_scopes(\"…\")]` above the handler; for sign-in alone take `User`",
    note = "a function that a handler calls takes `&Token<impl Covers<scope::…>>`"
)]
///
/// ```
/// use oauth_runtime::{Requirement, scope};
///
/// fn declares<R: Requirement>() {}
/// declares::<scope::DriveFile>();
/// ```
pub trait Requirement: Send + Sync + 'static {
    #[doc(hidden)]
    type OnlyTheMacrosWriteThis;

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
///
/// # Who implements it
/// The macros do. What a macro writes into an app, the app can write too, so the trait is not
/// sealed in the strict sense: it has an item without documentation whose name says that it is
/// not for use by hand. An implementation by hand makes a promise that no scope keeps: a helper
/// then takes a token that lacks what it needs, and the API refuses the call. It lets no user in:
/// handlers are guarded by what they declare, [`Token::narrow`](crate::Token::narrow) compares
/// the declarations themselves and does not compile, and
/// [`Token::optional`](crate::Token::optional) looks at what was granted.
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no scope that covers `{T}`",
    label = "this call needs `{T}`",
    note = "add the scope where `{Self}` is declared: in its `#[requires_scopes(…)]` or `scope_set!`",
    note = "a function that hands on the token of its caller adds `+ Covers<{T}>` to its bound",
    note = "a bound names one scope: those of a `scope_set!` are named one by one"
)]
pub trait Covers<T: ?Sized>: Requirement {
    #[doc(hidden)]
    type OnlyTheMacrosWriteThis;
}

/// Says that a person may have granted the scope `T` to `Self` without having to: it is declared
/// as `optional(…)`, or as one of `any(…)`.
///
/// The macros implement it, and nothing else should: see [`Covers`].
/// [`Token::optional`](crate::Token::optional) asks for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not declare `{T}` as optional",
    label = "this call needs `{T}` in `optional(…)` or `any(…)`",
    note = "add it where `{Self}` is declared: `#[requires_scopes(\"…\", optional(\"…\"))]`",
    note = "a required scope is always there: `token.narrow::<{T}>()`"
)]
pub trait MayHold<T: ?Sized>: Requirement {
    #[doc(hidden)]
    type OnlyTheMacrosWriteThis;
}

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
    /// The scopes that are all needed, in the order they were written.
    pub scopes: &'static [Scope],
    /// Lists of which one scope each suffices. The first of each is the one that is asked for.
    pub any: &'static [&'static [Scope]],
    /// The scopes that are asked for along with a missing one, and not needed.
    pub optional: &'static [Scope],
    /// The key of the provider; without one it is the one that signs people in.
    pub provider: Option<&'static str>,
    /// What the user is told they are for.
    pub why: Option<&'static str>,
    /// Whether a form for it is kept until its sender has granted the scopes.
    pub holds_form: bool,
    /// Whether it belongs to a handler with `#[requires_scopes]`.
    pub is_handler: bool,
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
        let (any, optional): (&[&[Scope]], &[Scope]) = (&[], &[]);
        let (provider, why, holds_form, is_handler) = (None, None, true, false);
        Self {
            name,
            module,
            file,
            line,
            scopes,
            any,
            optional,
            provider,
            why,
            holds_form,
            is_handler,
        }
    }

    /// The same for a handler with `#[requires_scopes]`.
    #[must_use]
    pub const fn of_handler(mut self) -> Self {
        self.is_handler = true;
        self
    }

    /// The same with lists of which one scope each suffices.
    #[must_use]
    pub const fn any(mut self, any: &'static [&'static [Scope]]) -> Self {
        self.any = any;
        self
    }

    /// The same at the provider with this key.
    #[must_use]
    pub const fn provider(mut self, key: &'static str) -> Self {
        self.provider = Some(key);
        self
    }

    /// The same with scopes that are asked for along with a missing one.
    #[must_use]
    pub const fn optional(mut self, optional: &'static [Scope]) -> Self {
        self.optional = optional;
        self
    }

    /// The declaration that a scope is by itself.
    pub(super) const fn of_scope(name: &'static str, scope: &'static [Scope]) -> Self {
        Self::new(name, "oauth_runtime::scope", file!(), line!(), scope)
    }

    /// The scope, if that is all that is declared.
    pub(super) const fn lone_scope(&self) -> Option<Scope> {
        match (self.scopes, self.any, self.optional) {
            ([scope], [], []) => Some(*scope),
            _ => None,
        }
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

/// What a person is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Without these the handler does not run.
    pub(crate) missing: ScopeSet,
    /// These are asked for along with them.
    pub(crate) optional: ScopeSet,
}

impl Wanted {
    /// All that the provider will ask for.
    pub(crate) fn all(&self) -> ScopeSet {
        self.missing.union(&self.optional)
    }
}

impl Declaration {
    /// Whether it asks for anything.
    #[cfg(feature = "manifest")]
    pub(crate) const fn asks(&self) -> bool {
        !(self.scopes.is_empty() && self.any.is_empty() && self.optional.is_empty())
    }

    /// Whether whoever has these scopes, which are a [`closure`](ScopeSet::closure), may pass.
    #[inline]
    pub(crate) fn is_met_by(&self, covered: &ScopeSet) -> bool {
        let has = |scope: &Scope| covered.contains(*scope);
        self.scopes.iter().all(has) && self.any.iter().all(|one_of| one_of.iter().any(has))
    }

    /// The scopes that are needed: of each list the one that is there, or else the first.
    pub(crate) fn needed(&self, covered: &ScopeSet) -> ScopeSet {
        let of_list = |list: &&'static [Scope]| {
            let there = list.iter().find(|scope| covered.contains(**scope));
            there.or_else(|| list.first()).copied()
        };
        self.scopes.iter().copied().chain(self.any.iter().filter_map(of_list)).collect()
    }

    /// All that is declared, to ask somebody for who has nothing, or nothing that counts.
    pub(crate) fn whole(&self, covered: &ScopeSet) -> Wanted {
        let missing = self.needed(covered);
        Wanted { missing, optional: self.optional.iter().copied().collect() }
    }

    /// What to ask somebody for who has these scopes.
    pub(crate) fn wanted(&self, covered: &ScopeSet) -> Wanted {
        let Wanted { missing, optional } = self.whole(covered);
        let (missing, optional) = (missing.difference(covered), optional.difference(covered));
        Wanted { missing, optional }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(name: &str) -> Scope {
        Scope::find(name).unwrap()
    }

    fn set(names: &str) -> ScopeSet {
        names.split_whitespace().map(scope).collect()
    }

    /// Needs a note's file, a calendar in one of two ways, and takes the address if it gets it.
    fn declaration() -> Declaration {
        let list = |names: &str| -> &'static [Scope] {
            names.split_whitespace().map(scope).collect::<Vec<_>>().leak()
        };
        let calendars = list("calendar.events calendar.readonly");
        Declaration::new("note", "app", "app.rs", 1, list("drive.file"))
            .any(vec![calendars].leak())
            .optional(list("contacts.readonly"))
    }

    #[test]
    fn one_of_a_list_suffices_and_the_first_is_asked_for() {
        let first = "drive.file calendar.events";
        for (granted, met, missing) in [
            ("", false, first),
            ("contacts.readonly", false, first),
            ("drive.file", false, "calendar.events"),
            ("calendar.readonly", false, "drive.file"),
            ("drive.file calendar.readonly", true, ""),
            ("drive.file calendar.events", true, ""),
            ("drive.file calendar", true, ""),
        ] {
            let covered = set(granted).closure();
            assert_eq!(declaration().is_met_by(&covered), met, "{granted}");
            assert_eq!(declaration().wanted(&covered).missing, set(missing), "{granted}");
        }
    }

    #[test]
    fn what_is_optional_is_asked_for_until_it_is_there_and_never_needed() {
        for (granted, optional) in [
            ("drive.file calendar", "contacts.readonly"),
            ("drive.file calendar contacts.readonly", ""),
            ("contacts", ""),
        ] {
            let covered = set(granted).closure();
            assert_eq!(declaration().wanted(&covered).optional, set(optional), "{granted}");
        }
    }

    #[test]
    fn of_a_list_the_scope_that_is_there_is_the_one_that_is_needed() {
        let covered = set("calendar.readonly").closure();
        assert_eq!(declaration().needed(&covered), set("drive.file calendar.readonly"));
    }
}
