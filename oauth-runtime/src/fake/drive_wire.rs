//! A file of the Drive in JSON, in and out.

use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::{api_error, json as answer_json};
use super::api::{ApiError, Method};
use super::drive::{DriveFile, NewFile};
use super::rim::{Rim, header};
use super::tokens::AccessToken;

const ANY: &str = "application/octet-stream";

/// The fields of a new file that this Drive keeps.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Metadata {
    pub(crate) name: Option<String>,
    mime_type: Option<String>,
}

impl Metadata {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, ApiError> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(json)
            .map_err(|_| ApiError::invalid("the metadata is not JSON of a file"))
    }

    pub(crate) fn with_content(self, content_type: Option<&str>, content: &[u8]) -> NewFile {
        let mime_type = self.mime_type.or_else(|| content_type.map(str::to_owned));
        NewFile {
            name: self.name.unwrap_or_else(|| "Untitled".to_owned()),
            mime_type: mime_type.unwrap_or_else(|| ANY.to_owned()),
            content: content.to_vec(),
            made_by: None,
        }
    }
}

pub(crate) fn to_json(file: &DriveFile) -> Value {
    json!({
        "kind": "drive#file", "id": file.id, "name": file.name, "mimeType": file.mime_type,
        "size": file.content.len().to_string(),
        "createdTime": file.created.to_string(), "modifiedTime": file.created.to_string(),
    })
}

pub(crate) fn add(rim: &Rim, caller: &AccessToken, new: NewFile) -> Value {
    let (now, mut world) = (rim.now(), rim.world());
    let world = &mut *world;
    let new = NewFile { made_by: Some(caller.client_id.clone()), ..new };
    to_json(&world.drive.add(&mut world.mint, now, &caller.subject, new))
}

pub(crate) fn permit(
    rim: &Rim,
    headers: &HeaderMap,
    method: &Method,
) -> Result<AccessToken, ApiError> {
    rim.world().permit(rim.now(), header(headers, "authorization"), method)
}

pub(crate) fn respond(result: Result<Value, ApiError>) -> Response {
    result.map_or_else(|error| api_error(&error), |value| answer_json(200, &value))
}
