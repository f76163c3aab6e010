//! The values of the options, and how arguments are taken apart.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{LitStr, Token};

/// What is allowed although it is a mistake as a rule.
#[derive(Clone, Copy, Default)]
pub(crate) struct Allowed {
    /// A scope that another one covers.
    pub(crate) wider: bool,
    /// A scope that spoils another one.
    pub(crate) conflict: bool,
    /// A scope that the provider has taken out of use.
    pub(crate) retired: bool,
}

pub(crate) fn allowed(group: &Group) -> syn::Result<Allowed> {
    let words = Punctuated::<Ident, Token![,]>::parse_separated_nonempty;
    let mut allowed = Allowed::default();
    for word in words.parse2(group.stream())? {
        match word.to_string().as_str() {
            "wider" => allowed.wider = true,
            "conflict" => allowed.conflict = true,
            "retired" => allowed.retired = true,
            _ => return Err(syn::Error::new(word.span(), "unknown permission")),
        }
    }
    Ok(allowed)
}

/// The provider that an argument names, if it is that option.
pub(crate) fn provider_of(argument: &TokenStream) -> Option<LitStr> {
    let mut trees = argument.clone().into_iter();
    let is = |tree: Option<TokenTree>, text: &str| tree.is_some_and(|t| t.to_string() == text);
    let named = is(trees.next(), "provider") && is(trees.next(), "=");
    syn::parse2(trees.take(1).collect()).ok().filter(|_| named)
}

/// `"confirm"` lets the person look at a kept form and send it, `"never"` keeps none.
pub(crate) fn holds_form(word: &LitStr) -> syn::Result<bool> {
    match word.value().as_str() {
        "confirm" => Ok(true),
        "never" => Ok(false),
        _ => Err(syn::Error::new(word.span(), "unknown word")),
    }
}

/// `"allow"` is the one word: without the option the library's rule holds.
pub(crate) fn allows_all_origins(word: &LitStr) -> syn::Result<bool> {
    match word.value().as_str() {
        "allow" => Ok(true),
        _ => Err(syn::Error::new(word.span(), "unknown word")),
    }
}

/// Whether what follows a word makes an option of it.
pub(crate) fn is_option(next: &TokenTree) -> bool {
    match next {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
        TokenTree::Punct(punct) => punct.as_char() == '=',
        _ => false,
    }
}

/// Whether an option is given a value, not parentheses.
pub(crate) fn is_value(tokens: &TokenStream) -> bool {
    matches!(tokens.clone().into_iter().nth(1), Some(TokenTree::Punct(_)))
}

/// Takes the arguments apart at their commas; a comma with nothing before it stands alone.
pub(crate) fn split(arguments: TokenStream) -> Vec<TokenStream> {
    let mut parts = Vec::new();
    let mut part = TokenStream::new();
    for tree in arguments {
        let is_comma = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ',');
        if !is_comma || part.is_empty() {
            part.extend([tree]);
        }
        if is_comma {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts.extend(Some(part).filter(|part| !part.is_empty()));
    parts
}
