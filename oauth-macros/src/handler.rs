//! `#[requires_scopes]`: checks the handler, fills in its `Token` and adds its marker.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, FnArg, GenericArgument, Path, PathArguments, PathSegment, Signature, Type,
    Visibility, parse_quote, parse_quote_spanned,
};

use crate::args::{Args, split};
use crate::marker::{Marker, first_scope_type};

/// A type of one of these names would hide the primitive in the whole module.
const PRIMITIVES: [&str; 19] = [
    "bool", "char", "f16", "f32", "f64", "f128", "i8", "i16", "i32", "i64", "i128", "isize", "str",
    "u8", "u16", "u32", "u64", "u128", "usize",
];

/// The number of parameters from which on clippy complains about one more.
const MANY: usize = 7;

/// The function and its marker, and what is wrong with either.
pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut args = Args::of_handler(arguments);
    match syn::parse2::<Handler>(item.clone()) {
        Ok(handler) if handler.signature.receiver().is_some() => handler.expand_method(args),
        Ok(handler) => handler.expand(args),
        Err(_) => {
            let text = "`#[requires_scopes]` goes on a handler: expected a free `async fn`";
            args.mistakes.add(Span::call_site(), text);
            let mistakes = args.mistakes;
            quote!(#item #mistakes)
        }
    }
}

/// A function with its body unread: what macros and editors leave there is none of ours.
struct Handler {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    signature: Signature,
    body: TokenStream,
}

impl Parse for Handler {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl Handler {
    fn expand(mut self, mut args: Args) -> TokenStream {
        self.check(&mut args);
        let name = self.marker_name(&mut args);
        let begins_with_token = self.fill(&parse_quote!(#name), &name, &mut args);
        let more = if begins_with_token { None } else { self.inject(&name, &args.runtime) };
        let Self { attributes, visibility, signature, body } = &self;
        let marker = Marker {
            name: &name,
            visibility,
            attributes: &[quote!(#[doc(hidden)])],
            conditions: &conditions(attributes),
            args: &args,
        };
        let mistakes = &args.mistakes;
        quote! {
            #(#attributes)*
            #more
            #visibility #signature #body
            #marker
            #mistakes
        }
    }

    /// A method cannot have a marker beside it. Its `Token` gets the type of a declared scope,
    /// so that this is all the compiler complains about.
    fn expand_method(mut self, mut args: Args) -> TokenStream {
        let text = "`#[requires_scopes]` works on free functions: for a method declare a \
                    `scope_set!(Name = …)` beside the `impl` and take `Token<Name>`";
        args.mistakes.add_at(&self.signature.inputs[0], text);
        self.check(&mut args);
        let (runtime, scope) = (&args.runtime, first_scope_type(&args));
        let filled = parse_quote!(#runtime::scope::#scope);
        self.fill(&filled, &format_ident!("Self"), &mut args);
        let Self { attributes, visibility, signature, body } = &self;
        let mistakes = &args.mistakes;
        quote!(#(#attributes)* #visibility #signature #body #mistakes)
    }

    fn check(&mut self, args: &mut Args) {
        if self.signature.asyncness.is_none() {
            let text = "a handler is asynchronous: expected `async fn`";
            args.mistakes.add(self.signature.fn_token.span, text);
        }
        for second in self.attributes.extract_if(.., |attribute| is_ours(attribute)) {
            let text = "a second `#[requires_scopes]`: put all scopes into one";
            args.mistakes.add_at(second, text);
        }
    }

    fn marker_name(&self, args: &mut Args) -> Ident {
        let name = args.marker.as_ref().unwrap_or(&self.signature.ident);
        let (name, plain) = (name.clone(), name.unraw().to_string());
        if !PRIMITIVES.contains(&plain.as_str()) {
            return name;
        }
        let text = format!(
            "a marker named `{plain}` would hide the primitive type: write `marker = Name`, \
             with a name of your choice"
        );
        args.mistakes.add(name.span(), text);
        format_ident!("{plain}_scopes", span = name.span())
    }

    /// Fills `requirement` into the one bare `Token`; says whether the parameters begin with it.
    fn fill(&mut self, requirement: &Type, name: &Ident, args: &mut Args) -> bool {
        let mut places = Vec::new();
        for (place, input) in self.signature.inputs.iter_mut().enumerate() {
            let FnArg::Typed(parameter) = input else { continue };
            let Some(token) = Found::inside(&mut parameter.ty, &args.runtime, name) else {
                continue;
            };
            if token.is_optional {
                let text = "always `Some` here, since the handler runs with its scopes alone: \
                            take `Token`";
                args.mistakes.add(token.span(), text);
            } else if token.is_bare && !places.is_empty() {
                let text = "a second `Token` for the same scopes: one is enough, and `Clone`; \
                            another set is taken as `Token<Name>`";
                args.mistakes.add(token.span(), text);
            }
            if !token.is_optional {
                places.push(place);
            }
            token.fill(requirement);
        }
        places.first() == Some(&0)
    }

    /// Puts the guard before all other parameters, and calms clippy where that makes one too many.
    fn inject(&mut self, name: &Ident, runtime: &Path) -> Option<Attribute> {
        self.signature.inputs.insert(0, parse_quote!(_: #runtime::Declared<#name>));
        let is_one_too_many = self.signature.inputs.len() == MANY + 1;
        is_one_too_many.then(|| parse_quote!(#[allow(clippy::too_many_arguments)]))
    }
}

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "requires_scopes")
}

/// A `Token` of ours for the declared scopes.
struct Found<'a> {
    segment: &'a mut PathSegment,
    is_bare: bool,
    is_optional: bool,
}

impl<'a> Found<'a> {
    /// Looks at the type itself and into an `Option`, no deeper.
    fn inside(ty: &'a mut Type, runtime: &Path, name: &Ident) -> Option<Self> {
        let path = path_of(ty)?;
        let is_optional = path.segments.last()?.ident == "Option";
        let path = if is_optional { path_of(only_type(path)?)? } else { path };
        if !is_token(path, runtime) {
            return None;
        }
        let segment = path.segments.last_mut()?;
        let is_bare = is_bare(&segment.arguments);
        let is_ours = is_bare || is_filled(&segment.arguments, name);
        is_ours.then_some(Self { segment, is_bare, is_optional })
    }

    fn span(&self) -> Span {
        self.segment.ident.span()
    }

    /// The argument takes the place of the `Token` that was written, where its errors belong.
    fn fill(self, requirement: &Type) {
        if self.is_bare {
            let span = self.span();
            let mut requirement = requirement.clone();
            relocate(&mut requirement, span);
            self.segment.arguments =
                PathArguments::AngleBracketed(parse_quote_spanned!(span=> <#requirement>));
        }
    }
}

fn relocate(ty: &mut Type, span: Span) {
    let path = path_of(ty);
    for segment in path.into_iter().flat_map(|path| &mut path.segments) {
        segment.ident.set_span(span.resolved_at(segment.ident.span()));
    }
}

/// The path of a type; groups are what a `macro_rules!` parameter arrives in.
fn path_of(ty: &mut Type) -> Option<&mut Path> {
    match ty {
        Type::Path(ty) if ty.qself.is_none() => Some(&mut ty.path),
        Type::Group(group) => path_of(&mut group.elem),
        Type::Paren(paren) => path_of(&mut paren.elem),
        _ => None,
    }
}

/// The type argument of a path that has just one.
fn only_type(path: &mut Path) -> Option<&mut Type> {
    let PathArguments::AngleBracketed(list) = &mut path.segments.last_mut()?.arguments else {
        return None;
    };
    match list.args.first_mut()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// Whether a path leads to the `Token` of the runtime: by its name alone, or through the crate.
fn is_token(path: &Path, runtime: &Path) -> bool {
    let names: Vec<_> = path.segments.iter().map(|segment| &segment.ident).collect();
    match names.as_slice() {
        [name] => *name == "Token",
        [root, name] if *root == "oauth_runtime" => *name == "Token",
        [root @ .., name] => {
            *name == "Token" && runtime.segments.iter().map(|s| &s.ident).eq(root.iter().copied())
        }
        [] => false,
    }
}

fn is_bare(arguments: &PathArguments) -> bool {
    match arguments {
        PathArguments::None => true,
        PathArguments::AngleBracketed(list) => {
            list.args.len() == 1 && matches!(list.args[0], GenericArgument::Type(Type::Infer(_)))
        }
        PathArguments::Parenthesized(_) => false,
    }
}

fn is_filled(arguments: &PathArguments, name: &Ident) -> bool {
    let PathArguments::AngleBracketed(list) = arguments else { return false };
    let Some(GenericArgument::Type(Type::Path(ty))) = list.args.first() else { return false };
    ty.path.is_ident(name)
}

/// The conditions of the function, which hold for its marker too. Of a `cfg_attr` they are
/// the part that is a `cfg`: the rest is meant for the function alone.
fn conditions(attributes: &[Attribute]) -> Vec<Attribute> {
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
