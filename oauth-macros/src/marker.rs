//! The type that stands for a handler or a set: its scopes, as the compiler sees them.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Visibility, parse_quote};

use crate::args::{Args, Scope, split};
use crate::catalogue::{self, Entry, Name};

/// A marker to be written out.
pub(crate) struct Marker<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) visibility: &'a Visibility,
    /// What the type carries above what it always does.
    pub(crate) attributes: &'a [TokenStream],
    /// The conditions under which it exists.
    pub(crate) conditions: &'a [Attribute],
    pub(crate) args: &'a Args,
}

impl ToTokens for Marker<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { name, visibility, attributes, conditions, args } = self;
        let names = args.scopes.iter().map(full_name);
        let docs = self.docs();
        let here = Span::call_site().located_at(name.span());
        let item = quote_spanned!(here=> #visibility enum #name {});
        let (requirement, covers) = (self.requirement(), self.covers());
        tokens.extend(quote! {
            #(#conditions)*
            #(#attributes)*
            #[doc = #docs]
            #[allow(
                dead_code,
                missing_debug_implementations,
                non_camel_case_types,
                unreachable_pub,
                clippy::redundant_pub_crate
            )]
            #item
            #(#conditions)*
            const _: () = {
                #[allow(dead_code, unreachable_pub, clippy::redundant_pub_crate)]
                impl #name {
                    /// The full names of the scopes.
                    #visibility const SCOPES: &'static [&'static ::core::primitive::str] = &[#(#names),*];
                }
                #requirement
                #covers
            };
        });
    }
}

impl Marker<'_> {
    fn docs(&self) -> String {
        let list: Vec<_> = self.args.scopes.iter().map(|scope| scope.literal.value()).collect();
        format!("The scopes of `{}`: `{}`.", self.name.unraw(), list.join("`, `"))
    }

    fn requirement(&self) -> TokenStream {
        let (name, runtime) = (self.name, &self.args.runtime);
        let text = name.unraw().to_string();
        let scopes = self.args.scopes.iter().map(|scope| match scope.name {
            Name::Known(index) => known(runtime, index),
            Name::Verbatim => {
                let name = &scope.literal;
                quote!(#runtime::Scope::verbatim(#name))
            }
        });
        let why = self.args.why.iter();
        let no_form = (!self.args.holds_form).then(|| quote!(.holds_no_form()));
        quote! {
            #[automatically_derived]
            impl #runtime::Requirement for #name {
                const DECLARATION: &'static #runtime::__private::Declaration =
                    &#runtime::__private::Declaration::new(
                        #text,
                        ::core::module_path!(),
                        ::core::file!(),
                        ::core::line!(),
                        const { &[#(#scopes),*] },
                    )#(.why(#why))*#no_form;
            }
        }
    }

    /// One line per covered scope. After a mistake all scopes count as covered, so that the
    /// mistake is the only thing that the compiler reports.
    fn covers(&self) -> TokenStream {
        let (name, runtime) = (self.name, &self.args.runtime);
        if !self.args.mistakes.is_empty() {
            return quote! {
                #[automatically_derived]
                impl<__Scope: ?::core::marker::Sized> #runtime::Covers<__Scope> for #name {}
            };
        }
        let covered = catalogue::closure(self.args.scopes.iter().filter_map(index));
        let covered = covered.into_iter().map(|scope| self.scope_type(scope));
        quote! {
            #(
                #[automatically_derived]
                #[diagnostic::do_not_recommend]
                impl #runtime::Covers<#runtime::scope::#covered> for #name {}
            )*
        }
    }

    /// The type of a scope, at the literal that names it: editors then lead from one to the other.
    fn scope_type(&self, scope: usize) -> Ident {
        let mut ident = scope_type(scope);
        let literal = self.args.scopes.iter().find(|declared| index(declared) == Some(scope));
        if let Some(declared) = literal {
            ident.set_span(declared.literal.span().resolved_at(ident.span()));
        }
        ident
    }
}

fn index(scope: &Scope) -> Option<usize> {
    match scope.name {
        Name::Known(index) => Some(index),
        Name::Verbatim => None,
    }
}

fn full_name(scope: &Scope) -> String {
    index(scope).map_or_else(
        || scope.literal.value(),
        |index| catalogue::entries()[index].full_name.clone(),
    )
}

/// The type of the first scope that has one.
pub(crate) fn first_scope_type(args: &Args) -> Ident {
    let declared = args.scopes.iter().find_map(index);
    declared.map_or_else(|| Ident::new("Openid", Span::call_site()), scope_type)
}

/// A type of `oauth_runtime::scope`.
fn scope_type(scope: usize) -> Ident {
    Ident::new(&catalogue::entries()[scope].marker, Span::call_site())
}

fn known(runtime: &impl ToTokens, index: usize) -> TokenStream {
    let index = Literal::usize_unsuffixed(index);
    quote!(#runtime::Scope::catalogue(#index))
}

/// The conditions of an item, which hold for all that belongs to it. Of a `cfg_attr` they are
/// the part that is a `cfg`: the rest is meant for the item alone.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter_map(condition).collect()
}

fn condition(attribute: &Attribute) -> Option<Attribute> {
    if attribute.path().is_ident("cfg") {
        return Some(attribute.clone());
    }
    if !attribute.path().is_ident("cfg_attr") {
        return None;
    }
    let mut parts = split(attribute.meta.require_list().ok()?.tokens.clone()).into_iter();
    let predicate = parts.next()?;
    let kept: Vec<_> = parts.filter(is_cfg).collect();
    (!kept.is_empty()).then(|| parse_quote!(#[cfg_attr(#predicate, #(#kept),*)]))
}

fn is_cfg(part: &TokenStream) -> bool {
    matches!(part.clone().into_iter().next(), Some(TokenTree::Ident(first)) if first == "cfg")
}

/// The runtime's table and the types of its scopes.
pub(crate) fn catalogue() -> TokenStream {
    let entries = catalogue::entries();
    let count = entries.len();
    let rows = (0..count).map(row);
    let types = (0..count).map(scope_items);
    quote! {
        pub(super) static CATALOGUE: [Entry; #count] = [#(#rows),*];
        #(#types)*
    }
}

fn row(scope: usize) -> TokenStream {
    let Entry { full_name, marker, sensitivity, .. } = &catalogue::entries()[scope];
    let sensitivity = match *sensitivity {
        "non-sensitive" => quote!(NonSensitive),
        "sensitive" => quote!(Sensitive),
        "restricted" => quote!(Restricted),
        _ => quote!(Unknown),
    };
    let covers = covered(scope).map(Literal::usize_unsuffixed);
    quote!(Entry { name: #full_name, marker: #marker, sensitivity: Sensitivity::#sensitivity, covers: &[#(#covers),*] })
}

fn covered(scope: usize) -> impl Iterator<Item = usize> {
    catalogue::closure([scope]).into_iter().filter(move |covered| *covered != scope)
}

fn scope_items(scope: usize) -> TokenStream {
    let name = scope_type(scope);
    let docs = scope_docs(&catalogue::entries()[scope]);
    let index = Literal::usize_unsuffixed(scope);
    let covered = catalogue::closure([scope]).into_iter().map(scope_type);
    quote! {
        #[doc = #docs]
        pub enum #name {}
        #[diagnostic::do_not_recommend]
        impl Requirement for #name {
            const DECLARATION: &'static Declaration = &DECLARATIONS[#index];
        }
        #(#[diagnostic::do_not_recommend] impl Covers<#covered> for #name {})*
    }
}

fn scope_docs(entry: &Entry) -> String {
    let Entry { full_name, sensitivity, is_weak, api, .. } = entry;
    let api = api.map_or_else(String::new, |api| format!(" of the API `{api}`"));
    let weak = if *is_weak { ", by a secondary source" } else { "" };
    match *sensitivity {
        "unknown" => format!("`{full_name}`{api}. How sensitive it is, is not known."),
        known => format!("`{full_name}`{api}. It is {known}{weak}."),
    }
}
