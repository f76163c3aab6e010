//! What an operator learns of: spans and outcomes, metrics, and the app's own record.

mod act;
mod audit;

pub(crate) use act::{Act, Action};
pub(crate) use audit::Audit;
pub use audit::{AuditEvent, AuditKind};
