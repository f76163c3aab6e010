use oauth_runtime::Secret;

#[derive(serde::Serialize)]
struct Config {
    password: Secret,
}

fn main() {}
