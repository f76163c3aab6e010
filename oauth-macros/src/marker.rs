//! The type that stands for a handler or a set: its scopes, as the compiler sees them.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Visibility, parse_quote};

use crate::args::Args;
use crate::options::split;
use crate::scope::{Scope, scope_type};

/// A marker to be written out.
pub(crate) struct Marker<'a> {
    pub(crate) name: &'a Ident,
    /// What the manifest calls it.
    pub(crate) shown: &'a Ident,
    /// What the compiler has to agree to besides.
    pub(crate) proof: Option<TokenStream>,
    pub(crate) visibility: &'a Visibility,
    /// What the type carries above what it always does.
    pub(crate) attributes: &'a [TokenStream],
    /// The conditions under which it exists.
    pub(crate) conditions: &'a [Attribute],
    pub(crate) args: &'a Args,
    pub(crate) of: Of,
}

/// What the type stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Handler,
    Set,
    /// A scope of the app's own, for which nobody is asked by itself.
    Scope,
}

impl ToTokens for Marker<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { name, visibility, attributes, conditions, args, of, .. } = self;
        let names = args.asked().map(|scope| self.full_name(scope));
        let checks =
            args.all().filter_map(|scope| scope.check(&args.runtime, args.foreign_provider()));
        let docs = self.docs();
        let here = Span::call_site().located_at(name.span());
        let item = quote_spanned!(here=> #visibility enum #name {});
        let (requirement, covers) = (self.requirement(), self.covers());
        let (runtime, proof) = (&args.runtime, &self.proof);
        let registers = *of != Of::Scope && args.mistakes.is_empty();
        let register = registers.then(|| quote!(#runtime::__private::register!(#name);));
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
                    /// The full names of the scopes that are asked for where they are missing.
                    #visibility const SCOPES: &'static [&'static ::core::primitive::str] = &[#(#names),*];
                }
                #requirement
                #covers
                #(#checks)*
                #proof
                #register
            };
        });
    }
}

impl Marker<'_> {
    fn docs(&self) -> String {
        let list = |scopes: &[Scope]| {
            let names: Vec<_> = scopes.iter().map(Scope::text).collect();
            names.join("`, `")
        };
        let all = Some(&self.args.scopes).filter(|scopes| !scopes.is_empty());
        let parts = all.map(|scopes| format!(" `{}`", list(scopes))).into_iter();
        let parts = parts.chain(self.args.any.iter().map(|any| format!(" one of `{}`", list(any))));
        let optional = match self.args.optional.as_slice() {
            [] => String::new(),
            optional => format!("; if granted, `{}`", list(optional)),
        };
        let parts = parts.collect::<Vec<_>>().join(",");
        format!("The scopes of `{}`:{parts}{optional}.", self.name.unraw())
    }

    fn full_name(&self, scope: &Scope) -> TokenStream {
        if let Some(name) = scope.full_name() {
            return quote!(#name);
        }
        let scope = scope.value(&self.args.runtime);
        quote!(#scope.name())
    }

    fn requirement(&self) -> TokenStream {
        let (name, runtime) = (self.name, &self.args.runtime);
        let text = self.shown.unraw().to_string();
        let list = |scopes: &[Scope]| {
            let scopes = scopes.iter().map(|scope| scope.value(runtime));
            quote!(const { &[#(#scopes),*] })
        };
        let scopes = list(&self.args.scopes);
        let any = self.args.any.iter().map(|scopes| list(scopes)).collect::<Vec<_>>();
        let any = (!any.is_empty()).then(|| quote!(.any(const { &[#(#any),*] })));
        let optional = Some(&self.args.optional).filter(|scopes| !scopes.is_empty());
        let optional = optional.map(|scopes| list(scopes)).map(|list| quote!(.optional(#list)));
        let provider = self.args.provider.iter();
        let why = self.args.why.iter();
        let of_handler = (self.of == Of::Handler).then(|| quote!(.of_handler()));
        let no_form = (!self.args.holds_form).then(|| quote!(.holds_no_form()));
        quote! {
            #[automatically_derived]
            impl #runtime::Requirement for #name {
                type OnlyTheMacrosWriteThis = ();
                const DECLARATION: &'static #runtime::__private::Declaration =
                    &#runtime::__private::Declaration::new(
                        #text,
                        ::core::module_path!(),
                        ::core::file!(),
                        ::core::line!(),
                        #scopes,
                    )#of_handler #any #optional #(.provider(#provider))* #(.why(#why))* #no_form;
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
                impl<__Scope: ?::core::marker::Sized> #runtime::Covers<__Scope> for #name {
                    type OnlyTheMacrosWriteThis = ();
                }
                #[automatically_derived]
                impl<__Scope: ?::core::marker::Sized> #runtime::MayHold<__Scope> for #name {
                    type OnlyTheMacrosWriteThis = ();
                }
            };
        }
        let covered = self.covered();
        let may_hold = self.may_hold().into_iter().filter(|(key, _)| !covered.contains_key(key));
        let (covered, may_hold) = (covered.values(), may_hold.map(|(_, ty)| ty));
        quote! {
            #(
                #[automatically_derived]
                #[diagnostic::do_not_recommend]
                impl #runtime::Covers<#covered> for #name {
                    type OnlyTheMacrosWriteThis = ();
                }
            )*
            #(
                #[automatically_derived]
                #[diagnostic::do_not_recommend]
                impl #runtime::MayHold<#may_hold> for #name {
                    type OnlyTheMacrosWriteThis = ();
                }
            )*
        }
    }

    /// What every required scope covers, and what all of a list cover of which one suffices.
    fn covered(&self) -> Types {
        let mut covered: Types = self.types(&self.args.scopes);
        for list in &self.args.any {
            let mut common = self.types(&list[..1]);
            for scope in &list[1..] {
                let others = self.types(std::slice::from_ref(scope));
                common.retain(|key, _| others.contains_key(key));
            }
            covered.extend(common);
        }
        covered
    }

    fn may_hold(&self) -> Types {
        let lists = self.args.any.iter().chain([&self.args.optional]);
        lists.flat_map(|list| self.types(list)).collect()
    }

    fn types(&self, scopes: &[Scope]) -> Types {
        let covered = scopes.iter().flat_map(|scope| scope.covered(&self.args.runtime));
        covered.map(|(index, ty)| ((index, ty.to_string()), ty)).collect()
    }
}

/// Types of scopes; a scope of the catalogue is there once, however it was written.
type Types = BTreeMap<(Option<usize>, String), TokenStream>;

/// The type of the first scope that has one.
pub(crate) fn first_scope_type(args: &Args) -> Ident {
    let declared = args.all().find_map(Scope::index);
    declared.map_or_else(|| Ident::new("Openid", Span::call_site()), scope_type)
}

/// The conditions of an item, which hold for all that belongs to it. Of a `cfg_attr` they are
/// the part that is a `cfg`: the rest is meant for the item alone.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter_map(condition).collect()
}

fn condition(attribute: &Attribute) -> Option<Attribute> {
    let condition = condition_of(&attribute.meta.to_token_stream())?;
    Some(parse_quote!(#[#condition]))
}

/// The same inside of the brackets, where one `cfg_attr` may be in another.
fn condition_of(attribute: &TokenStream) -> Option<TokenStream> {
    let mut trees = attribute.clone().into_iter();
    match (trees.next()?, trees.next()?) {
        (TokenTree::Ident(name), TokenTree::Group(_)) if name == "cfg" => Some(attribute.clone()),
        (TokenTree::Ident(name), TokenTree::Group(list)) if name == "cfg_attr" => {
            let mut parts = split(list.stream()).into_iter();
            let predicate = parts.next()?;
            let kept: Vec<_> = parts.filter_map(|part| condition_of(&part)).collect();
            (!kept.is_empty()).then(|| quote!(cfg_attr(#predicate, #(#kept),*)))
        }
        _ => None,
    }
}
