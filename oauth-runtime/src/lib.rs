//! OAuth for Axum.

mod secret;
mod clock;
mod error;

pub use clock::{Clock, ManualClock, Sleep, SystemClock, Timestamp};
pub use error::Error;
pub use secret::Secret;
