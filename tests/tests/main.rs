//! The integration tests, one binary.

mod callback;
mod flow_sign_in;
mod hot_path;
mod places;
mod request_kinds;
mod staying;
mod support;
mod ui;
