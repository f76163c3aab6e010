//! Drive over HTTP: <https://developers.google.com/workspace/drive/api/reference/rest/v3/files>.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::answers::{answer, api_error, json as answer_json};
use super::api::{
    ApiError, DRIVE_CREATE, DRIVE_DELETE, DRIVE_DOWNLOAD, DRIVE_GET, DRIVE_LIST, DRIVE_UPDATE,
    holds,
};
use super::drive::{DriveFile, NewFile, Term, View};
use super::drive_wire::{Metadata, add, permit, respond, to_json};
use super::fields::Fields;
use super::multipart;
use super::resumable_routes;
use super::rim::{Rim, header};
use super::tokens::AccessToken;

/// The longest body of a request, in bytes.
const MOST: usize = 64 * 1024 * 1024;
/// With one of these a caller sees all files, not only those it made.
const SEES_ALL: [&str; 4] =
    ["drive", "drive.readonly", "drive.metadata", "drive.metadata.readonly"];

pub(crate) fn routes() -> Router<Rim> {
    Router::new()
        .route("/drive/v3/files", get(list).post(create))
        .route("/drive/v3/files/{id}", get(read).patch(rename).delete(remove))
        .route("/upload/drive/v3/files", post(upload).put(resumable_routes::put))
        .layer(DefaultBodyLimit::max(MOST))
}

fn view(caller: &AccessToken) -> View<'_> {
    let all = holds(&caller.scopes, &SEES_ALL);
    View { owner: &caller.subject, only_by: (!all).then_some(&caller.client_id) }
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
    if query.get("uploadType") == Some("resumable") {
        return resumable_routes::begin(&rim, &headers, &body);
    }
    let content_type = header(&headers, "content-type");
    respond(permit(&rim, &headers, &DRIVE_CREATE).and_then(|caller| {
        let new = match query.get("uploadType") {
            Some("media") => Metadata::default().with_content(content_type, &body),
            Some("multipart") => related(content_type.unwrap_or_default(), &body)?,
            _ => {
                let kinds = "uploadType has to be media, multipart or resumable";
                return Err(ApiError::invalid(kinds));
            }
        };
        Ok(add(&rim, &caller, new))
    }))
}

async fn rename(
    State(rim): State<Rim>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    respond(permit(&rim, &headers, &DRIVE_UPDATE).and_then(|caller| {
        let file = find(&rim, &caller, &id)?;
        let name = Metadata::parse(&body)?.name.unwrap_or(file.name);
        let renamed = rim.world().drive.rename(&id, &name);
        renamed.map(|file| to_json(&file)).ok_or_else(|| ApiError::not_found("file"))
    }))
}

async fn remove(State(rim): State<Rim>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let found = permit(&rim, &headers, &DRIVE_DELETE).and_then(|caller| find(&rim, &caller, &id));
    match found {
        Ok(file) => {
            rim.world().drive.remove(&file.id);
            answer(204, &[], Body::empty())
        }
        Err(error) => api_error(&error),
    }
}

/// Metadata first, then the content.
fn related(content_type: &str, body: &[u8]) -> Result<NewFile, ApiError> {
    let parts = multipart::parse(content_type, body).map_err(ApiError::invalid)?;
    let [metadata, content] = parts.as_slice() else {
        return Err(ApiError::invalid("a multipart upload has two parts"));
    };
    Ok(Metadata::parse(metadata.body)?.with_content(content.content_type(), content.body))
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
