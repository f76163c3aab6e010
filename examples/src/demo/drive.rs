//! Notes as text files in the user's Drive.

use oauth_runtime::{Covers, Error, Token, scope};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A file as Drive lists it.
#[derive(Deserialize, Serialize)]
pub(crate) struct Note {
    pub(crate) id: String,
    pub(crate) name: String,
}

#[derive(Deserialize)]
struct Files {
    files: Vec<Note>,
}

/// With `drive.file`, Drive lists the files that this app made.
pub(crate) async fn list(token: &Token<impl Covers<scope::DriveFile>>) -> Result<Vec<Note>, Error> {
    let client = token.client();
    let url = client.url("drive", "/drive/v3/files?pageSize=50&fields=files(id,name)");
    client.get(&url).await.map(|files: Files| files.files)
}

/// Name and content in one request, as `multipart/related` (RFC 2387).
pub(crate) async fn save(
    token: &Token<impl Covers<scope::DriveFile>>,
    title: &str,
    text: &str,
) -> Result<Note, Error> {
    let client = token.client();
    let url = client.url("drive", "/upload/drive/v3/files?uploadType=multipart");
    let boundary = boundary(text);
    let metadata: Value = json!({ "name": format!("{title}.txt"), "mimeType": "text/plain" });
    let body = format!(
        "--{boundary}\r\nContent-Type: application/json\r\n\r\n{metadata}\r\n\
         --{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--{boundary}--\r\n"
    );
    client.upload(&url, &format!("multipart/related; boundary={boundary}"), body.into()).await
}

/// A line that the text does not contain.
fn boundary(text: &str) -> String {
    let mut boundary = "note".to_owned();
    while text.contains(&boundary) {
        boundary.push('-');
        boundary.push_str("note");
    }
    boundary
}
