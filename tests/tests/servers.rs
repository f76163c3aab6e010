//! The library against a server that nobody here wrote: the npm package oidc-provider, on
//! loopback, through a real browser. The library finds it by its issuer alone.

mod answers;
mod app;
mod attacks;
mod consent;
mod server;
mod staying;

use app::App;
use server::Server;
