//! What the server does in one go. Each script names its keys and arguments.

use std::sync::LazyLock;

use redis::Script;

pub(super) struct Scripts {
    pub(super) schema: Script,
    pub(super) put: Script,
    pub(super) delete: Script,
    pub(super) lease: Script,
    pub(super) release: Script,
    pub(super) sweep: Script,
}

macro_rules! script {
    ($($file:literal),*) => { Script::new(concat!($(include_str!($file)),*)) };
}

pub(super) static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| Scripts {
    schema: script!("schema.lua"),
    put: script!("head.lua", "put.lua"),
    delete: script!("head.lua", "delete.lua"),
    lease: script!("head.lua", "lease.lua"),
    release: script!("release.lua"),
    sweep: script!("sweep.lua"),
});
