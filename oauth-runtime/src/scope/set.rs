//! A set of scopes: a bit for each known one, a sorted list for the others.

use std::fmt;

use aws_lc_rs::digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Scope;
use super::catalogue::{self, CATALOGUE};

const WORDS: usize = CATALOGUE.len().div_ceil(64);

/// A set of scopes: what is required, requested, granted or missing.
///
/// Names are full names, compared letter by letter. The set knows nothing of one scope covering
/// another until [`closure`](Self::closure) folds that in.
///
/// ```
/// use oauth_runtime::{Scope, ScopeSet};
///
/// let granted = ScopeSet::parse("openid https://www.googleapis.com/auth/drive").closure();
/// let required = [Scope::find("drive.readonly").unwrap(), Scope::find("calendar").unwrap()];
/// let missing = granted.missing(&required);
/// assert_eq!(missing.to_string(), "https://www.googleapis.com/auth/calendar");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct ScopeSet {
    /// The scopes of the catalogue, by index.
    known: [u64; WORDS],
    /// The names outside it: sorted, none twice, none empty, none with white space.
    pub(super) others: Vec<Box<str>>,
}

impl ScopeSet {
    /// Reads a `scope` value as a provider sends it: names in any order, apart by white space,
    /// some perhaps twice ([RFC 6749, section 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3)).
    ///
    /// ```
    /// use oauth_runtime::ScopeSet;
    ///
    /// let set = ScopeSet::parse("zz openid zz");
    /// assert_eq!(set.names().collect::<Vec<_>>(), ["openid", "zz"]);
    /// ```
    pub fn parse(text: &str) -> Self {
        text.split_ascii_whitespace().collect()
    }

    /// Adds a scope.
    ///
    /// ```
    /// use oauth_runtime::{Scope, ScopeSet};
    ///
    /// let mut set = ScopeSet::default();
    /// set.insert(Scope::find("openid").unwrap());
    /// assert_eq!(set.to_string(), "openid");
    /// ```
    pub fn insert(&mut self, scope: Scope) {
        match scope.index() {
            Some(index) => self.insert_index(index),
            None => self.insert_name(scope.name()),
        }
    }

    /// Adds a scope by its full name. White space parts names, as in [`parse`](Self::parse).
    ///
    /// ```
    /// use oauth_runtime::ScopeSet;
    ///
    /// let mut set = ScopeSet::parse("openid");
    /// set.insert_name("repo");
    /// assert!(set.contains_name("repo") && set.len() == 2);
    /// ```
    pub fn insert_name(&mut self, name: &str) {
        for name in name.split_ascii_whitespace() {
            match catalogue::find(name) {
                Some(index) => self.insert_index(index),
                None => self.insert_other(name),
            }
        }
    }

    fn insert_index(&mut self, index: u16) {
        if let Some(word) = self.known.get_mut(usize::from(index / 64)) {
            *word |= 1 << (index % 64);
        }
    }

    fn insert_other(&mut self, name: &str) {
        if let Err(place) = self.search(name) {
            self.others.insert(place, name.into());
        }
    }

    fn search(&self, name: &str) -> Result<usize, usize> {
        self.others.binary_search_by(|other| (**other).cmp(name))
    }

    /// Whether the scope itself is in the set.
    ///
    /// ```
    /// use oauth_runtime::{Scope, ScopeSet};
    ///
    /// let set = ScopeSet::parse("https://www.googleapis.com/auth/drive");
    /// let narrow = Scope::find("drive.readonly").unwrap();
    /// assert!(!set.contains(narrow) && set.closure().contains(narrow));
    /// ```
    #[inline]
    pub fn contains(&self, scope: Scope) -> bool {
        match scope.index() {
            Some(index) => self.contains_index(index),
            None => self.contains_name(scope.name()),
        }
    }

    #[inline]
    fn contains_index(&self, index: u16) -> bool {
        self.known.get(usize::from(index / 64)).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Whether the scope of this full name is in the set.
    pub fn contains_name(&self, name: &str) -> bool {
        match catalogue::find(name) {
            Some(index) => self.contains_index(index),
            None => self.search(name).is_ok(),
        }
    }

    /// A number that equal sets share, for remembering a set without keeping it. It is the same
    /// in every process and version: it is made of the names.
    pub(crate) fn fingerprint(&self) -> u64 {
        let hash = digest::digest(&digest::SHA256, self.to_string().as_bytes());
        hash.as_ref().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// Whether the set holds no scope.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of scopes.
    pub fn len(&self) -> usize {
        self.names().count()
    }

    /// The scopes of both sets.
    ///
    /// ```
    /// use oauth_runtime::ScopeSet;
    ///
    /// let (one, other) = (ScopeSet::parse("openid"), ScopeSet::parse("openid repo"));
    /// assert_eq!(one.union(&other), other);
    /// ```
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.names().chain(other.names()).collect()
    }

    /// The scopes of this set that are not in the other, whatever covers them there.
    ///
    /// ```
    /// use oauth_runtime::ScopeSet;
    ///
    /// let (all, held) = (ScopeSet::parse("openid repo"), ScopeSet::parse("openid"));
    /// assert_eq!(all.difference(&held).to_string(), "repo");
    /// ```
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.names().filter(|name| !other.contains_name(name)).collect()
    }

    /// The full names: of known scopes in the order of the catalogue, then the others sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let known = self.indexes().map(|index| CATALOGUE[usize::from(index)].name);
        known.chain(self.others.iter().map(|name| &**name))
    }

    fn indexes(&self) -> impl Iterator<Item = u16> {
        (0..).take(CATALOGUE.len()).filter(|index| self.contains_index(*index))
    }

    /// The set with all that its scopes cover, and their other names.
    #[must_use]
    pub fn closure(&self) -> Self {
        let mut closure = self.clone();
        let covered = self.indexes().flat_map(|index| CATALOGUE[usize::from(index)].covers);
        covered.for_each(|index| closure.insert_index(*index));
        closure
    }

    /// The required scopes that are not in this set, which is a [`closure`](Self::closure).
    #[must_use]
    pub fn missing(&self, required: &[Scope]) -> Self {
        required.iter().copied().filter(|scope| !self.contains(*scope)).collect()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut set = Self::default();
        scopes.into_iter().for_each(|scope| set.insert(scope));
        set
    }
}

impl<'a> FromIterator<&'a str> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let mut set = Self::default();
        names.into_iter().for_each(|name| set.insert_name(name));
        set
    }
}

/// The names with a space between, as the wire wants them.
impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.names().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(f, "{space}{name}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// As the list of full names: indexes change from one catalogue to the next.
impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.names().collect::<Vec<_>>().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(names.iter().map(String::as_str).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Requirement, Scope};
    use super::{CATALOGUE, ScopeSet};

    fn scope(name: &str) -> Scope {
        Scope::find(name).unwrap()
    }

    fn set<const N: usize>(names: [&str; N]) -> ScopeSet {
        names.into_iter().map(scope).collect()
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        set([wide]).closure().contains(scope(narrow))
    }

    #[test]
    fn a_scope_value_is_read_as_a_set_of_case_sensitive_names() {
        let cases: [(&str, &[&str]); 6] = [
            ("", &[]),
            (" \t\n ", &[]),
            ("a  b a ", &["a", "b"]),
            ("\tb\ta", &["a", "b"]),
            ("A a", &["A", "a"]),
            ("openid zz email openid", &["email", "openid", "zz"]),
        ];
        for (text, names) in cases {
            let set = ScopeSet::parse(text);
            assert_eq!(set.names().collect::<Vec<_>>(), names, "{text:?}");
            assert_eq!((set.len(), set.is_empty()), (names.len(), names.is_empty()));
            assert_eq!(ScopeSet::parse(&set.to_string()), set);
        }
        assert!(!ScopeSet::parse("OPENID").contains(scope("openid")));
    }

    #[test]
    fn a_short_name_is_none_on_the_wire_unless_it_is_the_full_one() {
        let granted = ScopeSet::parse("drive.file openid email profile");
        assert!(!granted.contains(scope("drive.file")) && granted.contains_name("drive.file"));
        for name in ["openid", "email", "profile"] {
            assert!(granted.contains(scope(name)));
        }
    }

    #[test]
    fn either_name_of_a_scope_satisfies_the_other() {
        let pairs = [
            ("email", "userinfo.email"),
            ("profile", "userinfo.profile"),
            ("https://www.google.com/m8/feeds", "contacts"),
            ("https://www.google.com/calendar/feeds", "calendar"),
            ("drive.appfolder", "drive.appdata"),
        ];
        for (one, other) in pairs {
            assert!(covers(one, other) && covers(other, one), "{one} and {other}");
        }
        let answered = ScopeSet::parse(
            "openid https://www.googleapis.com/auth/userinfo.profile \
             https://www.googleapis.com/auth/userinfo.email",
        );
        let asked = [scope("openid"), scope("email"), scope("profile")];
        assert!(answered.closure().missing(&asked).is_empty());
    }

    #[test]
    fn a_wider_scope_satisfies_a_narrower_one_also_through_others() {
        for (wide, narrow) in [
            ("drive", "drive.readonly"),
            ("drive", "drive.metadata.readonly"),
            ("https://mail.google.com/", "gmail.labels"),
            ("calendar", "calendar.events.public.readonly"),
            ("https://www.google.com/m8/feeds", "contacts.readonly"),
        ] {
            assert!(covers(wide, narrow) && !covers(narrow, wide), "{wide} and {narrow}");
        }
    }

    #[test]
    fn no_scope_covers_another_by_its_name_alone() {
        for (wide, narrow) in [
            ("drive", "drive.file"),
            ("drive", "drive.appdata"),
            ("drive", "drive.appfolder"),
            ("drive", "drive.scripts"),
            ("drive", "drive.activity"),
            ("drive.readonly", "drive.photos.readonly"),
            ("gmail.modify", "gmail.metadata"),
            ("calendar.events", "calendar.events.owned"),
            ("calendar.readonly", "calendar.acls.readonly"),
            ("contacts", "contacts.other.readonly"),
            ("devstorage.read_write", "devstorage.full_control"),
            ("analytics", "analytics.readonly"),
            ("youtube", "youtube.readonly"),
            ("forms", "forms.body"),
        ] {
            assert!(!covers(wide, narrow), "{wide} and {narrow}");
        }
        assert_eq!(set(["drive.file"]).closure(), set(["drive.file"]));
    }

    #[test]
    fn a_closure_is_its_own_closure_and_holds_the_set() {
        for entry in &CATALOGUE {
            let set = ScopeSet::parse(entry.name);
            let closure = set.closure();
            assert_eq!(closure.closure(), closure, "{}", entry.name);
            assert!(set.difference(&closure).is_empty());
            assert_eq!(closure.len(), 1 + entry.covers.len());
        }
    }

    #[test]
    fn union_and_difference_follow_the_laws_of_sets() {
        let one = ScopeSet::parse("openid https://a.example/x b https://mail.google.com/");
        let other = ScopeSet::parse("b c openid email");
        let both = one.union(&other);
        assert_eq!(both, other.union(&one));
        assert_eq!((both.union(&one), both.len()), (both.clone(), 6));
        assert_eq!(both.difference(&other), one.difference(&other));
        assert_eq!(
            one.difference(&other),
            ScopeSet::parse("https://mail.google.com/ https://a.example/x")
        );
        assert_eq!(one.difference(&ScopeSet::default()), one);
        assert!(one.difference(&one).is_empty());
        // Literal: what covers a scope does not take it away.
        assert_eq!(set(["drive.readonly"]).difference(&set(["drive"])), set(["drive.readonly"]));
    }

    #[test]
    fn every_scope_can_be_in_the_set_and_none_brings_another() {
        let mut set = ScopeSet::default();
        for (place, entry) in CATALOGUE.iter().enumerate() {
            let scope = Scope::find(entry.name).unwrap();
            assert!(!set.contains(scope) && !set.contains_name(entry.name));
            set.insert(scope);
            assert!(set.contains(scope) && set.contains_name(entry.name));
            assert_eq!(set.len(), place + 1);
        }
        assert!(set.names().eq(CATALOGUE.iter().map(|entry| entry.name)));
    }

    #[test]
    fn a_verbatim_scope_is_compared_by_name_whatever_the_catalogue_knows() {
        let mut set = ScopeSet::default();
        set.insert(Scope::verbatim("openid"));
        set.insert(Scope::verbatim("repo"));
        assert!(set.contains(scope("openid")) && set.contains(Scope::verbatim("openid")));
        assert!(set.contains(Scope::verbatim("repo")) && !set.contains(Scope::verbatim("rep")));
        let required = [Scope::verbatim("repo"), Scope::verbatim("gist"), scope("email")];
        assert_eq!(set.missing(&required), ScopeSet::parse("gist email"));
    }

    #[test]
    fn names_come_in_the_order_of_the_catalogue_and_then_sorted() {
        let set = ScopeSet::parse("zz openid aa https://mail.google.com/ email");
        assert_eq!(set.to_string(), "email https://mail.google.com/ openid aa zz");
        assert_eq!(format!("{:?}", ScopeSet::parse("b a")), r#"{"a", "b"}"#);
    }

    #[test]
    fn a_set_is_stored_as_its_full_names() {
        let set = ScopeSet::parse("zz openid");
        let json = serde_json::to_string(&set).unwrap();
        assert_eq!(json, r#"["openid","zz"]"#);
        assert_eq!(serde_json::from_str::<ScopeSet>(&json).unwrap(), set);
        let bytes = postcard::to_allocvec(&set).unwrap();
        assert_eq!(postcard::from_bytes::<ScopeSet>(&bytes).unwrap(), set);
    }

    #[test]
    fn the_macros_and_the_table_agree_on_every_index() {
        use crate::scope;
        crate::scope_set!(
            Backup(why = "keep a copy", crate = crate) = "drive.file",
            "https://a.example/x"
        );
        let declaration = Backup::DECLARATION;
        assert_eq!((declaration.name, declaration.why), ("Backup", Some("keep a copy")));
        assert!(declaration.module.ends_with("::tests") && declaration.file.ends_with("set.rs"));
        assert!(declaration.line > 0);
        assert!(declaration.scopes.iter().map(Scope::name).eq(Backup::SCOPES.iter().copied()));
        for (declaration, name) in [
            (scope::DriveFile::DECLARATION, "drive.file"),
            (scope::MailGoogleCom::DECLARATION, "https://mail.google.com/"),
            (scope::YtAnalyticsReadonly::DECLARATION, "yt-analytics.readonly"),
        ] {
            assert_eq!(declaration.scopes, [super::super::Scope::find(name).unwrap()]);
        }
        assert_eq!(scope::DriveFile::DECLARATION.name, "DriveFile");
    }

    #[test]
    fn a_bound_accepts_what_covers_the_scope() {
        use crate::scope::{Covers, Drive, DriveFile, DriveReadonly};
        const fn needs<T, R: Covers<T>>() {}
        crate::scope_set!(Wide(crate = crate) = "drive");
        needs::<Drive, Drive>();
        needs::<DriveReadonly, Drive>();
        needs::<DriveFile, DriveFile>();
        needs::<DriveReadonly, Wide>();
    }
}
