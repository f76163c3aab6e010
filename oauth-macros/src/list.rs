//! What is wrong with a list of scopes as a whole: scopes too many, retired, or at odds.

use crate::args::Args;
use crate::catalogue;
use crate::options::Allowed;
use crate::scope::Scope;

/// Every mistake, at the scope that is to blame.
pub(crate) fn mistakes(args: &Args) -> Vec<(proc_macro2::Span, String)> {
    let mut found = Vec::new();
    let mut blame = |scope: &Scope, text: Option<String>| {
        found.extend(text.map(|text| (scope.span(), text)));
    };
    let lists = || std::iter::once(&args.scopes).chain(&args.any).chain([&args.optional]);
    for list in lists() {
        for (place, scope) in list.iter().enumerate() {
            blame(scope, redundancy(list, place, args.allowed));
        }
    }
    for scope in args.any.iter().flatten() {
        blame(scope, always_there(scope, args, "`any` then changes nothing, leave it out"));
    }
    for scope in &args.optional {
        blame(scope, always_there(scope, args, "it is not optional, leave it out here"));
    }
    for scope in lists().flatten().filter(|_| args.foreign_provider().is_none()) {
        blame(scope, retired(scope, args.allowed));
        let others = lists().flatten();
        blame(scope, others.into_iter().find_map(|other| conflict(scope, other, args.allowed)));
    }
    found
}

/// Why the scope at this place adds nothing to the others, if so.
fn redundancy(list: &[Scope], place: usize, allowed: Allowed) -> Option<String> {
    let scope = &list[place];
    let name = scope.text();
    if list[..place].iter().any(|earlier| earlier.is_same(scope)) {
        return Some(format!("scope `{name}` is given twice: keep one"));
    }
    if allowed.wider {
        return None;
    }
    let mut others = list.iter().enumerate().filter(|(at, _)| *at != place);
    // Of two names of one scope, the later is the one too many.
    let (_, wider) =
        others.find(|(at, other)| other.covers(scope) && (*at < place || !scope.covers(other)))?;
    let relation = if scope.covers(wider) { "is the same as" } else { "covers" };
    let wider = wider.text();
    Some(format!(
        "`{wider}` {relation} `{name}`: leave this one out, or write `allow(wider)` to ask for both"
    ))
}

/// Why a scope that may be missing is never missing, if so.
fn always_there(scope: &Scope, args: &Args, remedy: &str) -> Option<String> {
    let required = args.scopes.iter().find(|other| other.is_same(scope) || other.covers(scope))?;
    let (name, required) = (scope.text(), required.text());
    let because =
        if name == required { "it is" } else { &format!("`{required}` covers it and is") };
    Some(format!("`{name}` is always granted here, since {because} required: {remedy}"))
}

fn retired(scope: &Scope, allowed: Allowed) -> Option<String> {
    let remedy = catalogue::retired(&scope.full_name()?).filter(|_| !allowed.retired)?;
    let text = catalogue::is_retired(&scope.text(), remedy);
    Some(format!("{text}; or write `allow(retired)` if it still works for you"))
}

fn conflict(scope: &Scope, other: &Scope, allowed: Allowed) -> Option<String> {
    let why = catalogue::conflict(scope.index()?, other.index()?).filter(|_| !allowed.conflict)?;
    let (name, other) = (scope.text(), other.text());
    Some(format!(
        "`{name}` spoils `{other}`: {why}. Leave this one out, or write `allow(conflict)`"
    ))
}
