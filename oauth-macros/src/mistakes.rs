//! What a macro reports.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// All that is wrong with one use of a macro, each under the tokens that are to blame.
#[derive(Default)]
pub(crate) struct Mistakes(Vec<syn::Error>);

impl Mistakes {
    pub(crate) fn push(&mut self, mistake: syn::Error) {
        self.0.push(mistake);
    }

    pub(crate) fn add(&mut self, span: Span, text: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, text));
    }

    /// Adds one that spans several tokens.
    pub(crate) fn add_at(&mut self, tokens: impl ToTokens, text: impl std::fmt::Display) {
        self.0.push(syn::Error::new_spanned(tokens, text));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl ToTokens for Mistakes {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.iter().map(syn::Error::to_compile_error));
    }
}
