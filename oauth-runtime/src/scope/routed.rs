//! Where a declaration is routed.

use super::requirement::Declaration;

/// A route that a router of ours made.
#[derive(Clone, Debug)]
pub(crate) struct Routed {
    /// The method, or `ANY`.
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// `None` for a route that says itself that it is public.
    #[cfg_attr(not(feature = "manifest"), expect(dead_code, reason = "for the manifest"))]
    pub(crate) declaration: Option<&'static Declaration>,
}

#[cfg(feature = "manifest")]
impl Routed {
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let place = |route: &Self| route.declaration.map(std::ptr::from_ref);
        self.method == other.method && self.path == other.path && place(self) == place(other)
    }
}
