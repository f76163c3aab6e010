use oauth_runtime::{Token, scope_set};

scope_set!(pub Backup);
scope_set!(pub Report =);

async fn back_up(token: Token<Report>) {
    drop(token);
}

fn main() {
    let _ = back_up;
}
