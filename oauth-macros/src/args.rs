//! The grammar of the macros' arguments. Every mistake is collected, and none ends the reading.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, Token, parse_quote};

use crate::catalogue::{self, Name};

/// An option and how it is written.
type Form = (&'static str, &'static str);

const WHY: Form = ("why", "`why = \"…\"`");
const MARKER: Form = ("marker", "`marker = Name`");
const ALLOW: Form = ("allow", "`allow(wider)`");
const RESUME: Form = ("resume", "`resume = \"confirm\"` or `resume = \"never\"`");
const CRATE: Form = ("crate", "`crate = path`");

/// The options of the attribute.
const OF_HANDLER: [Form; 5] = [WHY, RESUME, MARKER, ALLOW, CRATE];
/// The options of a named set, which is its own marker.
const OF_SET: [Form; 3] = [WHY, ALLOW, CRATE];

/// All that is wrong with one use of a macro, each under the tokens that are to blame.
#[derive(Default)]
pub(crate) struct Mistakes(Vec<syn::Error>);

impl Mistakes {
    pub(crate) fn add(&mut self, span: Span, text: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, text));
    }

    /// Adds one that spans several tokens.
    pub(crate) fn add_at(&mut self, tokens: impl ToTokens, text: impl std::fmt::Display) {
        self.0.push(syn::Error::new_spanned(tokens, text));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl ToTokens for Mistakes {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.iter().map(syn::Error::to_compile_error));
    }
}

/// A scope as it was written.
pub(crate) struct Scope {
    pub(crate) literal: LitStr,
    pub(crate) name: Name,
}

/// What the arguments say.
pub(crate) struct Args {
    pub(crate) scopes: Vec<Scope>,
    pub(crate) why: Option<LitStr>,
    pub(crate) marker: Option<Ident>,
    /// Whether a form for the handler is kept until its sender has granted the scopes.
    pub(crate) holds_form: bool,
    /// The path of the runtime crate.
    pub(crate) runtime: Path,
    pub(crate) mistakes: Mistakes,
    /// Where the macro is called.
    pub(crate) here: Span,
    known: &'static [Form],
    given: Vec<String>,
    allows_wider: bool,
    tries_scope: bool,
}

impl Args {
    fn new(known: &'static [Form], here: Span) -> Self {
        Self {
            scopes: Vec::new(),
            why: None,
            marker: None,
            holds_form: true,
            runtime: parse_quote!(::oauth_runtime),
            mistakes: Mistakes::default(),
            here,
            known,
            given: Vec::new(),
            allows_wider: false,
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

    fn read(&mut self, arguments: TokenStream) {
        for argument in split(arguments) {
            self.argument(argument);
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
            _ => self.scope(tokens),
        }
    }

    fn scope(&mut self, tokens: TokenStream) {
        self.tries_scope = true;
        let Ok(literal) = syn::parse2::<LitStr>(tokens.clone()) else {
            let written: String = tokens.clone().into_iter().map(|tree| tree.to_string()).collect();
            let example = catalogue::spelled(&written).unwrap_or("drive.file");
            let text = format!("a scope is a string literal: write `\"{example}\"`");
            return self.mistakes.add_at(tokens, text);
        };
        match catalogue::resolve(&literal.value()) {
            Ok(name) => self.scopes.push(Scope { literal, name }),
            Err(text) => self.mistakes.add(literal.span(), text),
        }
    }

    fn option(&mut self, option: &Ident, tokens: TokenStream) {
        let name = option.to_string();
        let Some((_, form)) = self.known.iter().find(|(known, _)| *known == name) else {
            let forms: Vec<_> = self.known.iter().map(|(_, form)| *form).collect();
            let text = format!("unknown option `{name}`: expected one of {}", forms.join(", "));
            return self.mistakes.add(option.span(), text);
        };
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
            self.allows_wider = allowed(&input.parse()?)?;
            return Ok(());
        }
        input.parse::<Token![=]>()?;
        match option.to_string().as_str() {
            "why" => self.why = self.reason(input.parse()?),
            "marker" => self.marker = Some(input.parse()?),
            "resume" => self.holds_form = holds_form(&input.parse()?)?,
            _ => self.runtime = input.call(Path::parse_mod_style)?,
        }
        Ok(())
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

    fn check_list(&mut self, example: &str) {
        if !self.tries_scope {
            let text = format!("expected at least one scope, as in {example}");
            self.mistakes.add(self.here, text);
        }
        for place in 0..self.scopes.len() {
            if let Some(text) = self.redundancy(place) {
                self.mistakes.add(self.scopes[place].literal.span(), text);
            }
        }
    }

    /// Why the scope at this place adds nothing to the others, if so.
    fn redundancy(&self, place: usize) -> Option<String> {
        let scope = &self.scopes[place];
        let name = scope.literal.value();
        if self.scopes[..place].iter().any(|earlier| is_same(earlier, scope)) {
            return Some(format!("scope `{name}` is given twice: keep one"));
        }
        if self.allows_wider {
            return None;
        }
        let mut others = self.scopes.iter().enumerate().filter(|(at, _)| *at != place);
        // Of two names of one scope, the later is the one too many.
        let (_, wider) = others
            .find(|(at, other)| covers(other, scope) && (*at < place || !covers(scope, other)))?;
        let relation = if covers(scope, wider) { "is the same as" } else { "covers" };
        let wider = wider.literal.value();
        Some(format!(
            "`{wider}` {relation} `{name}`: leave this one out, or write `allow(wider)` to ask for both"
        ))
    }
}

/// Where the macro is called. Seen as part of its input, so that the compiler adds no remark on
/// the macro to what is the mistake of its user.
pub(crate) fn call_site(input: &TokenStream) -> Span {
    let first = input.clone().into_iter().next();
    first.map_or_else(Span::call_site, |first| Span::call_site().resolved_at(first.span()))
}

fn is_same(one: &Scope, other: &Scope) -> bool {
    match (one.name, other.name) {
        (Name::Known(one), Name::Known(other)) => one == other,
        _ => one.literal.value() == other.literal.value(),
    }
}

fn covers(one: &Scope, other: &Scope) -> bool {
    match (one.name, other.name) {
        (Name::Known(one), Name::Known(other)) if one != other => {
            catalogue::closure([one]).contains(&other)
        }
        _ => false,
    }
}

fn allowed(group: &Group) -> syn::Result<bool> {
    let word: Ident = syn::parse2(group.stream())?;
    if group.delimiter() == Delimiter::Parenthesis && word == "wider" {
        return Ok(true);
    }
    Err(syn::Error::new(word.span(), "unknown permission"))
}

/// `"confirm"` lets the person look at a kept form and send it, `"never"` keeps none.
fn holds_form(word: &LitStr) -> syn::Result<bool> {
    match word.value().as_str() {
        "confirm" => Ok(true),
        "never" => Ok(false),
        _ => Err(syn::Error::new(word.span(), "unknown word")),
    }
}

/// Whether what follows a word makes an option of it.
fn is_option(next: &TokenTree) -> bool {
    match next {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
        TokenTree::Punct(punct) => punct.as_char() == '=',
        _ => false,
    }
}

/// Takes the arguments apart at their commas; a comma with nothing before it stands alone.
pub(crate) fn split(arguments: TokenStream) -> Vec<TokenStream> {
    let mut parts = Vec::new();
    let mut part = TokenStream::new();
    for tree in arguments {
        let is_comma = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ',');
        if !is_comma || part.is_empty() {
            part.extend([tree]);
        }
        if is_comma {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts.extend(Some(part).filter(|part| !part.is_empty()));
    parts
}
