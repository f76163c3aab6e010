use oauth_runtime::Token;

struct Report;

async fn save(token: Token<Report>) {
    drop(token);
}

fn main() {
    let _ = save;
}
