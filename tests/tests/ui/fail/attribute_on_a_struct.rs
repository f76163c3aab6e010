use oauth_runtime::requires_scopes;

#[requires_scopes("drive.file")]
struct Report {
    name: String,
}

fn main() {
    let _ = Report { name: String::new() }.name;
}
