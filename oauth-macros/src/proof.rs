//! The compiler's word for it that a handler begins with its guard.
//!
//! What a macro reads of a signature is not yet what becomes of it: names mean what the module
//! makes of them, and the attributes below ours may rewrite all of it. So each handler leaves a
//! function beside it that nothing calls, and that compiles only if the function of the handler's
//! name begins with the guard, after all macros have run.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, GenericParam, Signature};

use crate::args::Args;
use crate::parameters::{has_condition, has_impl, is_one_of};

/// The attributes of functions that change no parameter.
const HARMLESS: [&str; 14] = [
    "allow",
    "automatically_derived",
    "cfg",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "forbid",
    "inline",
    "must_use",
    "no_mangle",
    "track_caller",
    "warn",
];

/// What a handler begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    Token,
    Declared,
}

/// Whether the compiler can be asked: the handler can be named as a value, with its type parameters
/// written out. Where it cannot, no other macro may touch the handler.
pub(crate) fn is_possible(
    attributes: &[Attribute],
    signature: &Signature,
    args: &mut Args,
) -> bool {
    let obstacle = if has_impl(signature.inputs.to_token_stream()) {
        "`impl Trait` in a parameter: name it, as in `<T: Trait>`"
    } else if has_condition(&signature.generics) {
        "an attribute on a generic parameter: put the `cfg` above the whole function"
    } else {
        return true;
    };
    for other in attributes.iter().filter(|other| !is_one_of(other, &HARMLESS)) {
        let text = format!(
            "an attribute like this one could take away the guard, and the compiler cannot \
             watch over it because of {obstacle}"
        );
        args.mistakes.add_at(other, text);
    }
    false
}

/// The function that compiles only with the guard.
pub(crate) fn of(signature: &Signature, guard: Guard, marker: &Ident, args: &Args) -> TokenStream {
    let Signature { ident, generics, inputs, .. } = signature;
    let (runtime, place) = (&args.runtime, usize::from(args.cross_origin));
    let (guard, written) = match (guard, inputs.get(place)) {
        (Guard::Token, Some(FnArg::Typed(first))) => (quote!(Token), first.ty.span()),
        _ => (quote!(Declared), ident.span()),
    };
    let here = written.resolved_at(Span::call_site());
    let arguments = generics.params.iter().filter_map(|parameter| match parameter {
        GenericParam::Type(parameter) => Some(&parameter.ident),
        GenericParam::Const(parameter) => Some(&parameter.ident),
        GenericParam::Lifetime(_) => None,
    });
    let conditions = &generics.where_clause;
    let ask = if args.cross_origin {
        quote!(begins_with_both::<#runtime::AllowCrossOrigin, )
    } else {
        quote!(begins_with::<)
    };
    let ask = quote_spanned!(here=>
        #runtime::__private::#ask #runtime::#guard<#marker>, _, _>(&#ident::<#(#arguments),*>);
    );
    let lifetimes = generics
        .lifetimes()
        .next()
        .map(|_| quote!(, clippy::extra_unused_lifetimes, single_use_lifetimes, unused_lifetimes));
    // What is used by dead code alone is reported as dead, unless that is allowed around here.
    quote! {
        #[deny(dead_code)]
        #[allow(deprecated, nonstandard_style #lifetimes)]
        fn __begins_with_its_guard #generics () #conditions { #ask }
    }
}
