use oauth_runtime::Token;

async fn upload<R>(token: &Token<R>) {
    let _ = token.access_token();
}

fn main() {}
