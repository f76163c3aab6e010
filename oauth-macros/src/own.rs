//! `scope!`: a type for a scope that the catalogue lacks.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

use crate::args::{Args, call_site};
use crate::catalogue::{self, Name};
use crate::marker::{Marker, Of, conditions};
use crate::set::Set;

/// The type of the scope, and what is wrong with its name.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let here = call_site(&input);
    let set = match syn::parse2::<Set>(input) {
        Ok(set) => set,
        Err(error) => return syn::Error::new(error.span(), EXPECTED).into_compile_error(),
    };
    let Set { attributes, visibility, name, options, list } = set;
    let mut args = Args::of_own(options, list, here);
    check(&name, &mut args);
    let conditions = conditions(&attributes);
    let attributes: Vec<_> = attributes.iter().map(ToTokens::to_token_stream).collect();
    let (visibility, attributes) = (&visibility, &attributes);
    let (conditions, proof, of) = (&conditions, None, Of::Scope);
    let marker = Marker {
        name: &name,
        shown: &name,
        proof,
        visibility,
        attributes,
        conditions,
        args: &args,
        of,
    };
    let (runtime, mistakes) = (&args.runtime, &args.mistakes);
    let covers = mistakes.is_empty().then(|| {
        quote! {
            #(#conditions)*
            #[automatically_derived]
            impl #runtime::Covers<#name> for #name {
                type OnlyTheMacrosWriteThis = ();
            }
        }
    });
    quote!(#marker #covers #mistakes)
}

const EXPECTED: &str = "expected a name and one scope, as in \
                        `scope!(pub Invoices = \"https://api.example.com/auth/invoices\")`";

fn check(name: &Ident, args: &mut Args) {
    if !catalogue::is_type_name(&name.to_string()) {
        let text = "a scope is a type: write its name as `Crm` or `CustomerFiles`, so that lists can \
                    tell it from a constant";
        args.mistakes.add(name.span(), text.to_owned());
    }
    let Some(scope) = args.scopes.first() else { return };
    let (span, text) = match (scope.name, args.scopes.get(1)) {
        (_, Some(second)) => {
            (second.span(), "one type is one scope: `scope_set!` names several".into())
        }
        (Name::Known(index), None) => {
            let marker = &catalogue::entries()[index].marker;
            (
                scope.span(),
                format!("the catalogue has this scope: take `oauth_runtime::scope::{marker}`"),
            )
        }
        (Name::Own, None) => (scope.span(), EXPECTED.into()),
        (Name::Verbatim, None) => return,
    };
    args.mistakes.add(span, text);
}

#[cfg(test)]
mod tests {
    use super::expand;

    fn output(input: &str) -> String {
        expand(input.parse().unwrap()).to_string().replace(' ', "")
    }

    #[test]
    fn a_type_stands_for_the_scope_and_covers_itself() {
        let output = output("#[cfg(a)] pub Bills(crate = rt) = \"https://x.example/bills\"");
        for expected in [
            "pubenumBills{}",
            "rt::Scope::verbatim(\"https://x.example/bills\")",
            "#[cfg(a)]#[automatically_derived]implrt::Covers<Bills>forBills{",
        ] {
            assert!(output.contains(expected), "{expected}\nis not in\n{output}");
        }
        assert!(!output.contains("compile_error"));
    }

    #[test]
    fn a_slip_says_what_to_write() {
        for (input, text) in [
            ("pub Bills", "expectedanameandonescope"),
            ("Bills = ", "expectedatleastonescope,asin`scope!("),
            ("Bills = \"drive.file\"", "take`oauth_runtime::scope::DriveFile`"),
            ("Bills = \"https://x.example/a\", \"https://x.example/b\"", "onetypeisonescope"),
            ("CRM = \"https://x.example/crm\"", "writeitsnameas`Crm`"),
            ("bills = \"https://x.example/crm\"", "writeitsnameas`Crm`"),
            ("Bills = Other", "expectedanameandonescope"),
            ("Bills(why = \"x\") = \"https://x.example/a\"", "unknownoption`why`"),
            ("Bills = \"https://x.example/a\", optional(\"drive\")", "unknownoption`optional`"),
        ] {
            assert!(output(input).contains(text), "{input}: {}", output(input));
        }
    }
}
