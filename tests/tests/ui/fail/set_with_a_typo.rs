use oauth_runtime::{Token, scope_set};

scope_set!(Backup(marker = Copy) = "drive.file", "drive.apdata");

async fn back_up(token: Token<Backup>) {
    drop(token);
}

fn main() {
    let _ = back_up;
}
