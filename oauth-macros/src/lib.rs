//! The macros of `oauth-runtime`; use them through that crate.

mod catalogue;
mod scope;
mod mistakes;
mod options;
mod args;
mod list;
mod marker;
mod parameters;
mod proof;
mod handler;
mod set;
mod own;
#[cfg(test)]
mod expansions;
mod table;

use proc_macro::TokenStream;

/// Declares the OAuth scopes that a handler needs.
///
/// The handler then runs only with a live token that holds them; whoever lacks one is asked
/// for it, and comes back to the request that was interrupted.
///
/// ```text
/// #[requires_scopes("drive.file", why = "save your report to your Drive")]
/// async fn save(token: Token, Form(report): Form<Report>) -> Result<Html<String>, Error> {
///     let file = upload(&token, &report).await?;
///     Ok(Html(format!("saved as {}", file.name)))
/// }
/// ```
///
/// # What becomes of the function
/// It stays as it is, and a type of the same name appears beside it: `save` above. That type
/// knows the scopes (`save::SCOPES`), and the compiler knows what they cover. It is filled into
/// the one parameter of type `Token` (or `Token<_>`, or `oauth_runtime::Token`), which becomes
/// `Token<save>`; written out it means the same. A handler that does not begin with its `Token`
/// gets a first parameter `_: Declared<save>`, which lets it run only with the scopes, whether
/// it takes a token or not. So does one whose first parameter may be gone in the end, because of
/// a `cfg` on it or of another attribute.
///
/// A function that nothing calls is written beside the handler. It compiles only if the handler
/// begins with its `Token` or with `Declared` after all other attributes have done their work.
///
/// # Arguments
/// - A string for each scope: the short name (`"drive.file"`), the full one, or, for a scope
///   that the catalogue lacks, any full name with `://`.
/// - The path of a scope's type instead of a string: `scope::DriveFile`, or a type that
///   [`scope!`](macro@scope) made.
/// - `any("…", "…")`: one of these suffices. The first is the one that is asked for.
/// - `optional("…")`: never asked for by itself, but along with a scope that is missing.
///   `token.optional::<scope::…>()` tells whether it is there.
/// - `why = "…"`: the reason that the user reads when asked.
/// - `resume = "confirm"` or `resume = "never"`: what becomes of a form that was sent before its
///   sender had granted the scopes. It is kept, shown afterwards and sent by a click, or it is
///   not kept, and has to be filled in again. `"confirm"` unless given.
/// - `marker = Name`: another name for the type, where a module or a type of the function's
///   name exists already.
/// - `allow(wider)`: lets one scope of a list cover another one. `allow(conflict)` and
///   `allow(retired)`: let a scope spoil another one, or be out of use.
/// - `provider = "github"`: which of the app's providers has the scopes, by its key. The names are
///   then that provider's own, taken as they are; without any, an account there is enough.
/// - `cross_origin = "allow"`: lets pages of other origins send requests to the handler, for one
///   that proves in another way that the user meant it. It may stand alone, above a handler that
///   takes `User` or `Option<User>`. The handler gets one more parameter, before all others:
///   `_: AllowCrossOrigin`.
/// - `crate = path`: where `oauth_runtime` is found, if under another name.
///
/// # Limits
/// - It works on free `async` functions; for methods and closures there is `scope_set!`.
/// - It goes above other attributes that read the signature, such as `debug_handler`. One above
///   it that removes it is not seen from here; the routers of `oauth_runtime::routing` refuse
///   the handler then.
/// - A handler in a module that also has a `mod` of its name needs `marker = Name`, and so does
///   one with a type parameter of its name.
/// - With the guard a handler has at most the 16 parameters that axum takes.
/// - `impl Trait` in a parameter, or a `cfg` on a generic parameter, keeps the compiler from
///   looking at the function: no other attribute may then stand below this one, but for those of
///   the language.
/// - A `Token` of another crate is left alone when it is pathed, as `csrf::Token` is.
#[proc_macro_attribute]
pub fn requires_scopes(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::expand(arguments.into(), &item.into()).into()
}

/// Names a set of scopes, for what is not a free function: methods, closures, several handlers.
///
/// ```text
/// scope_set!(pub Backup = "drive.file", "drive.appdata");
///
/// impl Jobs {
///     async fn back_up(&self, token: Token<Backup>) -> Result<(), Error> { … }
/// }
/// ```
///
/// Attributes and documentation may stand before the name, and the options `any(…)`,
/// `optional(…)`, `provider = "…"`, `why = "…"`, `allow(…)` and `crate = path` of [`macro@requires_scopes`] in
/// parentheses behind it:
/// `scope_set!(pub Backup(why = "keep a copy") = "drive.file")`.
#[proc_macro]
pub fn scope_set(input: TokenStream) -> TokenStream {
    set::expand(input.into()).into()
}

/// Makes a type for a scope that the catalogue lacks.
///
/// ```text
/// scope!(pub Invoices = "https://api.example.com/auth/invoices");
///
/// #[requires_scopes(Invoices)]
/// async fn list(token: Token) { … }
///
/// async fn fetch(token: &Token<impl Covers<Invoices>>) { … }
/// ```
///
/// Attributes and documentation may stand before the name, `provider = "…"` and `crate = path` in parentheses
/// behind it.
#[proc_macro]
pub fn scope(input: TokenStream) -> TokenStream {
    own::expand(input.into()).into()
}

/// Writes the catalogue out as the runtime's table and types. For `oauth-runtime` alone.
#[doc(hidden)]
#[proc_macro]
pub fn __catalogue(_: TokenStream) -> TokenStream {
    table::catalogue().into()
}
