//! The server as an app and a browser see it, through its router and over TCP.

mod apis;
mod authorization;
mod harness;
mod network;
mod tokens;
