//! The manifest itself.

use serde::Serialize;

use super::asked::{ManifestScope, scopes_of};
use super::collected::registered;
use super::findings::{self, Finding};
use crate::scope::requirement::Declaration;
use crate::scope::{Routed, Scope, ScopeSet};

/// What an app asks people for: every handler with `#[requires_scopes]`, every `scope_set!`, and
/// every scope with its sensitivity and the reasons for it.
///
/// It is what an operator needs for the provider's verification, what a reviewer wants to see
/// change, and what a test can hold the app to.
///
/// ```
/// # use oauth_runtime::{ClientCredentials, OAuth, Token, requires_scopes};
/// #[requires_scopes("drive.file", why = "keep your notes in your Drive")]
/// async fn notes(token: Token) {}
///
/// # let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
/// #     .with_redirect_uri("http://localhost:8080/oauth/callback")
/// #     .build()?;
/// let manifest = oauth.manifest();
/// println!("{}", manifest.to_markdown());
/// assert!(manifest.scopes().iter().any(|scope| scope.short_name() == "drive.file"));
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
///
/// It knows what is linked into the program. A scope that is only named in a type, such as
/// `Option<Token<scope::Drive>>` or `account.token::<scope::Drive>()`, is in no manifest: declare
/// it in a `scope_set!`.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    base_scopes: ScopeSet,
    handlers: Vec<ManifestEntry>,
    scopes: Vec<ManifestScope>,
    findings: Vec<Finding>,
}

/// A handler or a set, and what it asks for.
///
/// ```standalone_crate
/// # use oauth_runtime::{ClientCredentials, OAuth, Token, requires_scopes};
/// #[requires_scopes("drive.file", optional("contacts.readonly"), why = "keep your notes")]
/// async fn notes(token: Token) {}
///
/// # let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
/// #     .with_redirect_uri("http://localhost:8080/oauth/callback")
/// #     .build()?;
/// let manifest = oauth.manifest();
/// let entry = manifest.handlers().iter().find(|entry| entry.name() == "notes").unwrap();
/// assert_eq!(entry.required()[0].short_name(), "drive.file");
/// assert_eq!(entry.optional()[0].short_name(), "contacts.readonly");
/// assert_eq!((entry.why(), entry.provider()), (Some("keep your notes"), None));
/// assert!(entry.any().is_empty() && entry.routes().is_empty());
/// println!("{} in {}, {:?}", entry.name(), entry.module(), entry.place());
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct ManifestEntry {
    name: &'static str,
    module: &'static str,
    file: &'static str,
    line: u32,
    /// The key of the provider, where it is not the one that signs people in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<&'static str>,
    /// The routes that a typed router knows, such as `GET /notes`.
    routes: Vec<String>,
    required: Vec<Scope>,
    any: Vec<Vec<Scope>>,
    optional: Vec<Scope>,
    pub(super) why: Option<&'static str>,
    #[serde(skip)]
    pub(crate) is_handler: bool,
}

impl Manifest {
    /// All that is part of the program, with these routes.
    pub(crate) fn collect(first: &str, base_scopes: &ScopeSet, routes: &[Routed]) -> Self {
        Self::of(first, base_scopes, registered(), routes)
    }

    /// Declarations that are only used on a route, such as that of a scope's own type, belong
    /// to it as well.
    /// `first` is the key of the provider that signs people in.
    pub(super) fn of(
        first: &str,
        base_scopes: &ScopeSet,
        mut declarations: Vec<&'static Declaration>,
        routes: &[Routed],
    ) -> Self {
        for declaration in routes.iter().filter_map(|route| route.declaration) {
            if !declarations.iter().any(|known| is_same(known, declaration)) {
                declarations.push(declaration);
            }
        }
        let shown = declarations.into_iter().filter(|one| one.is_handler || one.asks());
        let mut handlers: Vec<_> = shown.map(|one| ManifestEntry::new(one, routes)).collect();
        for handler in &mut handlers {
            handler.provider = handler.provider.filter(|key| *key != first);
        }
        let scopes = scopes_of(&handlers);
        let findings = findings::of(first, &handlers, &scopes, !routes.is_empty());
        Self { base_scopes: base_scopes.clone(), handlers, scopes, findings }
    }

    /// Every handler and set, by place in the source.
    pub fn handlers(&self) -> &[ManifestEntry] {
        &self.handlers
    }

    /// Every scope that some handler names, sorted by name. The base scopes of a sign-in are
    /// [apart](Self::base_scopes).
    pub fn scopes(&self) -> &[ManifestScope] {
        &self.scopes
    }

    /// What every sign-in asks for.
    pub fn base_scopes(&self) -> &ScopeSet {
        &self.base_scopes
    }

    /// What deserves a second look.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The manifest as JSON, for tools.
    pub fn to_json(&self) -> String {
        // Nothing in it can fail to be written: names, numbers and lists of them.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl ManifestEntry {
    fn new(declaration: &'static Declaration, routes: &[Routed]) -> Self {
        let Declaration { name, module, file, line, scopes, any, optional, .. } = *declaration;
        let Declaration { provider, why, .. } = *declaration;
        let own = routes
            .iter()
            .filter(|route| route.declaration.is_some_and(|routed| is_same(routed, declaration)));
        Self {
            name,
            module,
            file,
            line,
            provider,
            routes: own.map(|route| format!("{} {}", route.method, route.path)).collect(),
            required: scopes.to_vec(),
            any: any.iter().map(|list| list.to_vec()).collect(),
            optional: optional.to_vec(),
            why,
            is_handler: declaration.is_handler,
        }
    }

    /// The name of the handler or set.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The path of its module.
    pub fn module(&self) -> &str {
        self.module
    }

    /// Its source file and the line in it.
    pub fn place(&self) -> (&str, u32) {
        (self.file, self.line)
    }

    /// Its routes, such as `GET /notes`, as far as a [typed router](crate::routing) knows them.
    pub fn routes(&self) -> &[String] {
        &self.routes
    }

    /// The key of its provider, if it names one; else it is the one that signs people in.
    pub fn provider(&self) -> Option<&str> {
        self.provider
    }

    /// The scopes that are all needed.
    pub fn required(&self) -> &[Scope] {
        &self.required
    }

    /// Lists of which one scope each suffices.
    pub fn any(&self) -> &[Vec<Scope>] {
        &self.any
    }

    /// The scopes that are asked for along with a missing one.
    pub fn optional(&self) -> &[Scope] {
        &self.optional
    }

    /// What people are told the scopes are for.
    pub fn why(&self) -> Option<&str> {
        self.why
    }

    /// Module and name.
    pub(super) fn path(&self) -> String {
        format!("{}::{}", self.module, self.name)
    }

    pub(crate) fn all_scopes(&self) -> impl Iterator<Item = Scope> {
        let any = self.any.iter().flatten();
        self.required.iter().chain(any).chain(&self.optional).copied()
    }
}

fn is_same(one: &Declaration, other: &Declaration) -> bool {
    let place = |d: &Declaration| (d.module, d.name, d.file, d.line);
    place(one) == place(other)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::manifest::FindingKind;

    fn scopes(names: &'static str) -> &'static [Scope] {
        let find = |name| Scope::find(name).unwrap_or(Scope::verbatim(name));
        names.split(' ').filter(|name| !name.is_empty()).map(find).collect::<Vec<_>>().leak()
    }

    fn handler(name: &'static str, names: &'static str) -> Declaration {
        Declaration::new(name, "app::web", "src/web.rs", 7, scopes(names)).of_handler()
    }

    fn leak(declaration: Declaration) -> &'static Declaration {
        Box::leak(Box::new(declaration))
    }

    fn route(path: &str, declaration: &'static Declaration) -> Routed {
        Routed { method: "GET", path: path.to_owned(), declaration: Some(declaration) }
    }

    pub(in super::super) fn of(declarations: Vec<Declaration>, places: &[usize]) -> Manifest {
        let all: Vec<_> = declarations.into_iter().map(leak).collect();
        let routes: Vec<_> = places.iter().map(|at| route("/x", all[*at])).collect();
        Manifest::of("google", &ScopeSet::parse("openid"), all, &routes)
    }

    /// An account without a scope is something that a handler asks for; and Google is one
    /// provider, whether it is named or not.
    #[test]
    fn every_handler_is_there_by_its_provider() {
        let named = handler("one", "drive.file").provider("google");
        let manifest = of(vec![handler("two", "drive.file"), named], &[]);
        assert_eq!(manifest.scopes().len(), 1);
        assert_eq!(manifest.scopes()[0].asked_by().len(), 2);
        let elsewhere = handler("three", "").provider("github");
        let manifest = of(vec![elsewhere], &[]);
        assert_eq!(manifest.handlers()[0].provider(), Some("github"));
    }

    fn kinds(manifest: &Manifest) -> Vec<FindingKind> {
        manifest.findings().iter().map(Finding::kind).collect()
    }

    pub(in super::super) fn notes() -> Declaration {
        handler("notes", "drive.file").why("keep | your\nnotes")
    }

    #[test]
    fn scopes_are_listed_once_with_all_who_ask_and_every_reason() {
        let share = handler("share", "drive.file")
            .why("share them")
            .any(vec![scopes("calendar calendar.readonly")].leak())
            .optional(scopes("contacts.readonly"));
        let manifest = of(vec![notes(), share, notes()], &[]);
        let names: Vec<_> = manifest.scopes().iter().map(ManifestScope::short_name).collect();
        assert_eq!(names, ["calendar", "calendar.readonly", "contacts.readonly", "drive.file"]);
        let file = &manifest.scopes()[3];
        assert_eq!(file.asked_by().len(), 3);
        assert_eq!(file.why(), ["keep | your\nnotes", "share them"]);
        let json: serde_json::Value = serde_json::from_str(&manifest.to_json()).unwrap();
        assert_eq!(
            json["handlers"][1]["any"][0][1],
            Scope::find("calendar.readonly").unwrap().name()
        );
        assert_eq!(json["scopes"][3]["sensitivity"], "non-sensitive");
    }

    #[test]
    fn every_finding_says_what_is_wrong_and_with_whom() {
        let silent = |names| handler("silent", names);
        for (declarations, routed, expected, word) in [
            (vec![notes()], vec![], None, ""),
            (
                vec![silent("gmail.send")],
                vec![],
                Some(FindingKind::NoReason),
                "`gmail.send`, which is sensitive",
            ),
            (vec![silent("tasks")], vec![], Some(FindingKind::UnknownSensitivity), "`tasks`"),
            (
                vec![notes(), handler("other", "drive.appdata")],
                vec![0],
                Some(FindingKind::NeverRouted),
                "`app::web::other` (src/web.rs:7)",
            ),
            (vec![notes(), handler("other", "drive.appdata")], vec![0, 1], None, ""),
            (
                vec![
                    handler("meta", "gmail.metadata").why("x"),
                    handler("mail", "gmail.readonly").why("x"),
                ],
                vec![],
                Some(FindingKind::ConflictingScopes),
                "`gmail.metadata` (app::web::meta) spoils `gmail.readonly` (app::web::mail)",
            ),
        ] {
            let manifest = of(declarations, &routed);
            assert_eq!(kinds(&manifest), expected.into_iter().collect::<Vec<_>>(), "{word}");
            assert!(manifest.findings().iter().all(|one| one.to_string().contains(word)), "{word}");
        }
    }

    #[test]
    fn a_retired_scope_is_found_however_it_came_in() {
        let retired = "https://www.googleapis.com/auth/photoslibrary.sharing";
        let manifest = of(vec![handler("photos", retired)], &[]);
        assert!(kinds(&manifest).contains(&FindingKind::RetiredScope), "{manifest:?}");
    }

    #[test]
    fn what_is_only_on_a_route_is_asked_for_too_and_what_asks_nothing_is_left_out() {
        let set = leak(Declaration::new("Backup", "app", "src/a.rs", 1, scopes("drive.appdata")));
        let user = leak(Declaration::new("User", "app", "src/a.rs", 2, &[]));
        let routes = [route("/b", set), route("/b/new", set), route("/u", user)];
        let manifest = Manifest::of("google", &ScopeSet::default(), Vec::new(), &routes);
        assert_eq!(manifest.handlers().len(), 1);
        assert_eq!(manifest.handlers()[0].routes(), ["GET /b", "GET /b/new"]);
    }
}
