use oauth_runtime::{Token, requires_scopes};

struct Reports;

impl Reports {
    #[requires_scopes("drive.file")]
    async fn save(&self, token: Token) {
        drop(token);
    }
}

fn main() {
    let _ = Reports::save;
}
