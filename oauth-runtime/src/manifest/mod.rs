//! What all handlers of an app ask people for: to read, to hand in, and to hold an app to.

mod asked;
mod collected;
mod entry;
mod findings;
mod markdown;
mod policy;
mod snapshot;

pub use asked::ManifestScope;
pub use collected::Registered;
pub(crate) use collected::registered;
pub use entry::{Manifest, ManifestEntry};
pub use findings::{Finding, FindingKind};
pub use policy::Policy;
