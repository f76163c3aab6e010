//! `scope_set!`: a named set of scopes, for what is not a free function.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Token, Visibility, parenthesized, token};

use crate::args::Args;
use crate::marker::Marker;

/// The type of the set, and what is wrong with its list.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let Set { attributes, visibility, name, options, list } = match syn::parse2(input) {
        Ok(set) => set,
        Err(error) => return error.into_compile_error(),
    };
    let args = Args::of_set(options, list);
    let attributes: Vec<_> = attributes.iter().map(ToTokens::to_token_stream).collect();
    let (visibility, attributes) = (&visibility, &attributes);
    let marker = Marker { name: &name, visibility, attributes, conditions: &[], args: &args };
    let mistakes = &args.mistakes;
    quote!(#marker #mistakes)
}

struct Set {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    options: TokenStream,
    list: TokenStream,
}

impl Parse for Set {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            name: input.parse()?,
            options: options(input)?,
            list: input.parse::<Token![=]>().and_then(|_| input.parse())?,
        })
    }
}

fn options(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if !input.peek(token::Paren) {
        return Ok(TokenStream::new());
    }
    let content;
    parenthesized!(content in input);
    content.parse()
}
