//! What an operator learns of: spans and outcomes, metrics, and the app's own record.

mod act;
mod audit;
mod room;

pub(crate) use act::{Act, Action};
pub(crate) use audit::Audit;
pub use audit::{AuditEvent, AuditKind};
pub(crate) use room::refused_for_room;
