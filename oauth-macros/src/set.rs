//! `scope_set!`: a named set of scopes, for what is not a free function.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Token, Visibility, parenthesized, token};

use crate::args::{Args, call_site};
use crate::marker::{Marker, Of, conditions};

/// The type of the set, and what is wrong with its list.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let here = call_site(&input);
    let Set { attributes, visibility, name, options, list } = match syn::parse2(input) {
        Ok(set) => set,
        Err(error) => {
            let text = "expected a name and its scopes, as in \
                        `scope_set!(pub Backup = \"drive.file\", \"drive.appdata\")`";
            return syn::Error::new(error.span(), text).into_compile_error();
        }
    };
    let args = Args::of_set(options, list, here);
    let conditions = conditions(&attributes);
    let attributes: Vec<_> = attributes.iter().map(ToTokens::to_token_stream).collect();
    let (visibility, attributes) = (&visibility, &attributes);
    let (conditions, proof, of) = (&conditions, None, Of::Set);
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
    let mistakes = &args.mistakes;
    quote!(#marker #mistakes)
}

/// A name and its scopes.
pub(crate) struct Set {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    pub(crate) options: TokenStream,
    pub(crate) list: TokenStream,
}

impl Parse for Set {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let set = Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            name: input.parse()?,
            options: options(input)?,
            list: TokenStream::new(),
        };
        if input.is_empty() {
            return Err(syn::Error::new(set.name.span(), "no list"));
        }
        input.parse::<Token![=]>()?;
        Ok(Self { list: input.parse()?, ..set })
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

#[cfg(test)]
mod tests {
    use super::expand;

    fn output(input: &str) -> String {
        expand(input.parse().unwrap()).to_string().replace(' ', "")
    }

    #[test]
    fn a_set_is_a_public_type_with_its_attributes() {
        let output = output(
            "#[cfg(a)] #[derive(Debug)] pub Backup(why = \"keep\", crate = rt) = \"drive.file\", \"drive.appdata\"",
        );
        for expected in [
            "#[derive(Debug)]",
            "pubenumBackup{}",
            "pubconstSCOPES:",
            "#[cfg(a)]const_:()=",
            "implrt::RequirementforBackup{",
            ".why(\"keep\")",
            "implrt::Covers<rt::scope::DriveAppfolder>forBackup{",
        ] {
            assert!(output.contains(expected), "{expected}\nis not in\n{output}");
        }
        assert!(!output.contains("compile_error") && !output.contains("hidden"));
    }

    #[test]
    fn a_slip_says_what_to_write_and_leaves_the_type() {
        assert!(output("pub Backup").contains("expectedanameanditsscopes,asin"));
        assert!(output("").contains("expectedanameanditsscopes,asin"));
        let empty = output("Backup = ");
        assert!(
            empty.contains("expectedatleastonescope,asin`scope_set!(")
                && empty.contains("enumBackup{}")
        );
        let option = output("Backup(marker = X) = \"drive\"");
        assert!(option.contains("unknownoption`marker`:expectedoneof`any("));
        assert!(output("Backup = \"drive.fil\"").contains("Covers<__Scope>forBackup{"));
    }
}
