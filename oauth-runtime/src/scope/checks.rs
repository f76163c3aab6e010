//! What the compiler checks of declarations, since types can be given any name and any promise.

use super::Scope;
use super::catalogue::CATALOGUE;
use super::requirement::Declaration;

/// Fails to compile unless this is the declaration of the catalogue's scope at the index: for a
/// path that names it. For the macros alone.
#[doc(hidden)]
pub const fn assert_scope(declaration: &Declaration, index: u16) {
    let known = match declaration.lone_scope() {
        Some(scope) => scope.index(),
        None => None,
    };
    let is_it = matches!(known, Some(known) if known == index);
    assert!(
        is_it,
        "this type has the name of a scope of the catalogue, and is not that scope: give it another \
         name, or take the one of `oauth_runtime::scope`"
    );
}

/// Fails to compile unless this is the declaration of a type that `scope!` made. For the macros
/// alone.
#[doc(hidden)]
pub const fn assert_own_scope(declaration: &Declaration) {
    let scope = declaration.lone_scope();
    assert!(scope.is_some(), "a set is no scope: write its scopes, or take `Token<Name>` of it");
    let known = matches!(scope, Some(scope) if scope.index().is_some());
    assert!(
        !known,
        "a scope of the catalogue goes by the name of its type in `oauth_runtime::scope`"
    );
}

/// A path of a list stands for a scope of the provider that the list is for. For the macros alone.
#[doc(hidden)]
pub const fn assert_provider(declaration: &Declaration, provider: Option<&str>) {
    assert!(
        is_same_provider(declaration.provider, provider),
        "a list asks one provider, and this scope is of another: compare `provider = \"…\"` on both"
    );
}

const fn is_same_provider(one: Option<&str>, other: Option<&str>) -> bool {
    match (not_google(one), not_google(other)) {
        (None, None) => true,
        (Some(one), Some(other)) => is_same_text(one.as_bytes(), other.as_bytes()),
        _ => false,
    }
}

/// Fails to compile unless whatever meets the first declaration meets the second, at the same
/// provider: [`Covers`] says so too, and can be implemented by hand.
pub(crate) const fn assert_covers(handler: &Declaration, part: &Declaration) {
    let same = is_same_provider(part.provider, handler.provider);
    assert!(same, "this token is of another provider than the one that it is narrowed to");
    let mut place = 0;
    while place < part.scopes.len() {
        assert!(
            always_holds(handler, part.scopes[place]),
            "this token may lack what it is narrowed to: only the macros implement `Covers`"
        );
        place += 1;
    }
    assert!(part.any.is_empty(), "a token is narrowed to a scope, and `any(…)` is a choice");
}

/// The catalogue is Google's, whether that is said or not.
const fn not_google(provider: Option<&str>) -> Option<&str> {
    match provider {
        Some(key) if is_same_text(key.as_bytes(), b"google") => None,
        other => other,
    }
}

const fn is_same_text(one: &[u8], other: &[u8]) -> bool {
    let mut same = one.len() == other.len();
    let mut place = 0;
    while same && place < one.len() {
        same = one[place] == other[place];
        place += 1;
    }
    same
}

/// The scope of a type that `scope!` made. For the macros alone.
#[doc(hidden)]
pub const fn own_scope(declaration: &Declaration) -> Scope {
    match declaration.lone_scope() {
        Some(scope) => scope,
        // `assert_own_scope` tells of it.
        None => Scope::verbatim("none"),
    }
}

/// Whether what meets the declaration always holds the scope: one that is needed covers it, or
/// each of a list does of which one suffices.
const fn always_holds(declaration: &Declaration, scope: Scope) -> bool {
    let mut list = 0;
    while list < declaration.any.len() {
        let any = declaration.any[list];
        if covering(any, scope) == any.len() {
            return true;
        }
        list += 1;
    }
    covering(declaration.scopes, scope) > 0
}

/// How many of the scopes cover the one.
const fn covering(scopes: &[Scope], scope: Scope) -> usize {
    let (mut count, mut place) = (0, 0);
    while place < scopes.len() {
        if covers(scopes[place], scope) {
            count += 1;
        }
        place += 1;
    }
    count
}

/// Whether the one scope is the other, or covers it.
const fn covers(one: Scope, other: Scope) -> bool {
    let covered = match one.index() {
        Some(index) => CATALOGUE[index as usize].covers,
        None => &[],
    };
    let mut found = is_same_text(one.name().as_bytes(), other.name().as_bytes());
    let mut place = 0;
    while let (false, Some(index)) = (found || place == covered.len(), other.index()) {
        found = covered[place] == index;
        place += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &str) -> &'static [Scope] {
        names.split_whitespace().map(|name| Scope::find(name).unwrap()).collect::<Vec<_>>().leak()
    }

    /// Everything before the bar is needed, and one of what follows it.
    fn declared(text: &str) -> Declaration {
        let (all, any) = text.split_once('|').unwrap_or((text, ""));
        let declaration = Declaration::new("x", "x", "x", 1, list(all));
        if any.is_empty() { declaration } else { declaration.any(vec![list(any)].leak()) }
    }

    fn is_refused(check: impl FnOnce() + std::panic::UnwindSafe) -> bool {
        std::panic::catch_unwind(check).is_err()
    }

    #[test]
    fn a_token_is_narrowed_to_what_it_holds_in_any_case_and_to_nothing_else() {
        for (handler, part, holds) in [
            ("drive.file", "drive.file", true),
            ("drive", "drive.readonly", true),
            ("tasks drive", "drive.metadata.readonly", true),
            ("email", "userinfo.email", true),
            ("drive.readonly", "drive", false),
            ("drive.file", "calendar", false),
            ("", "openid", false),
            ("drive | calendar calendar.events", "calendar.events.readonly", true),
            ("drive | calendar calendar.events", "calendar.readonly", false),
            ("tasks", "tasks | calendar drive", false),
        ] {
            let (handler_, part_) = (declared(handler), declared(part));
            let refused = is_refused(move || assert_covers(&handler_, &part_));
            assert_eq!(refused, !holds, "{handler:?} for {part:?}");
        }
    }

    #[test]
    fn the_closure_says_the_same_of_every_pair_of_scopes() {
        let all = CATALOGUE.iter().map(|entry| Scope::find(entry.name).unwrap());
        let all: Vec<_> = all.collect();
        for one in &all {
            let closure = crate::scope::ScopeSet::from_iter([*one]).closure();
            assert!(all.iter().all(|other| covers(*one, *other) == closure.contains(*other)));
        }
    }

    #[test]
    fn scopes_outside_the_catalogue_are_compared_by_name() {
        let own = |name| Declaration::new("x", "x", "x", 1, vec![Scope::verbatim(name)].leak());
        let github = |name| own(name).provider("github");
        assert!(!is_refused(|| assert_covers(&own("repo"), &own("repo"))));
        assert!(!is_refused(|| assert_covers(&github("repo"), &github("repo"))));
        assert!(!is_refused(|| assert_covers(&own("repo").provider("google"), &own("repo"))));
        assert!(is_refused(|| assert_covers(&github("repo"), &own("repo"))));
        assert!(is_refused(|| assert_covers(&github("repo"), &github("user"))));
    }
}
