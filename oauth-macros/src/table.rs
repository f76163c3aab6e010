//! The catalogue as the runtime has it: a table, and a type for each scope.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::catalogue::{self, Advice, Entry};
use crate::scope::{scope_docs, scope_type};

/// The runtime's table and the types of its scopes.
pub(crate) fn catalogue() -> TokenStream {
    let entries = catalogue::entries();
    let count = entries.len();
    let rows = (0..count).map(row);
    let types = (0..count).map(scope_items);
    let conflicts = catalogue::advice().iter().filter_map(conflict);
    let retired = catalogue::advice().iter().filter_map(retired);
    quote! {
        pub(super) static CATALOGUE: [Entry; #count] = [#(#rows),*];
        /// A scope, the scopes that it spoils for a token that holds both, and why.
        #[cfg(feature = "manifest")]
        pub(super) static CONFLICTS: &[(u16, &[u16], &str)] = &[#(#conflicts),*];
        /// The full name of a scope that is out of use, and what to do instead.
        #[cfg(feature = "manifest")]
        pub(super) static RETIRED: &[(&str, &str)] = &[#(#retired),*];
        #(#types)*
    }
}

fn conflict(advice: &Advice) -> Option<TokenStream> {
    let Advice::Conflict { scope, spoils, why } = advice else { return None };
    let scope = Literal::usize_unsuffixed(*scope);
    let spoils = spoils.iter().copied().map(Literal::usize_unsuffixed);
    Some(quote!((#scope, &[#(#spoils),*], #why)))
}

fn retired(advice: &Advice) -> Option<TokenStream> {
    let Advice::Retired { full_name, remedy } = advice else { return None };
    Some(quote!((#full_name, #remedy)))
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
            type OnlyTheMacrosWriteThis = ();
            const DECLARATION: &'static Declaration = &DECLARATIONS[#index];
        }
        #(
            #[diagnostic::do_not_recommend]
            impl Covers<#covered> for #name {
                type OnlyTheMacrosWriteThis = ();
            }
        )*
    }
}
