//! One app as three processes behind a proxy, over one database: any of them can do what another
//! began, and may die while it does.

mod app;
mod fleet;
mod node;
mod proxy;

pub use fleet::Fleet;
pub use node::{Settings, run};
pub use proxy::{Nodes, Proxy};
