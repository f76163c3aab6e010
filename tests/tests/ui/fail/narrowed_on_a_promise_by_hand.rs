use oauth_runtime::{Covers, Token, requires_scopes, scope};

#[requires_scopes("drive.file")]
async fn save(token: Token) -> String {
    let whole: Token<scope::Drive> = token.narrow();
    format!("{whole:?}")
}

impl Covers<scope::Drive> for save {
    type OnlyTheMacrosWriteThis = ();
}

fn main() {
    let _: axum::Router<oauth_runtime::OAuth> =
        axum::Router::new().route("/save", axum::routing::get(save));
}
