//! The declarations that are part of the program, which tell of themselves.

use crate::scope::requirement::Declaration;

/// A handler or a set that is part of the program. For the macros alone.
#[doc(hidden)]
#[derive(Debug)]
pub struct Registered(&'static Declaration);

impl Registered {
    /// The macros call this in a static.
    pub const fn new(declaration: &'static Declaration) -> Self {
        Self(declaration)
    }
}

inventory::collect!(Registered);

/// Every declaration of the program, by place in its source.
pub(crate) fn registered() -> Vec<&'static Declaration> {
    let mut all: Vec<_> = inventory::iter::<Registered>.into_iter().map(|one| one.0).collect();
    all.sort_by_key(|declaration| (declaration.file, declaration.line, declaration.name));
    all
}
