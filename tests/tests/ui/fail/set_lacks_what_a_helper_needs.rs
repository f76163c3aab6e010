use oauth_runtime::{Covers, Token, scope, scope_set};

scope_set!(Backup = "drive.file");

async fn back_up(token: Token<Backup>) {
    mail(&token).await;
}

async fn mail<R: Covers<scope::GmailSend>>(_: &Token<R>) {}

fn main() {
    let _ = back_up;
}
