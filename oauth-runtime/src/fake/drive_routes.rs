//! Drive over HTTP: <https://developers.google.com/workspace/drive/api/reference/rest/v3/files>.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::{answer, api_error, json as answer_json};
use super::api::{ApiError, DRIVE_CREATE, DRIVE_DOWNLOAD, DRIVE_GET, DRIVE_LIST, Method, holds};
use super::civil::rfc3339;
use super::drive::{DriveFile, NewFile, Term, View};
use super::fields::Fields;
use super::multipart;
use super::rim::{Rim, header};
use super::tokens::AccessToken;

const ANY: &str = "application/octet-stream";
/// With one of these a caller sees all files, not only those it made.
const SEES_ALL: [&str; 4] =
    ["drive", "drive.readonly", "drive.metadata", "drive.metadata.readonly"];

pub(crate) fn routes() -> Router<Rim> {
    Router::new()
        .route("/drive/v3/files", get(list).post(create))
        .route("/drive/v3/files/{id}", get(read))
        .route("/upload/drive/v3/files", post(upload))
}

/// The fields of a new file that this Drive keeps.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    name: Option<String>,
    mime_type: Option<String>,
}

impl Metadata {
    fn parse(json: &[u8]) -> Result<Self, ApiError> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(json)
            .map_err(|_| ApiError::invalid("the metadata is not JSON of a file"))
    }

    fn with_content(self, content_type: Option<&str>, content: &[u8]) -> NewFile {
        let mime_type = self.mime_type.or_else(|| content_type.map(str::to_owned));
        NewFile {
            name: self.name.unwrap_or_else(|| "Untitled".to_owned()),
            mime_type: mime_type.unwrap_or_else(|| ANY.to_owned()),
            content: content.to_vec(),
            made_by: None,
        }
    }
}

fn view(caller: &AccessToken) -> View<'_> {
    let all = holds(&caller.scopes, &SEES_ALL);
    View { owner: &caller.subject, only_by: (!all).then_some(&caller.client_id) }
}

fn to_json(file: &DriveFile) -> Value {
    json!({
        "kind": "drive#file", "id": file.id, "name": file.name, "mimeType": file.mime_type,
        "size": file.content.len().to_string(),
        "createdTime": rfc3339(file.created), "modifiedTime": rfc3339(file.created),
    })
}

async fn list(State(rim): State<Rim>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    respond(permit(&rim, &headers, &DRIVE_LIST).and_then(|caller| listed(&rim, &caller, &query)))
}

fn listed(rim: &Rim, caller: &AccessToken, query: &Fields) -> Result<Value, ApiError> {
    let search = query.get("q").map_or(Some(Vec::new()), Term::parse_all);
    let terms = search.ok_or_else(|| ApiError::invalid("q"))?;
    let size = number(query, "pageSize", 100)?;
    let start = number(query, "pageToken", 0)?;
    if !(1..=1000).contains(&size) {
        return Err(ApiError::invalid("pageSize"));
    }
    let (world, view) = (rim.world(), view(caller));
    let found: Vec<_> = world
        .drive
        .visible(&view)
        .filter(|file| terms.iter().all(|term| term.admits(file)))
        .collect();
    let page: Vec<_> =
        found.iter().rev().skip(start).take(size).map(|file| to_json(file)).collect();
    let end = start.saturating_add(size);
    let mut list = json!({ "kind": "drive#fileList", "incompleteSearch": false, "files": page });
    if end < found.len() {
        list["nextPageToken"] = end.to_string().into();
    }
    Ok(list)
}

fn number(query: &Fields, name: &str, default: usize) -> Result<usize, ApiError> {
    query.get(name).map_or(Ok(default), |text| text.parse().map_err(|_| ApiError::invalid(name)))
}

async fn create(State(rim): State<Rim>, headers: HeaderMap, body: Bytes) -> Response {
    respond(permit(&rim, &headers, &DRIVE_CREATE).and_then(|caller| {
        let new = Metadata::parse(&body)?.with_content(None, &[]);
        Ok(add(&rim, &caller, new))
    }))
}

async fn upload(
    State(rim): State<Rim>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    let content_type = header(&headers, "content-type");
    respond(permit(&rim, &headers, &DRIVE_CREATE).and_then(|caller| {
        let new = match query.get("uploadType") {
            Some("media") => Metadata::default().with_content(content_type, &body),
            Some("multipart") => related(content_type.unwrap_or_default(), &body)?,
            _ => return Err(ApiError::invalid("uploadType has to be media or multipart")),
        };
        Ok(add(&rim, &caller, new))
    }))
}

/// Metadata first, then the content.
fn related(content_type: &str, body: &[u8]) -> Result<NewFile, ApiError> {
    let parts = multipart::parse(content_type, body).map_err(ApiError::invalid)?;
    let [metadata, content] = parts.as_slice() else {
        return Err(ApiError::invalid("a multipart upload has two parts"));
    };
    Ok(Metadata::parse(metadata.body)?.with_content(content.content_type(), content.body))
}

fn add(rim: &Rim, caller: &AccessToken, new: NewFile) -> Value {
    let (now, mut world) = (rim.now(), rim.world());
    let world = &mut *world;
    let new = NewFile { made_by: Some(caller.client_id.clone()), ..new };
    to_json(&world.drive.add(&mut world.mint, now, &caller.subject, new))
}

async fn read(
    State(rim): State<Rim>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    let media = query.get("alt") == Some("media");
    let method = if media { &DRIVE_DOWNLOAD } else { &DRIVE_GET };
    match permit(&rim, &headers, method).and_then(|caller| find(&rim, &caller, &id)) {
        Ok(file) if media => content(file),
        Ok(file) => answer_json(200, &to_json(&file)),
        Err(error) => api_error(&error),
    }
}

fn find(rim: &Rim, caller: &AccessToken, id: &str) -> Result<DriveFile, ApiError> {
    let (world, view) = (rim.world(), view(caller));
    let file = world.drive.visible(&view).find(|file| file.id == id).cloned();
    file.ok_or_else(|| ApiError::not_found("file"))
}

/// A file is somebody's bytes: a browser that opens it must not run them here.
fn content(file: DriveFile) -> Response {
    let headers = [
        (CONTENT_TYPE, file.mime_type.as_str()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "sandbox"),
    ];
    answer(200, &headers, file.content)
}

fn permit(rim: &Rim, headers: &HeaderMap, method: &Method) -> Result<AccessToken, ApiError> {
    rim.world().permit(rim.now(), header(headers, "authorization"), method)
}

fn respond(result: Result<Value, ApiError>) -> Response {
    result.map_or_else(|error| api_error(&error), |value| answer_json(200, &value))
}
