//! Handlers of every shape: each kind of parameter, attribute, type parameter and place.

/// What becomes of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It compiles, and runs for nobody who has not granted its scope.
    Guarded,
    /// It does not compile.
    Refused,
}

/// A handler, as the items of a module that has a function `call`.
pub struct Signature {
    pub items: String,
    pub fate: Fate,
}

/// Parameters, the first of which gets an attribute.
const PARAMETERS: [(&str, &str); 18] = [
    ("token: Token", ""),
    ("_: Token<_>", ""),
    ("token: Token<save>", ""),
    ("token: oauth_runtime::Token", ""),
    ("token: (Token)", ""),
    ("token: Token", "body: String"),
    ("token: Token", "m: Method, uri: Uri"),
    ("m: Method", "token: Token"),
    ("m: Method", ""),
    ("body: String", ""),
    ("token: Option<Token<scope::DriveFile>>", ""),
    ("token: Token<scope::Openid>", ""),
    ("token: Result<Token<scope::Openid>, Error>", "m: Method"),
    ("token: Alias", ""),
    ("token: auth::Token<save>", ""),
    ("token: OfAnotherCrate", ""),
    ("token: written!()", ""),
    ("(token, m): (Option<User>, Method)", ""),
];

const ATTRIBUTES: [&str; 8] = [
    "",
    "#[cfg(any())]",
    "#[cfg(all())]",
    "#[cfg(feature = \"extra\")]",
    "#[cfg_attr(all(), cfg(any()))]",
    "#[cfg_attr(any(), cfg(any()))]",
    "#[cfg_attr(all(), allow(unused_variables))]",
    "#[allow(unused_variables)]",
];

/// Type parameters, how the function is named with them, and what becomes of it.
const GENERICS: [(&str, &str, Fate); 4] = [
    ("<'a, T: Default + Send + 'static>", "save::<String>", Fate::Guarded),
    ("<'save, const N: usize>", "save::<3>", Fate::Guarded),
    // Its caller says what it is: here a scope that everybody has who is signed in.
    ("<save: Requirement>", "save::<scope::Openid>", Fate::Refused),
    ("<const save: usize>", "save::<3>", Fate::Refused),
];

/// Attributes of the function below ours, which change its parameters.
const BELOW: [(&str, Fate); 6] = [
    ("#[inline] #[doc = \"Saves.\"]", Fate::Guarded),
    ("#[rewrites::nothing]", Fate::Guarded),
    ("#[axum::debug_handler(state = OAuth)]", Fate::Guarded),
    ("#[rewrites::without_the_first]", Fate::Refused),
    ("#[rewrites::without_any]", Fate::Refused),
    ("#[cfg_attr(all(), rewrites::without_the_first)]", Fate::Refused),
];

/// Other ways in which a function comes to be, around its generics and parameters.
const WAYS: [&str; 5] = [
    "#[requires_scopes(\"drive.file\")] pub(crate) async fn save@ -> impl IntoResponse { REACHED }",
    "#[cfg_attr(all(), requires_scopes(\"drive.file\"))] async fn save@ -> &'static str { REACHED }",
    "#[rewrites::nothing] #[requires_scopes(\"drive.file\", marker = save)] #[cfg(all())]
     async fn save@ -> &'static str { REACHED }",
    "macro_rules! write { ($name:ident, $scope:literal, $body:block, $($rest:tt)*) => {
         #[requires_scopes($scope)] async fn $name $($rest)* -> &'static str $body
     } }
     write!(save, \"drive.file\", { REACHED }, @);",
    "macro_rules! write { ($item:item) => { #[requires_scopes(\"drive.file\")] $item } }
     write!(async fn save@ -> &'static str { REACHED });",
];

/// Whole modules for what is no product: the items, the function by its name, and its fate.
const ALONE: [(&str, &str, Fate); 27] = [
    (
        "#[requires_scopes(\"drive.file\")] async fn save() -> &'static str { REACHED }",
        "save",
        Fate::Guarded,
    ),
    // Alternatives, of which one is there.
    (
        "#[requires_scopes(\"drive.file\")] async fn save(#[cfg(any())] token: Token, #[cfg(not(any()))] token: Token) -> &'static str { REACHED }",
        "save",
        Fate::Guarded,
    ),
    (
        "#[requires_scopes(\"drive.file\")] async fn save(#[cfg(any())] token: Token, #[cfg(not(any()))] m: Method) -> &'static str { REACHED }",
        "save",
        Fate::Guarded,
    ),
    (
        "#[requires_scopes(\"drive.file\")] async fn save(#[cfg(any())] Json(a): Json<String>, #[cfg(not(any()))] a: String) -> &'static str { REACHED }",
        "save",
        Fate::Guarded,
    ),
    (
        "#[requires_scopes(\"drive.file\")] async fn save(#[cfg(any())] a: Form<String>, #[cfg(all())] a: Method, #[cfg(any())] a: Json<String>) -> &'static str { REACHED }",
        "save",
        Fate::Guarded,
    ),
    // Type parameters that hide something.
    (
        "#[requires_scopes(\"drive.file\")] async fn save<Token: FromRequestParts<OAuth> + Send + 'static>(token: Token) -> &'static str { REACHED }",
        "save::<Method>",
        Fate::Guarded,
    ),
    (
        "#[requires_scopes(\"drive.file\")] async fn save<oauth_runtime: Hides>(token: oauth_runtime::Token<save>) -> &'static str { REACHED }",
        "save::<()>",
        Fate::Guarded,
    ),
    (
        "#[requires_scopes(\"drive.file\", marker = Other)] async fn save<save: Requirement>(token: Token) -> &'static str { REACHED }",
        "save::<scope::Openid>",
        Fate::Guarded,
    ),
    (
        "#[requires_scopes(\"drive.file\", marker = Other)] async fn save<Other: Requirement>(token: Token) -> &'static str { REACHED }",
        "save::<scope::Openid>",
        Fate::Refused,
    ),
    (
        "#[requires_scopes(\"drive.file\")] async fn save<r#save: Requirement>() -> &'static str { REACHED }",
        "save::<scope::Openid>",
        Fate::Refused,
    ),
    (
        "#[requires_scopes(\"drive.file\")] async fn save<#[cfg(all())] save: Requirement>() -> &'static str { REACHED }",
        "save::<scope::Openid>",
        Fate::Refused,
    ),
    (
        "#[requires_scopes(\"drive.file\")] async fn save<#[cfg(any())] save: Requirement>(token: Token) -> &'static str { REACHED }",
        "save",
        Fate::Refused,
    ),
    (
        "#[requires_scopes(\"drive.file\")] async fn save<#[cfg(any())] T>(token: Token) -> &'static str { REACHED }",
        "save",
        Fate::Guarded,
    ),
    (
        "use ::oauth_runtime as rt; #[requires_scopes(\"drive.file\", crate = rt)] async fn save<rt: Hides>(token: rt::Token<save>) -> &'static str { REACHED }",
        "save::<()>",
        Fate::Refused,
    ),
    // What no type parameter has a name for.
    (
        "#[requires_scopes(\"drive.file\")] async fn save(m: impl FromRequestParts<OAuth>) -> &'static str { REACHED }",
        "save => (_, Declared<save>, Method)",
        Fate::Guarded,
    ),
    (
        "#[requires_scopes(\"drive.file\")] #[rewrites::without_the_first] async fn save(m: impl FromRequestParts<OAuth>) -> &'static str { REACHED }",
        "save => (_, Method)",
        Fate::Refused,
    ),
    (
        "#[requires_scopes(\"drive.file\")] #[rewrites::without_the_first] async fn save<#[cfg(any())] T>(m: Method) -> &'static str { REACHED }",
        "save",
        Fate::Refused,
    ),
    // Other things that are called `Token`.
    (
        "type Token<T> = PhantomData<T>; #[requires_scopes(\"drive.file\")] async fn save(token: Token) -> &'static str { REACHED }",
        "save",
        Fate::Refused,
    ),
    (
        "type Token<T> = Ignores<T>; #[requires_scopes(\"drive.file\")] async fn save(token: Token) -> &'static str { REACHED }",
        "save",
        Fate::Refused,
    ),
    (
        "type Token<T> = ::oauth_runtime::Token<scope::Openid, T>; #[requires_scopes(\"drive.file\")] async fn save(token: Token) -> &'static str { REACHED }",
        "save",
        Fate::Refused,
    ),
    (
        "mod oauth_runtime { pub use super::Ignores as Token; } #[requires_scopes(\"drive.file\")] async fn save(token: oauth_runtime::Token) -> &'static str { REACHED }",
        "save",
        Fate::Refused,
    ),
    (
        "type Token<T> = ::oauth_runtime::Token<T>; #[requires_scopes(\"drive.file\")] async fn save(token: Token) -> &'static str { REACHED }",
        "save",
        Fate::Guarded,
    ),
    // Attributes that change the order.
    (
        "#[requires_scopes(\"drive.file\")] #[rewrites::backwards] async fn save(token: Token, m: Method) -> &'static str { REACHED }",
        "save",
        Fate::Refused,
    ),
    (
        "#[rewrites::without_the_first] #[requires_scopes(\"drive.file\")] async fn save(token: Token, m: Method) -> &'static str { REACHED }",
        "save",
        Fate::Guarded,
    ),
    // A second attribute of ours under another name, and one that is not seen.
    (
        "use oauth_runtime::requires_scopes as other; #[other(\"openid\")] #[requires_scopes(\"drive.file\", marker = Second)] async fn save(token: Token) -> &'static str { REACHED }",
        "save",
        Fate::Refused,
    ),
    // Sixteen parameters, which are all that axum takes.
    (
        "#[requires_scopes(\"drive.file\")] async fn save(_: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method) -> &'static str { REACHED }",
        "save",
        Fate::Guarded,
    ),
    (
        "#[requires_scopes(\"drive.file\")] async fn save(_: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method, _: Method) -> &'static str { REACHED }",
        "save",
        Fate::Refused,
    ),
];

/// The whole family. What costs the compiler most is spread over the parameters: each of these
/// meets each of those, and not all of their pairs.
pub fn all() -> Vec<Signature> {
    let mut family = Vec::new();
    for (number, parameters) in PARAMETERS.into_iter().enumerate() {
        for (place, attribute) in ATTRIBUTES.into_iter().enumerate() {
            let parameters = listed(attribute, parameters);
            family.push(Signature::new(&handler("", "", &parameters), "save", Fate::Guarded));
            if (number + place) % 3 == 0 {
                let (generics, function, fate) = GENERICS[(number + place) / 3 % GENERICS.len()];
                family.push(Signature::new(&handler("", generics, &parameters), function, fate));
            }
        }
        for (below, fate) in BELOW {
            let item = handler(below, "", &listed("", parameters));
            family.push(Signature::new(&item, "save", fate));
        }
        for way in WAYS.iter().skip(number % 2).step_by(2) {
            let item = way.replace('@', &format!("({})", listed("", parameters)));
            family.push(Signature::new(&item, "save", Fate::Guarded));
        }
        if number % 2 == 0 {
            let item = handler("", "", &listed("", parameters));
            family.push(Signature::inside_of_a_function(&item));
        }
    }
    family.extend(ALONE.map(|(items, function, fate)| Signature::new(items, function, fate)));
    family
}

fn listed(attribute: &str, (first, rest): (&str, &str)) -> String {
    let comma = if rest.is_empty() { "" } else { ", " };
    format!("{attribute} {first}{comma}{rest}")
}

fn handler(below: &str, generics: &str, parameters: &str) -> String {
    format!(
        "#[requires_scopes(\"drive.file\")] {below} \
         async fn save{generics}({parameters}) -> &'static str {{ REACHED }}"
    )
}

impl Signature {
    /// The function by its name, perhaps with the types of its parameters.
    fn new(items: &str, function: &str, fate: Fate) -> Self {
        let (name, types) = function.split_once(" => ").unwrap_or((function, "_"));
        let items = format!("{items}\n{CALL} {{ Handler::<{types}, _>::call({name}, at, oauth) }}");
        Self { items, fate }
    }

    fn inside_of_a_function(item: &str) -> Self {
        let items = format!("{CALL} {{ {item} Handler::call(save, at, oauth) }}");
        Self { items, fate: Fate::Guarded }
    }
}

/// As the routers of axum call a handler: only without their layers, which cost the compiler ten
/// times as much.
const CALL: &str = "pub fn call(at: Request, oauth: OAuth) -> Answer";
