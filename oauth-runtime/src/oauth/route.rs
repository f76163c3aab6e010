//! The library's own routes: the one list of them.

/// Makes the enum, the list of all and the names of one table, so that none of the three can
/// lack a route that another one has.
macro_rules! routes {
    ($($(#[$doc:meta])* $route:ident = $name:literal,)*) => {
        /// A route of the library below its prefix. The callbacks are not among them: where they
        /// lie, the redirect URIs say.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Route {
            $($(#[$doc])* $route,)*
        }

        impl Route {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$route),*];

            /// Its path below the prefix.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$route => $name,)*
                }
            }
        }
    };
}

routes! {
    SignIn = "sign-in",
    SignOut = "sign-out",
    SignOutEverywhere = "sign-out-everywhere",
    /// Begins what a sealed link asks for.
    Start = "start",
    /// Keeps a form while its sender is at the provider.
    Hold = "hold",
    /// Shows the form that was kept, and sends it.
    Continue = "continue",
    /// Where the authorization of a script ends.
    Done = "done",
    Account = "account",
    Disconnect = "disconnect",
    SecurityEvents = "security-events",
    ClientJs = "client.js",
    Doctor = "doctor",
    Manifest = "manifest",
}

impl Route {
    /// Whether a user who has to log in to the app first goes on there after the login. Each of
    /// them only shows a page, or judges by itself what its link asks for.
    pub(crate) const fn follows_login(self) -> bool {
        match self {
            Self::SignIn
            | Self::Start
            | Self::Continue
            | Self::Done
            | Self::Account
            | Self::Disconnect => true,
            Self::SignOut
            | Self::SignOutEverywhere
            | Self::Hold
            | Self::SecurityEvents
            | Self::ClientJs
            | Self::Doctor
            | Self::Manifest => false,
        }
    }
}
