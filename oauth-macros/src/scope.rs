//! One scope as it is written: a string literal, or the path of a type.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{LitStr, Path};

use crate::catalogue::{self, Entry, Name};

/// A scope as it was written.
pub(crate) struct Scope {
    pub(crate) name: Name,
    written: Written,
}

enum Written {
    Literal(LitStr),
    Type(Path),
}

impl Scope {
    /// Reads one, or says what is wrong with it.
    pub(crate) fn read(tokens: &TokenStream) -> Result<Self, syn::Error> {
        if let Ok(literal) = syn::parse2::<LitStr>(tokens.clone()) {
            let name = catalogue::resolve(&literal.value());
            let name = name.map_err(|text| syn::Error::new(literal.span(), text))?;
            return Ok(Self { name, written: Written::Literal(literal) });
        }
        let wrong = |text: &str| syn::Error::new_spanned(tokens, text);
        let code: String = tokens.clone().into_iter().map(|tree| tree.to_string()).collect();
        let path = Path::parse_mod_style.parse2(tokens.clone());
        let path = path.map_err(|_| wrong(&catalogue::neither(&code)))?;
        let last = path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        let name = catalogue::resolve_type(&last).map_err(|text| wrong(&text))?;
        Ok(Self { name, written: Written::Type(path) })
    }

    /// The same for a provider that the catalogue knows nothing of.
    pub(crate) fn read_foreign(tokens: &TokenStream) -> Result<Self, syn::Error> {
        if let Ok(literal) = syn::parse2::<LitStr>(tokens.clone()) {
            let name = catalogue::resolve_foreign(&literal.value());
            let name = name.map_err(|text| syn::Error::new(literal.span(), text))?;
            return Ok(Self { name, written: Written::Literal(literal) });
        }
        let wrong = |_| {
            let text = "a scope is a string literal or the path of its type: write `\"repo\"`, or \
                        name it with `scope!(pub Repo(provider = \"…\") = \"repo\")`";
            syn::Error::new_spanned(tokens, text)
        };
        let path = Path::parse_mod_style.parse2(tokens.clone()).map_err(wrong)?;
        Ok(Self { name: Name::Own, written: Written::Type(path) })
    }

    pub(crate) fn span(&self) -> Span {
        match &self.written {
            Written::Literal(literal) => literal.span(),
            Written::Type(path) => path.span(),
        }
    }

    /// The scope as it was written.
    pub(crate) fn text(&self) -> String {
        match &self.written {
            Written::Literal(literal) => literal.value(),
            Written::Type(path) => path.to_token_stream().to_string().replace(' ', ""),
        }
    }

    /// Its place in the catalogue, if it is there.
    pub(crate) fn index(&self) -> Option<usize> {
        match self.name {
            Name::Known(index) => Some(index),
            Name::Verbatim | Name::Own => None,
        }
    }

    /// The full name, if it is known here.
    pub(crate) fn full_name(&self) -> Option<String> {
        match (&self.written, self.index()) {
            (_, Some(index)) => Some(catalogue::entries()[index].full_name.clone()),
            (Written::Literal(literal), None) => Some(literal.value()),
            (Written::Type(_), None) => None,
        }
    }

    /// The scope as an expression for a constant.
    pub(crate) fn value(&self, runtime: &Path) -> TokenStream {
        match (self.index(), &self.written) {
            (Some(index), _) => known(runtime, index),
            (None, Written::Literal(name)) => quote!(#runtime::Scope::verbatim(#name)),
            (None, Written::Type(path)) => {
                quote!(#runtime::__private::own_scope(<#path as #runtime::Requirement>::DECLARATION))
            }
        }
    }

    /// What the compiler has to check before it takes the path for what its name says.
    pub(crate) fn check(&self, runtime: &Path, provider: Option<&LitStr>) -> Option<TokenStream> {
        let Written::Type(path) = &self.written else { return None };
        let (span, runtime) = (path.span(), at(path.span(), runtime));
        let declaration = quote_spanned!(span=> <#path as #runtime::Requirement>::DECLARATION);
        let check = if let Some(index) = self.index().map(Literal::usize_unsuffixed) {
            quote_spanned!(span=> #runtime::__private::assert_scope(#declaration, #index))
        } else {
            quote_spanned!(span=> #runtime::__private::assert_own_scope(#declaration))
        };
        let provider = provider.map_or_else(
            || quote_spanned!(span=> ::core::option::Option::None),
            |key| quote_spanned!(span=> ::core::option::Option::Some(#key)),
        );
        let same = quote_spanned!(span=>
            #runtime::__private::assert_provider(#declaration, #provider)
        );
        Some(quote_spanned!(span=> const _: () = { #same; #check; };))
    }

    /// The types of the scopes that it covers, itself first. Editors lead from the type to what
    /// was written.
    pub(crate) fn covered(&self, runtime: &Path) -> Vec<(Option<usize>, TokenStream)> {
        match (self.index(), &self.written) {
            (Some(index), _) => {
                let covered = catalogue::closure([index]).into_iter();
                covered.map(|scope| (Some(scope), self.type_of(scope, runtime))).collect()
            }
            (None, Written::Type(path)) => vec![(None, quote!(#path))],
            (None, Written::Literal(_)) => Vec::new(),
        }
    }

    fn type_of(&self, scope: usize, runtime: &Path) -> TokenStream {
        let mut ident = scope_type(scope);
        if self.index() == Some(scope) {
            ident.set_span(self.span().resolved_at(ident.span()));
        }
        quote!(#runtime::scope::#ident)
    }

    /// Whether both are one scope, as far as can be seen here.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self.full_name(), other.full_name()) {
            (Some(one), Some(other)) => one == other,
            (None, None) => self.text() == other.text(),
            _ => false,
        }
    }

    /// Whether it covers another scope of the catalogue.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self.index(), other.index()) {
            (Some(one), Some(other)) if one != other => catalogue::closure([one]).contains(&other),
            _ => false,
        }
    }
}

/// The same tokens at another place, where their errors are shown.
fn at(span: Span, tokens: impl ToTokens) -> TokenStream {
    let moved = tokens.into_token_stream().into_iter().map(|mut token| {
        token.set_span(span.resolved_at(token.span()));
        token
    });
    moved.collect()
}

/// A type of `oauth_runtime::scope`.
pub(crate) fn scope_type(scope: usize) -> Ident {
    Ident::new(&catalogue::entries()[scope].marker, Span::call_site())
}

pub(crate) fn known(runtime: &impl ToTokens, index: usize) -> TokenStream {
    let index = Literal::usize_unsuffixed(index);
    quote!(#runtime::Scope::catalogue(#index))
}

/// What the documentation of the type of a scope says.
pub(crate) fn scope_docs(entry: &Entry) -> String {
    let Entry { full_name, sensitivity, is_weak, api, .. } = entry;
    let api = api.map_or_else(String::new, |api| format!(" of the API `{api}`"));
    let weak = if *is_weak { ", by a secondary source" } else { "" };
    match *sensitivity {
        "unknown" => format!("`{full_name}`{api}. How sensitive it is, is not known."),
        known => format!("`{full_name}`{api}. It is {known}{weak}."),
    }
}
