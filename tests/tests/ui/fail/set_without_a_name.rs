use oauth_runtime::scope_set;

scope_set!("drive.file", "drive.appdata");

fn main() {}
