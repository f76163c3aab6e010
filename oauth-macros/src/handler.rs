//! `#[requires_scopes]`: checks the handler, fills in its `Token` and adds its marker.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, GenericParam, Signature, Type, Visibility, parse_quote};

use crate::args::{Args, call_site};
use crate::marker::{Marker, Of, conditions, first_scope_type};
use crate::parameters::{Names, begins_with_parameter, early_bodies, is_certain, type_parameter};
use crate::proof::{self, Guard};

/// A type of one of these names would hide the primitive in the whole module.
const PRIMITIVES: [&str; 19] = [
    "bool", "char", "f16", "f32", "f64", "f128", "i8", "i16", "i32", "i64", "i128", "isize", "str",
    "u8", "u16", "u32", "u64", "u128", "usize",
];

/// The number of parameters from which on clippy complains about one more.
const MANY: usize = 7;

/// The number of parameters that axum takes.
const MOST: usize = 16;

/// The function and its marker, and what is wrong with either.
pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut args = Args::of_handler(arguments, call_site(item));
    match syn::parse2::<Handler>(item.clone()) {
        Ok(handler) if handler.signature.receiver().is_some() => handler.expand_method(args),
        Ok(handler) => handler.expand(args),
        Err(_) => {
            let text = "`#[requires_scopes]` goes on a handler: expected a free `async fn`";
            args.mistakes.add(args.here, text);
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
        if args.is_without_scopes() {
            return self.expand_without_scopes(args);
        }
        let name = self.marker_name(&mut args);
        self.check_names(&name, &mut args);
        let is_provable = proof::is_possible(&self.attributes, &self.signature, &mut args);
        let begins_with_token = self.fill(&parse_quote!(#name), &name, &mut args);
        let by_token = begins_with_token && is_provable;
        let guard = if by_token { Guard::Token } else { Guard::Declared };
        let fits = self.check_number(guard, &mut args);
        let declared = (!by_token).then_some(&name);
        let more = if fits { self.inject(declared, &args) } else { None };
        let proves = is_provable && args.mistakes.is_empty();
        let proof = proves.then(|| proof::of(&self.signature, guard, &name, &args));
        let Self { attributes, visibility, signature, body } = &self;
        let marker = Marker {
            name: &name,
            shown: &signature.ident,
            proof,
            visibility,
            attributes: &[quote!(#[doc(hidden)])],
            conditions: &conditions(attributes),
            args: &args,
            of: Of::Handler,
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
        for body in early_bodies(&self.signature) {
            let text = "this reads the request's body, so it has to be the last parameter";
            args.mistakes.add_at(body, text);
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

    /// A generic parameter hides what else has its name, and the caller of the function says
    /// what it is: it would take the place of the guard.
    fn check_names(&self, marker: &Ident, args: &mut Args) {
        let (function, generics) = (&self.signature.ident, &self.signature.generics);
        if let Some(parameter) = type_parameter(marker, generics) {
            let text = format!(
                "this type parameter would take the place of the handler's scopes, which go by \
                 the name `{marker}` too: rename it, or write `marker = Name`"
            );
            args.mistakes.add(parameter.span(), text);
        }
        if begins_with_parameter(&args.runtime, generics)
            && let Some(first) = args.runtime.segments.first()
        {
            let text =
                format!("a type parameter of this handler hides `{}`: rename it", first.ident);
            args.mistakes.add(first.span(), text);
        }
        for parameter in &generics.params {
            if let GenericParam::Const(parameter) = parameter
                && parameter.ident.unraw() == function.unraw()
            {
                let text = "this hides the handler, which has the same name: rename it";
                args.mistakes.add(parameter.ident.span(), text);
            }
        }
    }

    /// Fills `requirement` into the bare `Token`; says whether the parameters begin with it.
    fn fill(&mut self, requirement: &Type, marker: &Ident, args: &mut Args) -> bool {
        let Signature { generics, inputs, .. } = &mut self.signature;
        let runtime = &args.runtime.clone();
        Names { runtime, marker, generics }.fill(inputs.iter_mut(), requirement, args)
    }

    /// There is nothing to guard, and no marker: what the handler takes of the library is told
    /// that pages of other origins may send requests.
    fn expand_without_scopes(mut self, mut args: Args) -> TokenStream {
        let function = self.signature.ident.clone();
        let (runtime, scope) = (args.runtime.clone(), first_scope_type(&args));
        let names =
            Names { runtime: &runtime, marker: &function, generics: &self.signature.generics };
        let tokens = self.signature.inputs.iter().filter(|input| names.is_token_input(input));
        for token in tokens {
            let text = "this attribute names no scopes for a `Token`: write them before the \
                        option, or take `User`";
            args.mistakes.add_at(token, text);
        }
        // So that this is all the compiler complains about.
        self.fill(&parse_quote!(#runtime::scope::#scope), &function, &mut args);
        let fits = self.check_number(Guard::Token, &mut args);
        let more = if fits { self.inject(None, &args) } else { None };
        let Self { attributes, visibility, signature, body } = &self;
        let mistakes = &args.mistakes;
        quote!(#(#attributes)* #more #visibility #signature #body #mistakes)
    }

    /// Puts what guards the handler before all other parameters, and calms clippy where that makes
    /// one too many.
    fn inject(&mut self, declared: Option<&Ident>, args: &Args) -> Option<Attribute> {
        let runtime = &args.runtime;
        let opens = args.cross_origin.then(|| parse_quote!(_: #runtime::AllowCrossOrigin));
        let guard = declared.map(|name| parse_quote!(_: #runtime::Declared<#name>));
        let guards: Vec<FnArg> = opens.into_iter().chain(guard).collect();
        let inputs = &mut self.signature.inputs;
        let (all, certain) = (inputs.len(), inputs.iter().filter(|one| is_certain(one)).count());
        let is_too_many = certain <= MANY && all + guards.len() > MANY;
        for (place, guard) in guards.into_iter().enumerate() {
            inputs.insert(place, guard);
        }
        is_too_many.then(|| parse_quote!(#[allow(clippy::too_many_arguments)]))
    }

    /// Whether axum takes the parameters and the guard: it says nothing of there being too many.
    fn check_number(&self, guard: Guard, args: &mut Args) -> bool {
        let injected = usize::from(args.cross_origin) + usize::from(guard == Guard::Declared);
        let text = match guard {
            Guard::Token if args.cross_origin => {
                "axum takes 16 parameters at most, and `cross_origin` puts one before these: take \
                 two of these as one, as in `(a, b): (A, B)`"
            }
            Guard::Token => {
                "axum takes 16 parameters at most: take two of these as one, as in \
                 `(a, b): (A, B)`"
            }
            Guard::Declared => {
                "axum takes 16 parameters at most, and the guard is put before these: begin with \
                 a `Token` without a `cfg`, or take two of these as one, as in `(a, b): (A, B)`"
            }
        };
        let mut certain = self.signature.inputs.iter().filter(|input| is_certain(input));
        let Some(one_too_many) = certain.nth(MOST - injected) else { return true };
        args.mistakes.add_at(one_too_many, text);
        false
    }
}

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "requires_scopes")
}

#[cfg(test)]
mod tests {
    use super::expand;
    use quote::ToTokens;
    use syn::{Item, ItemFn};

    fn file(arguments: &str, item: &str) -> syn::File {
        let output = expand(arguments.parse().unwrap(), &item.parse().unwrap());
        syn::parse2(output).unwrap()
    }

    fn errors(arguments: &str, item: &str) -> Vec<String> {
        let macros = file(arguments, item).items.into_iter().filter_map(|item| match item {
            Item::Macro(item) => Some(item.mac.tokens),
            _ => None,
        });
        macros.map(|text| syn::parse2::<syn::LitStr>(text).unwrap().value()).collect()
    }

    fn arguments_errors(arguments: &str) -> Vec<String> {
        errors(arguments, "async fn save(token: Token) {}")
    }

    /// The output as one line, but for the space that token streams put in.
    fn text(arguments: &str, item: &str) -> String {
        let items: Vec<_> = file(arguments, item).items.iter().map(compact).collect();
        items.join(" ")
    }

    fn compact(tokens: &impl ToTokens) -> String {
        tokens.to_token_stream().to_string().replace(' ', "")
    }

    fn parameters(inputs: &str) -> String {
        function("\"drive.file\"", inputs)
    }

    fn function(arguments: &str, inputs: &str) -> String {
        let Item::Fn(ItemFn { sig, .. }) =
            file(arguments, &format!("async fn save({inputs}) {{}}")).items.swap_remove(0)
        else {
            panic!("the function comes first")
        };
        compact(&sig.inputs)
    }

    #[test]
    fn the_marker_is_filled_into_the_token_and_the_guard_injected_where_none_begins() {
        let guard = "_:::oauth_runtime::Declared<save>";
        let cases = [
            ("token: Token", "token:Token<save>"),
            ("token: Token<_>", "token:Token<save>"),
            ("token: Token<save>", "token:Token<save>"),
            ("token: (Token)", "token:(Token<save>)"),
            ("token: oauth_runtime::Token", "token:oauth_runtime::Token<save>"),
            ("token: ::oauth_runtime::Token<_>", "token:::oauth_runtime::Token<save>"),
            ("mut token: Token, b: Form<B>", "muttoken:Token<save>,b:Form<B>"),
            ("", guard),
            ("a: A", &format!("{guard},a:A")),
            ("a: A, token: Token", &format!("{guard},a:A,token:Token<save>")),
            ("token: csrf::Token", &format!("{guard},token:csrf::Token")),
            ("token: &csrf::Token", &format!("{guard},token:&csrf::Token")),
            ("token: Form<Token>", &format!("{guard},token:Form<Token>")),
            ("token: Token<scope::Drive>", &format!("{guard},token:Token<scope::Drive>")),
            (
                "token: Option<Token<scope::Drive>>",
                &format!("{guard},token:Option<Token<scope::Drive>>"),
            ),
        ];
        for (inputs, expected) in cases {
            assert_eq!(parameters(inputs), expected, "{inputs}");
            assert_eq!(errors("\"drive.file\"", &format!("async fn save({inputs}) {{}}")), [""; 0]);
        }
    }

    /// A parameter that may be gone in the end guards nothing, and what comes after it may be all
    /// there is.
    #[test]
    fn a_parameter_under_a_condition_is_neither_the_guard_nor_one_too_many() {
        let guard = "_:::oauth_runtime::Declared<save>";
        for condition in ["cfg(a)", "cfg_attr(a, cfg(b))", "cfg_attr(a, allow(b))", "x", "a::x(1)"]
        {
            let tight = condition.replace(' ', "");
            let first = format!("#[{condition}] token: Token");
            let filled = format!("#[{tight}]token:Token<save>");
            let other = "#[cfg(not(a))] token: Token<_>";
            let both = format!("{guard},{filled},#[cfg(not(a))]token:Token<save>");
            let cases = [
                (first.clone(), format!("{guard},{filled}")),
                (format!("{first}, {other}"), both),
                (format!("{first}, b: Token"), format!("{guard},{filled},b:Token<save>")),
                (format!("a: Token, {first}"), format!("a:Token<save>,{filled}")),
                (
                    format!("#[{condition}] a: Form<A>, #[cfg(not(a))] b: Json<B>"),
                    format!("{guard},#[{tight}]a:Form<A>,#[cfg(not(a))]b:Json<B>"),
                ),
                (
                    format!("a: Form<A>, #[{condition}] b: Json<B>"),
                    format!("{guard},a:Form<A>,#[{tight}]b:Json<B>"),
                ),
            ];
            for (inputs, expected) in cases {
                assert_eq!(parameters(&inputs), expected, "{inputs}");
                let item = format!("async fn save({inputs}) {{}}");
                assert_eq!(errors("\"drive.file\"", &item), [""; 0], "{inputs}");
            }
        }
        for lint in ["allow(unused)", "expect(unused)", "deny(a::b)", "warn(a)", "forbid(a)"] {
            let expected = format!("#[{lint}]token:Token<save>");
            assert_eq!(parameters(&format!("#[{lint}] token: Token")), expected);
        }
    }

    /// What a generic parameter is, the caller of the function says.
    #[test]
    fn a_generic_parameter_takes_the_place_of_nothing() {
        let generic = |parameter: &str, input: &str| {
            let item = format!("async fn save<{parameter}>({input}) {{}}");
            let Item::Fn(ItemFn { sig, .. }) = file("\"drive\"", &item).items.swap_remove(0) else {
                panic!("the function comes first")
            };
            assert_eq!(errors("\"drive\"", &item), [""; 0], "{item}");
            compact(&sig.inputs)
        };
        let guard = "_:::oauth_runtime::Declared<save>";
        for (parameter, input, expected) in [
            ("'save", "token: Token", "token:Token<save>".to_owned()),
            ("T: Clone", "token: Token", "token:Token<save>".to_owned()),
            ("Token: Clone", "token: Token", format!("{guard},token:Token")),
            (
                "oauth_runtime: Clone",
                "a: oauth_runtime::Token",
                format!("{guard},a:oauth_runtime::Token"),
            ),
            (
                "oauth_runtime",
                "a: ::oauth_runtime::Token",
                "a:::oauth_runtime::Token<save>".to_owned(),
            ),
            ("Form: Clone", "a: Form, b: B", format!("{guard},a:Form,b:B")),
            ("#[cfg(a)] T", "token: Token", format!("{guard},token:Token<save>")),
        ] {
            assert_eq!(generic(parameter, input), expected, "{parameter}");
        }
        assert_eq!(
            parameters("token: Token, a: State<impl Clone>"),
            format!("{guard},token:Token<save>,a:State<implClone>"),
        );
    }

    #[test]
    fn the_compiler_is_asked_whether_the_function_begins_with_its_guard() {
        let asked = |arguments: &str, item: &str| {
            let output = text(arguments, item);
            let start = output.find("fn__begins_with_its_guard")?;
            Some(output[start..].split_once('}')?.0.to_owned())
        };
        let ask = |guard: &str, function: &str| {
            Some(format!(
                "::oauth_runtime::__private::begins_with::<::oauth_runtime::{guard},_,_>(&{function});"
            ))
        };
        for (item, signature, answer) in [
            ("async fn f(token: Token) {}", "()", ask("Token<f>", "f::<>")),
            ("async fn f(a: A) {}", "()", ask("Declared<f>", "f::<>")),
            ("async fn f(#[cfg(a)] token: Token) {}", "()", ask("Declared<f>", "f::<>")),
            (
                "async fn f<'a, T: A<'a>, const N: usize>(t: Token) where T: B {}",
                "<'a,T:A<'a>,constN:usize>()whereT:B,",
                ask("Token<f>", "f::<T,N>"),
            ),
            ("async fn f(token: Token, a: impl A) {}", "", None),
            ("async fn f<#[cfg(a)] T>(token: Token) {}", "", None),
        ] {
            let expected = answer.map(|ask| {
                format!("fn__begins_with_its_guard{}{{{ask}", signature.trim_end_matches(','))
            });
            assert_eq!(asked("\"drive\"", item), expected, "{item}");
        }
        assert_eq!(asked("\"drive.fil\"", "async fn f() {}"), None, "after a mistake");
    }

    #[test]
    fn what_opens_a_handler_comes_before_its_guard() {
        let opens = "_:::oauth_runtime::AllowCrossOrigin";
        let guard = "_:::oauth_runtime::Declared<save>";
        for (arguments, inputs, expected) in [
            ("\"drive\", cross_origin = \"allow\"", "token: Token", "token:Token<save>".into()),
            ("cross_origin = \"allow\", \"drive\"", "user: User", format!("{guard},user:User")),
            ("cross_origin = \"allow\"", "user: User", "user:User".to_owned()),
            ("cross_origin = \"allow\", crate = oauth_runtime", "u: User", String::new()),
        ] {
            let expected = match expected.as_str() {
                "" => "_:oauth_runtime::AllowCrossOrigin,u:User".to_owned(),
                _ => format!("{opens},{expected}"),
            };
            assert_eq!(function(arguments, inputs), expected, "{arguments}");
            assert_eq!(errors(arguments, &format!("async fn save({inputs}) {{}}")), [""; 0]);
        }
        let asks = text("\"drive\", cross_origin = \"allow\"", "async fn f(token: Token) {}");
        let both = "begins_with_both::<::oauth_runtime::AllowCrossOrigin,\
                    ::oauth_runtime::Token<f>,_,_>(&f::<>);";
        assert!(asks.contains(both), "{asks}");
    }

    #[test]
    fn an_attribute_that_only_opens_a_handler_has_nothing_else_to_say() {
        let open = "cross_origin = \"allow\"";
        for (arguments, item, expected) in [
            (open.to_owned(), "async fn f(a: Token) {}", "names no scopes for a `Token`"),
            (format!("{open}, why = \"x\""), "async fn f() {}", "expected at least one scope"),
            (format!("{open}, marker = M"), "async fn f() {}", "expected at least one scope"),
            ("cross_origin = \"deny\"".to_owned(), "async fn f() {}", "expected `cross_origin"),
            (format!("{open}, {open}"), "async fn f() {}", "given twice"),
        ] {
            let errors = errors(&arguments, item);
            assert!(errors.iter().any(|text| text.contains(expected)), "{arguments}: {errors:?}");
        }
    }

    #[test]
    fn a_token_behind_the_path_of_a_renamed_runtime_is_ours() {
        let arguments = "\"drive.file\", crate = my::oauth";
        assert_eq!(function(arguments, "token: my::oauth::Token"), "token:my::oauth::Token<save>");
        assert_eq!(function(arguments, ""), "_:my::oauth::Declared<save>");
        let output = text(arguments, "async fn save() {}");
        assert!(output.contains("implmy::oauth::Covers<my::oauth::scope::DriveFile>forsave{"));
        assert!(!output.contains("::oauth_runtime"));
    }

    #[test]
    fn a_declared_handler_leaves_its_marker_beside_it() {
        let output = text(
            "\"drive.file\", \"https://api.example.com/read\", why = \"keep it\"",
            "pub(crate) async fn save(token: Token) {}",
        );
        for expected in [
            "pub(crate)asyncfnsave(token:Token<save>){}",
            "#[doc(hidden)]#[doc=\"Thescopesof`save`:`drive.file`,`https://api.example.com/read`.\"]",
            "pub(crate)enumsave{}",
            "pub(crate)constSCOPES:&'static[&'static::core::primitive::str]=\
             &[\"https://www.googleapis.com/auth/drive.file\",\"https://api.example.com/read\"];",
            "impl::oauth_runtime::Requirementforsave{",
            "::oauth_runtime::Scope::verbatim(\"https://api.example.com/read\")]},).of_handler().why(\"keepit\");",
            "impl::oauth_runtime::Covers<::oauth_runtime::scope::DriveFile>forsave{",
        ] {
            assert!(output.contains(expected), "{expected}\nis not in\n{output}");
        }
        assert_eq!(output.matches("Covers<").count(), 1);
    }

    #[test]
    fn a_marker_covers_each_scope_of_the_closure_once() {
        let output =
            text("\"drive.readonly\", \"documents.readonly\", allow(wider)", "async fn f() {}");
        for scope in ["DriveReadonly", "DocumentsReadonly", "DriveMetadataReadonly"] {
            let line =
                format!("impl::oauth_runtime::Covers<::oauth_runtime::scope::{scope}>forf{{");
            assert_eq!(output.matches(&line).count(), 1, "{scope}");
        }
        assert!(!output.contains("scope::Drive>"));
    }

    #[test]
    fn another_name_raw_names_and_generics_are_kept() {
        let output = text("\"drive\", marker = Saves", "async fn save(token: Token) {}");
        assert!(
            output.contains("asyncfnsave(token:Token<Saves>){}") && output.contains("enumSaves{}")
        );
        let output = text("\"drive\"", "async fn r#type(token: Token) {}");
        assert!(output.contains("(token:Token<r#type>)") && output.contains("enumr#type{}"));
        assert!(output.contains("::new(\"type\","));
        let generic = "async fn f<B: Back, const N: usize>(t: Token, b: State<B>) -> String where B: Send { N }";
        let output = text("\"drive\"", generic);
        let kept = "asyncfnf<B:Back,constN:usize>(t:Token<f>,b:State<B>)->StringwhereB:Send{N}";
        assert!(output.contains(kept), "{output}");
    }

    #[test]
    fn the_conditions_of_the_function_hold_for_all_that_is_added() {
        let item = "#[cfg(a)] #[cfg_attr(b, cfg(c), instrument)] #[cfg_attr(d, instrument)] async fn f() {}";
        let output = text("\"drive\"", item);
        assert_eq!(output.matches("#[cfg(a)]").count(), 3);
        let nested = "#[cfg_attr(b, x, cfg_attr(c, y, cfg(d)))] async fn f() {}";
        let nested = text("\"drive\"", nested);
        assert_eq!(nested.matches("#[cfg_attr(b,cfg_attr(c,cfg(d)))]").count(), 2);
        assert_eq!(output.matches("#[cfg_attr(b,cfg(c),instrument)]").count(), 1);
        assert_eq!(output.matches("#[cfg_attr(b,cfg(c))]").count(), 2);
        assert_eq!(output.matches("instrument").count(), 2);
    }

    #[test]
    fn an_injected_guard_does_not_make_clippy_count_one_parameter_too_many() {
        let with = |count: usize| {
            text("\"drive\"", &format!("async fn f({}) {{}}", "_: A,".repeat(count)))
        };
        assert!(!with(6).contains("too_many_arguments"));
        assert!(with(7).contains("too_many_arguments"));
        assert!(!with(8).contains("too_many_arguments"));
        let either = "#[cfg(a)] _: A, #[cfg(not(a))] _: B, _: A, _: A, _: A, _: A, _: A, _: A";
        assert!(
            text("\"drive\"", &format!("async fn f({either}) {{}}")).contains("too_many_arguments")
        );
    }

    #[test]
    fn a_body_is_spliced_as_it_is() {
        let item = "async fn save(token: Token) { let x = ; @ }".parse().unwrap();
        let output = expand("\"drive\"".parse().unwrap(), &item).to_string();
        assert!(output.contains("{ let x = ; @ }"));
    }

    #[test]
    fn what_is_allowed_is_no_mistake() {
        for arguments in [
            "any(\"drive\", \"drive.readonly\"), allow(wider)",
            "\"gmail.readonly\", \"gmail.metadata\", allow(conflict)",
            "\"https://www.google.com/m8/feeds\", allow(retired, wider)",
        ] {
            assert_eq!(arguments_errors(arguments), [""; 0], "{arguments}");
        }
    }

    #[test]
    fn one_of_several_covers_what_all_of_them_cover() {
        let arguments = "any(\"calendar\", \"calendar.events\"), allow(wider)";
        let output = text(arguments, "async fn save(token: Token) {}");
        let says = |relation: &str, scope: &str| {
            output.contains(&format!(
                "oauth_runtime::{relation}<::oauth_runtime::scope::{scope}>forsave{{"
            ))
        };
        assert!(says("Covers", "CalendarEvents") && says("Covers", "CalendarEventsReadonly"));
        assert!(!says("Covers", "Calendar") && says("MayHold", "Calendar"));
        assert!(!says("MayHold", "CalendarEvents"), "{output}");
        assert!(output.contains(".any(const{&[const{&[::oauth_runtime::Scope::catalogue("));
    }

    #[test]
    fn an_optional_scope_may_be_held_and_is_not_covered() {
        let arguments =
            "\"drive.file\", optional(\"contacts\", \"contacts.readonly\"), allow(wider)";
        let output = text(arguments, "async fn save(token: Token) {}");
        for scope in ["Contacts", "ContactsReadonly"] {
            assert!(output.contains(&format!("MayHold<::oauth_runtime::scope::{scope}>forsave{{")));
            assert!(!output.contains(&format!("Covers<::oauth_runtime::scope::{scope}>")));
        }
        assert!(output.contains("ifgranted,`contacts`,`contacts.readonly`"), "{output}");
    }

    #[test]
    fn the_path_of_a_type_is_checked_by_the_compiler() {
        let output = text("scope::DriveFile, my::Bills", "async fn save(token: Token) {}");
        for expected in [
            "assert_scope(<scope::DriveFileas::oauth_runtime::Requirement>::DECLARATION,",
            "impl::oauth_runtime::Covers<::oauth_runtime::scope::DriveFile>forsave{",
            "own_scope(<my::Billsas::oauth_runtime::Requirement>::DECLARATION)",
            "impl::oauth_runtime::Covers<my::Bills>forsave{",
        ] {
            assert!(output.contains(expected), "{expected}\nis not in\n{output}");
        }
    }

    #[test]
    fn each_slip_in_the_arguments_says_what_to_write() {
        let options = "expected one of `any(\"…\", \"…\")`, `optional(\"…\")`, `provider = \"github\"`, `why = \"…\"`, `resume = \"confirm\"` or `resume = \"never\"`, `marker = Name`, `allow(wider)`, `allow(conflict)` or `allow(retired)`, `cross_origin = \"allow\"`, `crate = path`";
        let neither = |literal: &str, path: &str| {
            format!(
                "a scope is a string literal or the path of its type: write `\"{literal}\"` or `scope::{path}`"
            )
        };
        let no_scope = || neither("drive.file", "DriveFile");
        let allowed = "expected `allow(wider)`, `allow(conflict)` or `allow(retired)`";
        let wider = "leave this one out, or write `allow(wider)` to ask for both";
        let cases = [
            ("", "expected at least one scope, as in `#[requires_scopes(\"drive.file\")]`; for sign-in alone take `User`".into()),
            ("why = \"x\"", "expected at least one scope, as in `#[requires_scopes(\"drive.file\")]`; for sign-in alone take `User`".into()),
            ("\"\"", "a scope is not empty: expected a name such as `\"drive.file\"`".into()),
            ("\"drive.fil\"", "unknown scope `drive.fil`: did you mean `drive.file`?".into()),
            ("\"a b\"", "one literal is one scope: write `\"a\", \"b\"`".into()),
            ("drive.readonly", neither("drive.readonly", "DriveReadonly")),
            ("scope::Drive_readonly", neither("drive.readonly", "DriveReadonly")),
            ("DRIVE_FILE", no_scope()),
            ("SCOPE", no_scope()),
            ("b\"drive\"", no_scope()),
            ("\"drive\" \"calendar\"", no_scope()),
            ("\"drive\",, \"calendar\"", "expected a scope or an option before this comma".into()),
            ("\"drive\", \"drive\"", "scope `drive` is given twice: keep one".into()),
            ("\"drive\", \"https://www.googleapis.com/auth/drive\"", "scope `https://www.googleapis.com/auth/drive` is given twice: keep one".into()),
            ("\"https://a.example/x\", \"https://a.example/x\", allow(wider)", "scope `https://a.example/x` is given twice: keep one".into()),
            ("\"drive.readonly\", \"drive\"", format!("`drive` covers `drive.readonly`: {wider}")),
            ("\"email\", \"userinfo.email\"", format!("`email` is the same as `userinfo.email`: {wider}")),
            ("\"drive\", prompt = \"never\"", format!("unknown option `prompt`: {options}")),
            ("\"calendar\", any(\"drive.file\")", "`any` needs two scopes or more, of which one suffices: a single one is written without it".into()),
            ("any(\"drive.file\", 5)", no_scope()),
            ("any(\"drive.file\", \"calendr\")", "unknown scope `calendr`: did you mean `calendar`?".into()),
            ("any = \"drive\", \"calendar\"", "expected `any(\"…\", \"…\")`".into()),
            ("any(\"drive.file\", \"drive.file\")", "scope `drive.file` is given twice: keep one".into()),
            ("any(\"drive\", \"drive.readonly\")", format!("`drive` covers `drive.readonly`: {wider}")),
            ("\"drive\", any(\"drive.readonly\", \"calendar\")", "`drive.readonly` is always granted here, since `drive` covers it and is required: `any` then changes nothing, leave it out".into()),
            ("\"drive\", optional()", "`optional` needs a scope: write `optional(\"…\")`, or leave it out".into()),
            ("\"drive\", optional(\"drive\")", "`drive` is always granted here, since it is required: it is not optional, leave it out here".into()),
            ("\"drive\", optional(\"drive.readonly\")", "`drive.readonly` is always granted here, since `drive` covers it and is required: it is not optional, leave it out here".into()),
            ("optional(\"drive\")", "nothing is required here, along with which this could be asked for: a handler that can do without takes `Option<Token<scope::Drive>>`".into()),
            ("\"plus.me\"", "Google has retired `plus.me`: for name and picture write `profile`".into()),
            ("\"https://www.google.com/m8/feeds\"", "Google has retired `https://www.google.com/m8/feeds`: write `contacts`, for the People API; or write `allow(retired)` if it still works for you".into()),
            ("\"https://www.googleapis.com/auth/photoslibrary.sharing\"", "Google has retired `https://www.googleapis.com/auth/photoslibrary.sharing`: albums are shared in Google Photos itself: leave it out; or write `allow(retired)` if it still works for you".into()),
            ("\"gmail.readonly\", optional(scope::GmailMetadata)", "`scope::GmailMetadata` spoils `gmail.readonly`: a token that holds it cannot search (`q`) nor read whole messages, whatever else it holds, until the user revokes it. Leave this one out, or write `allow(conflict)`".into()),
            ("\"drive\", why = \"a\", why = \"b\"", "`why` is given twice: keep one".into()),
            ("\"drive\", why = \" \"", "`why` is what the user reads before consenting: expected a reason, such as \"save your report to your Drive\"".into()),
            ("\"drive\", resume = \"ask\"", "expected `resume = \"confirm\"` or `resume = \"never\"`".into()),
            ("\"drive\", resume = never", "expected `resume = \"confirm\"` or `resume = \"never\"`".into()),
            ("\"drive\", why = 5", "expected `why = \"…\"`".into()),
            ("\"drive\", why(\"x\")", "expected `why = \"…\"`".into()),
            ("\"drive\", marker = \"x\"", "expected `marker = Name`".into()),
            ("\"drive\", allow(all)", allowed.into()),
            ("\"drive\", allow(wider, all)", allowed.into()),
            ("\"drive\", allow = wider", allowed.into()),
            ("\"drive\", crate = 5", "expected `crate = path`".into()),
        ];
        for (arguments, expected) in cases {
            assert_eq!(arguments_errors(arguments), [expected], "{arguments}");
        }
    }

    #[test]
    fn lists_that_are_right_have_no_errors() {
        for arguments in [
            "\"drive.file\",",
            "\"drive\", \"drive.readonly\", allow(wider)",
            "why = \"x\", \"drive.file\", marker = save2, crate = crate::oauth",
            "\"https://api.example.com/anything\", \"drive\"",
        ] {
            assert_eq!(arguments_errors(arguments), [""; 0], "{arguments}");
        }
    }

    #[test]
    fn each_slip_in_the_function_says_what_to_write() {
        let goes_on = "`#[requires_scopes]` goes on a handler: expected a free `async fn`";
        let method = "`#[requires_scopes]` works on free functions: for a method declare a \
                      `scope_set!(Name = …)` beside the `impl` and take `Token<Name>`";
        let optional = "always `Some` here, since the handler runs only when its scopes are granted: take `Token`";
        let primitive = "a marker named `str` would hide the primitive type: write `marker = Name`, \
                         with a name of your choice";
        let second = "a second `Token` for the same scopes: one is enough, and `Clone`; another set \
                      is taken as `Token<Name>`";
        let last = "this reads the request's body, so it has to be the last parameter";
        let hides = "this type parameter would take the place of the handler's scopes, which go by \
                     the name `f` too: rename it, or write `marker = Name`";
        let watch = |why: &str| {
            format!(
                "an attribute like this one could take away the guard, and the compiler cannot \
                 watch over it because of {why}"
            )
        };
        let named = watch("`impl Trait` in a parameter: name it, as in `<T: Trait>`");
        let condition =
            watch("an attribute on a generic parameter: put the `cfg` above the whole function");
        let many = |count: usize, first: &str| {
            format!("async fn f({first}{}) {{}}", "_: A,".repeat(count))
        };
        let (injected, begun) = (many(16, ""), many(16, "_: Token,"));
        let cases = [
            ("struct S;", goes_on),
            ("enum E {}", goes_on),
            ("mod m {}", goes_on),
            ("const C: u8 = 0;", goes_on),
            ("fn f(token: Token) {}", "a handler is asynchronous: expected `async fn`"),
            ("async fn str(token: Token) {}", primitive),
            ("async fn f(form: axum::Form<A>, token: Token) {}", last),
            ("async fn f(Json(a): Json<A>, b: B) {}", last),
            ("async fn f(a: Token, b: Token<_>) {}", second),
            ("async fn f(a: A, b: Token, c: Token<_>) {}", second),
            ("async fn f<f: R>(token: Token) {}", hides),
            ("async fn f<#[cfg(a)] r#f>() {}", hides),
            (
                "async fn f<const f: usize>() {}",
                "this hides the handler, which has the same name: rename it",
            ),
            ("#[instrument] async fn f(a: A<impl B>) {}", &named),
            ("#[cfg_attr(a, b)] async fn f(a: impl A) {}", &named),
            ("#[instrument] async fn f<#[cfg(a)] T>(t: Token) {}", &condition),
            (
                &injected,
                "axum takes 16 parameters at most, and the guard is put before these: begin with \
                 a `Token` without a `cfg`, or take two of these as one, as in `(a, b): (A, B)`",
            ),
            (
                &begun,
                "axum takes 16 parameters at most: take two of these as one, as in \
                 `(a, b): (A, B)`",
            ),
            ("async fn f(a: Option<Token>) {}", optional),
            ("async fn f(a: &Token) {}", "a handler owns its `Token`: take it without the `&`"),
            ("async fn f(a: std::option::Option<oauth_runtime::Token<_>>) {}", optional),
            (
                "#[oauth_runtime::requires_scopes(\"drive\")] async fn f() {}",
                "a second `#[requires_scopes]`: put all scopes into one",
            ),
        ];
        for (item, expected) in cases {
            assert_eq!(errors("\"drive\"", item), [expected], "{item}");
        }
        let output = expand(
            "\"drive\"".parse().unwrap(),
            &"async fn f(&self, token: Token) {}".parse().unwrap(),
        );
        let output = output.to_string().replace(' ', "");
        assert!(output.contains(&method.replace(' ', "")));
        assert!(
            output.contains("token:Token<::oauth_runtime::scope::Drive>")
                && !output.contains("enum")
        );
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let item = "fn str(a: Token, b: Token, c: Option<Token>) {}";
        let texts = errors("\"drive.fil\", foo = 1, why = \"\", \"a b\"", item);
        assert_eq!(texts.len(), 8, "{texts:#?}");
    }

    #[test]
    fn after_a_mistake_the_rest_compiles_and_all_scopes_count_as_covered() {
        let item =
            "#[requires_scopes(\"drive\")] async fn str(a: Token, b: Token, c: Option<Token>) {}";
        let output = text("\"drive.fil\"", item);
        let kept =
            "asyncfnstr(a:Token<str_scopes>,b:Token<str_scopes>,c:Option<Token<str_scopes>>){}";
        assert!(output.contains(kept), "{output}");
        assert!(output.contains("enumstr_scopes{}"));
        assert!(output.contains("::oauth_runtime::Requirementforstr_scopes{"));
        assert!(output.contains("::oauth_runtime::Covers<__Scope>forstr_scopes{"));
        assert!(text("\"drive.fil\"", "struct S;").starts_with("structS;"));
    }
}
