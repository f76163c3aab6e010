use oauth_runtime::Secret;

fn main() {
    println!("{}", Secret::new("fake"));
}
