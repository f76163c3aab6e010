//! The grammar of the macros' arguments. Every mistake is collected, and none ends the reading.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, Token, parse_quote};

use crate::list;
use crate::mistakes::Mistakes;
use crate::options::{
    Allowed, allowed, allows_all_origins, holds_form, is_option, is_value, provider_of, split,
};
use crate::scope::{Scope, scope_type};

/// An option and how it is written.
type Form = (&'static str, &'static str);

const ANY: Form = ("any", "`any(\"…\", \"…\")`");
const OPTIONAL: Form = ("optional", "`optional(\"…\")`");
const PROVIDER: Form = ("provider", "`provider = \"github\"`");
const WHY: Form = ("why", "`why = \"…\"`");
const MARKER: Form = ("marker", "`marker = Name`");
const ALLOW: Form = ("allow", "`allow(wider)`, `allow(conflict)` or `allow(retired)`");
const RESUME: Form = ("resume", "`resume = \"confirm\"` or `resume = \"never\"`");
const CROSS_ORIGIN: Form = ("cross_origin", "`cross_origin = \"allow\"`");
const CRATE: Form = ("crate", "`crate = path`");

/// The options of the attribute.
const OF_HANDLER: [Form; 9] =
    [ANY, OPTIONAL, PROVIDER, WHY, RESUME, MARKER, ALLOW, CROSS_ORIGIN, CRATE];
/// The options of a named set, which is its own marker.
const OF_SET: [Form; 6] = [ANY, OPTIONAL, PROVIDER, WHY, ALLOW, CRATE];
/// The options of a scope of the app's own.
const OF_OWN: [Form; 2] = [PROVIDER, CRATE];

/// What the arguments say.
pub(crate) struct Args {
    /// The scopes that are all needed.
    pub(crate) scopes: Vec<Scope>,
    /// Lists of which one scope each suffices.
    pub(crate) any: Vec<Vec<Scope>>,
    /// The scopes that are asked for along with a missing one.
    pub(crate) optional: Vec<Scope>,
    /// The key of the provider, where it is not the one that signs people in.
    pub(crate) provider: Option<LitStr>,
    pub(crate) why: Option<LitStr>,
    pub(crate) marker: Option<Ident>,
    /// Whether a form for the handler is kept until its sender has granted the scopes.
    pub(crate) holds_form: bool,
    /// Whether pages of other origins may send requests to the handler.
    pub(crate) cross_origin: bool,
    /// The path of the runtime crate.
    pub(crate) runtime: Path,
    pub(crate) mistakes: Mistakes,
    /// Where the macro is called.
    pub(crate) here: Span,
    known: &'static [Form],
    given: Vec<String>,
    pub(crate) allowed: Allowed,
    tries_scope: bool,
}

impl Args {
    fn new(known: &'static [Form], here: Span) -> Self {
        Self {
            scopes: Vec::new(),
            any: Vec::new(),
            optional: Vec::new(),
            provider: None,
            why: None,
            marker: None,
            holds_form: true,
            cross_origin: false,
            runtime: parse_quote!(::oauth_runtime),
            mistakes: Mistakes::default(),
            here,
            known,
            given: Vec::new(),
            allowed: Allowed::default(),
            tries_scope: false,
        }
    }

    /// The arguments of the attribute, which stands here.
    pub(crate) fn of_handler(arguments: TokenStream, here: Span) -> Self {
        let mut args = Self::new(&OF_HANDLER, here);
        args.read(arguments);
        args.check_list("`#[requires_scopes(\"drive.file\")]`; for sign-in alone take `User`");
        args
    }

    /// The arguments of a set: the options in parentheses, and the list.
    pub(crate) fn of_set(options: TokenStream, list: TokenStream, here: Span) -> Self {
        let mut args = Self::new(&OF_SET, here);
        args.read(options);
        args.read(list);
        args.check_list("`scope_set!(pub Backup = \"drive.file\", \"drive.appdata\")`");
        args
    }

    /// The arguments of a scope of the app's own: the options in parentheses, and its name.
    pub(crate) fn of_own(options: TokenStream, name: TokenStream, here: Span) -> Self {
        let mut args = Self::new(&OF_OWN, here);
        args.read(options);
        args.read(name);
        args.check_list("`scope!(pub Invoices = \"https://api.example.com/auth/invoices\")`");
        args
    }

    /// Every scope, wherever it stands.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Scope> {
        self.scopes.iter().chain(self.any.iter().flatten()).chain(&self.optional)
    }

    /// The scopes that are asked for where they are missing.
    pub(crate) fn asked(&self) -> impl Iterator<Item = &Scope> {
        self.scopes.iter().chain(self.any.iter().filter_map(|list| list.first()))
    }

    /// The catalogue is Google's: at another provider every name is that provider's own.
    pub(crate) fn foreign_provider(&self) -> Option<&LitStr> {
        self.provider.as_ref().filter(|key| key.value() != "google")
    }

    fn read(&mut self, arguments: TokenStream) {
        let arguments = split(arguments);
        // What a scope means depends on it, wherever it stands.
        self.provider = self.provider.take().or_else(|| arguments.iter().find_map(provider_of));
        for argument in arguments {
            self.argument(argument);
        }
    }

    fn read_scope(&self, tokens: &TokenStream) -> syn::Result<Scope> {
        match self.foreign_provider() {
            Some(_) => Scope::read_foreign(tokens),
            None => Scope::read(tokens),
        }
    }

    fn argument(&mut self, tokens: TokenStream) {
        let mut trees = tokens.clone().into_iter();
        match (trees.next(), trees.next()) {
            (Some(TokenTree::Punct(comma)), None) if comma.as_char() == ',' => {
                self.mistakes.add(comma.span(), "expected a scope or an option before this comma");
            }
            (Some(TokenTree::Ident(option)), Some(next)) if is_option(&next) => {
                self.option(&option, tokens);
            }
            _ => self.scope(&tokens),
        }
    }

    fn scope(&mut self, tokens: &TokenStream) {
        self.tries_scope = true;
        match self.read_scope(tokens) {
            Ok(scope) => self.scopes.push(scope),
            Err(mistake) => self.mistakes.push(mistake),
        }
    }

    /// The scopes in the parentheses of `any(…)` or `optional(…)`.
    fn inner_list(&mut self, word: &Ident, tokens: TokenStream) -> Vec<Scope> {
        let Some(TokenTree::Group(group)) = tokens.into_iter().nth(1) else { return Vec::new() };
        let parts = split(group.stream());
        let few = usize::from(word == "any") + 1;
        if parts.len() < few {
            let text = match word.to_string().as_str() {
                "any" => {
                    "`any` needs two scopes or more, of which one suffices: a single one is \
                          written without it"
                }
                _ => "`optional` needs a scope: write `optional(\"…\")`, or leave it out",
            };
            self.mistakes.add_at(group, text);
        }
        let scopes: Vec<_> = parts.iter().map(|part| self.read_scope(part)).collect();
        let scopes = scopes.into_iter();
        scopes
            .filter_map(|scope| scope.map_err(|mistake| self.mistakes.push(mistake)).ok())
            .collect()
    }

    fn option(&mut self, option: &Ident, tokens: TokenStream) {
        let name = option.to_string();
        let Some((_, form)) = self.known.iter().find(|(known, _)| *known == name) else {
            let forms: Vec<_> = self.known.iter().map(|(_, form)| *form).collect();
            let text = format!("unknown option `{name}`: expected one of {}", forms.join(", "));
            return self.mistakes.add(option.span(), text);
        };
        if !is_value(&tokens) && (name == "any" || name == "optional") {
            self.tries_scope |= name == "any";
            let scopes = self.inner_list(option, tokens);
            match name.as_str() {
                "any" => self.any.push(scopes),
                _ => self.optional.extend(scopes),
            }
            return;
        }
        if self.given.contains(&name) {
            return self.mistakes.add(option.span(), format!("`{name}` is given twice: keep one"));
        }
        self.given.push(name);
        let parser = |input: ParseStream<'_>| self.value(option, input);
        if parser.parse2(tokens.clone()).is_err() {
            self.mistakes.add_at(tokens, format!("expected {form}"));
        }
    }

    fn value(&mut self, option: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        input.call(syn::ext::IdentExt::parse_any).map(|_: Ident| ())?;
        if option == "allow" {
            self.allowed = allowed(&input.parse()?)?;
            return Ok(());
        }
        input.parse::<Token![=]>()?;
        match option.to_string().as_str() {
            "provider" => self.provider_key(input.parse()?),
            "why" => self.why = self.reason(input.parse()?),
            "marker" => self.marker = Some(input.parse()?),
            "resume" => self.holds_form = holds_form(&input.parse()?)?,
            "cross_origin" => self.cross_origin = allows_all_origins(&input.parse()?)?,
            "crate" => self.runtime = input.call(Path::parse_mod_style)?,
            _ => return Err(input.error("parentheses belong here")),
        }
        Ok(())
    }

    /// A key stands in the path of a callback.
    fn provider_key(&mut self, key: LitStr) {
        let text = key.value();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if text.is_empty() || !text.bytes().all(plain) {
            let text = "the key of a provider has letters, digits, `-` and `_`: expected the one \
                        that the app gave it, such as \"github\"";
            self.mistakes.add(key.span(), text);
        }
        self.provider = Some(key);
    }

    fn reason(&mut self, why: LitStr) -> Option<LitStr> {
        if why.value().trim().is_empty() {
            let text = "`why` is what the user reads before consenting: expected a reason, \
                        such as \"save your report to your Drive\"";
            self.mistakes.add(why.span(), text);
            return None;
        }
        Some(why)
    }

    /// Whether the attribute says nothing of scopes, and lets in requests of all origins.
    pub(crate) fn is_without_scopes(&self) -> bool {
        let others = ["why", "resume", "marker", "allow", "provider"];
        self.cross_origin
            && !self.tries_scope
            && self.optional.is_empty()
            && !self.given.iter().any(|given| others.contains(&given.as_str()))
    }

    fn check_list(&mut self, example: &str) {
        if self.is_without_scopes() {
            return;
        }
        if !self.tries_scope
            && let Some(scope) = self.optional.first()
        {
            let name =
                scope.index().map_or_else(|| "…".into(), |index| scope_type(index).to_string());
            let text = format!(
                "nothing is required here, along with which this could be asked for: a handler \
                 that can do without takes `Option<Token<scope::{name}>>`"
            );
            self.mistakes.add(scope.span(), text);
        } else if !self.tries_scope && self.foreign_provider().is_none() {
            let text = format!("expected at least one scope, as in {example}");
            self.mistakes.add(self.here, text);
        }
        for (span, text) in list::mistakes(self) {
            self.mistakes.add(span, text);
        }
    }
}

/// Where the macro is called. Seen as part of its input, so that the compiler adds no remark on
/// the macro to what is the mistake of its user.
pub(crate) fn call_site(input: &TokenStream) -> Span {
    let first = input.clone().into_iter().next();
    first.map_or_else(Span::call_site, |first| Span::call_site().resolved_at(first.span()))
}
