//! The parameters of a handler: which of them is its `Token`, and which may be gone in the end.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, Generics, Path, PathArguments, PathSegment,
    Signature, Type, parse_quote_spanned,
};

use crate::args::Args;

/// Extractors that read the body, of which a handler has one, as its last parameter.
const BODIES: [&str; 4] = ["Form", "Json", "Multipart", "RawForm"];

/// The attributes that leave the parameter where it is.
const LINTS: [&str; 6] = ["allow", "deny", "doc", "expect", "forbid", "warn"];

/// Whether the parameter is there in the end. A `cfg` may remove it, and any attribute that is
/// not known here may tell another macro to.
pub(crate) fn is_certain(parameter: &FnArg) -> bool {
    let (FnArg::Typed(syn::PatType { attrs, .. }) | FnArg::Receiver(syn::Receiver { attrs, .. })) =
        parameter;
    attrs.iter().all(|attribute| is_one_of(attribute, &LINTS))
}

/// Whether the attribute has one of these names, without a path.
pub(crate) fn is_one_of(attribute: &Attribute, names: &[&str]) -> bool {
    names.iter().any(|name| attribute.path().is_ident(name))
}

/// Whether a type is left to the caller of the function: `impl Trait`, however deep.
pub(crate) fn has_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Group(group) => has_impl(group.stream()),
        TokenTree::Ident(word) => word == "impl",
        _ => false,
    })
}

/// The types that read the body before another parameter is there.
pub(crate) fn early_bodies(signature: &Signature) -> Vec<Ident> {
    let mut certain: Vec<_> = signature.inputs.iter().filter(|input| is_certain(input)).collect();
    certain.pop();
    let body = |parameter: &&FnArg| body_extractor(parameter, &signature.generics).cloned();
    certain.iter().filter_map(body).collect()
}

/// The name of a parameter's type, if that reads the body.
fn body_extractor<'a>(parameter: &'a FnArg, generics: &Generics) -> Option<&'a Ident> {
    let FnArg::Typed(parameter) = parameter else { return None };
    let Type::Path(syn::TypePath { path, .. }) = &*parameter.ty else { return None };
    let name = &path.segments.last()?.ident;
    let is_body = BODIES.iter().any(|body| name == body);
    (is_body && !begins_with_parameter(path, generics)).then_some(name)
}

/// What decides whether a type is the `Token` of the handler.
pub(crate) struct Names<'a> {
    pub(crate) runtime: &'a Path,
    pub(crate) marker: &'a Ident,
    /// A type parameter is what its name means, whatever else has that name.
    pub(crate) generics: &'a Generics,
}

impl Names<'_> {
    /// Fills `requirement` into each bare `Token`; says whether the first parameter is one, and
    /// there for certain.
    pub(crate) fn fill<'a>(
        &self,
        inputs: impl Iterator<Item = &'a mut FnArg>,
        requirement: &Type,
        args: &mut Args,
    ) -> bool {
        let (mut begins, mut has_token) = (false, false);
        for (place, input) in inputs.enumerate() {
            let is_certain = is_certain(input);
            let FnArg::Typed(parameter) = input else { continue };
            let written = parameter.ty.clone();
            if let Type::Reference(reference) = &*written
                && self.is_bare_token(&reference.elem)
            {
                let text = "a handler owns its `Token`: take it without the `&`";
                args.mistakes.add_at(&written, text);
                parameter.ty.clone_from(&reference.elem);
            }
            let Some(token) = self.token_inside(&mut parameter.ty) else { continue };
            if token.is_optional {
                let text = "always `Some` here, since the handler runs only when its scopes are \
                            granted: take `Token`";
                args.mistakes.add_at(written, text);
            } else if token.is_bare && has_token && is_certain {
                let text = "a second `Token` for the same scopes: one is enough, and `Clone`; \
                            another set is taken as `Token<Name>`";
                args.mistakes.add(token.span(), text);
            }
            begins |= place == 0 && is_certain && !token.is_optional;
            has_token |= is_certain && !token.is_optional;
            token.fill(requirement);
        }
        begins
    }

    /// Looks at the type itself and into an `Option`, no deeper.
    fn token_inside<'a>(&self, ty: &'a mut Type) -> Option<Found<'a>> {
        let path = path_of(ty)?;
        let is_optional = path.segments.last()?.ident == "Option";
        let path = if is_optional { path_of(only_type(path)?)? } else { path };
        let is_token = self.is_token(path);
        let segment = path.segments.last_mut()?;
        let is_bare = is_token && is_bare(&segment.arguments);
        let is_written_out = is_token && is_filled(&segment.arguments, self.marker);
        (is_bare || is_written_out).then_some(Found { segment, is_bare, is_optional })
    }

    /// Whether a path leads to the `Token` of the runtime: by its name alone, or through the crate.
    fn is_token(&self, path: &Path) -> bool {
        let names: Vec<_> = path.segments.iter().map(|segment| &segment.ident).collect();
        let Some((name, root)) = names.split_last() else { return false };
        let runtime = self.runtime.segments.iter().map(|segment| &segment.ident);
        let is_root = match root {
            [] => true,
            [root] if *root == "oauth_runtime" => true,
            root => runtime.eq(root.iter().copied()),
        };
        *name == "Token" && is_root && !begins_with_parameter(path, self.generics)
    }

    /// Whether a parameter is a bare `Token`.
    pub(crate) fn is_token_input(&self, input: &FnArg) -> bool {
        matches!(input, FnArg::Typed(parameter) if self.is_bare_token(&parameter.ty))
    }

    fn is_bare_token(&self, ty: &Type) -> bool {
        let mut ty = ty.clone();
        let Some(path) = path_of(&mut ty) else { return false };
        self.is_token(path) && path.segments.last().is_some_and(|last| is_bare(&last.arguments))
    }
}

/// Whether a path begins with a type parameter, and leads to nothing that the module knows.
pub(crate) fn begins_with_parameter(path: &Path, generics: &Generics) -> bool {
    let first = path.segments.first().filter(|_| path.leading_colon.is_none());
    first.is_some_and(|first| type_parameter(&first.ident, generics).is_some())
}

/// The type parameter of this name.
pub(crate) fn type_parameter<'a>(name: &Ident, generics: &'a Generics) -> Option<&'a Ident> {
    let mut names = generics.type_params().map(|parameter| &parameter.ident);
    names.find(|parameter| parameter.unraw() == name.unraw())
}

/// Whether a type parameter may be gone in the end.
pub(crate) fn has_condition(generics: &Generics) -> bool {
    generics.params.iter().any(|parameter| {
        let (GenericParam::Type(syn::TypeParam { attrs, .. })
        | GenericParam::Const(syn::ConstParam { attrs, .. })
        | GenericParam::Lifetime(syn::LifetimeParam { attrs, .. })) = parameter;
        !attrs.iter().all(|attribute| is_one_of(attribute, &LINTS))
    })
}

/// A `Token` of ours for the declared scopes.
struct Found<'a> {
    segment: &'a mut PathSegment,
    is_bare: bool,
    is_optional: bool,
}

impl Found<'_> {
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
