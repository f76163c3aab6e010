use oauth_runtime::requires_scopes;

struct Token<Handler>(Handler);

#[requires_scopes("drive.file")]
async fn save(_token: Token) {}

fn main() {}
