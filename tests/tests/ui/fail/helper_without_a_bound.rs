use oauth_runtime::Token;

fn bearer<R>(_: &Token<R>) {}

fn main() {
    let _ = bearer::<oauth_runtime::scope::DriveFile>;
}
