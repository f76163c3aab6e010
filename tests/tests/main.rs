//! The integration tests, one binary.

mod flow_sign_in;
mod support;
