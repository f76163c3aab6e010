use oauth_runtime::Secret;

#[derive(Debug)]
struct Config {
    password: Secret,
}

fn main() {
    println!("{:?}", Config { password: Secret::new("fake") });
}
