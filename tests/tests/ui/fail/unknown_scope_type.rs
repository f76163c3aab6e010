use oauth_runtime::{Covers, Token, scope};

async fn upload(_: &Token<impl Covers<scope::DriveFil>>) {}

fn main() {}
