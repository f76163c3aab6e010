//! A form that waits until its sender has granted what it needs.

/// What was sent, where to, and the number that a link names it by.
#[derive(Default)]
pub(crate) struct HeldForm {
    pub(crate) number: [u8; 16],
    /// The path and query that it was sent to.
    pub(crate) target: Box<str>,
    /// The body, `application/x-www-form-urlencoded` and UTF-8.
    pub(crate) body: Box<str>,
    /// Whether its handler ran already, and was refused half-way.
    pub(crate) begun: bool,
}
