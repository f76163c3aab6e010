//! Uploads in pieces over HTTP:
//! <https://developers.google.com/workspace/drive/api/guides/manage-uploads#resumable>.

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::{LOCATION, RANGE};
use axum::response::Response;

use super::answers::{answer, api_error, json};
use super::api::{ApiError, DRIVE_CREATE};
use super::drive_wire::{Metadata, add, permit};
use super::fields::Fields;
use super::resumable::{ContentRange, Standing, Upload};
use super::rim::{Rim, header};

/// Begins an upload and says where its pieces go.
pub(crate) fn begin(rim: &Rim, headers: &HeaderMap, metadata: &[u8]) -> Response {
    let begun = permit(rim, headers, &DRIVE_CREATE).and_then(|caller| {
        let media_type = header(headers, "x-upload-content-type");
        let new = Metadata::parse(metadata)?.with_content(media_type, &[]);
        let world = &mut *rim.world();
        let name = world.uploads.begin(&mut world.mint, Upload { caller, new });
        let path = "/upload/drive/v3/files?uploadType=resumable&upload_id";
        Ok(format!("{}{path}={name}", world.origin))
    });
    match begun {
        Ok(location) => answer(200, &[(LOCATION, &location)], Body::empty()),
        Err(error) => api_error(&error),
    }
}

/// Takes a piece.
pub(crate) async fn put(
    State(rim): State<Rim>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    let standing = permit(&rim, &headers, &DRIVE_CREATE).and_then(|_| {
        let range = header(&headers, "content-range").and_then(ContentRange::parse);
        let range = range.ok_or_else(|| ApiError::invalid("content-range"))?;
        let name = query.get("upload_id").unwrap_or_default();
        let standing = rim.world().uploads.put(name, &range, &body);
        standing.ok_or_else(|| ApiError::not_found("upload"))
    });
    match standing {
        Ok(Standing::Complete(Upload { caller, new })) => {
            let file = add(&rim, &caller, new);
            let name = query.get("upload_id").unwrap_or_default();
            rim.world().uploads.finish(name, file.clone());
            json(200, &file)
        }
        Ok(Standing::Done(file)) => json(200, &file),
        Ok(Standing::Upto(0)) => answer(308, &[], Body::empty()),
        Ok(Standing::Upto(here)) => {
            answer(308, &[(RANGE, &format!("bytes=0-{}", here - 1))], Body::empty())
        }
        Err(error) => api_error(&error),
    }
}
