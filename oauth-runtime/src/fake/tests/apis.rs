use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::harness::{ADA, BOB, CALENDAR, Fake};
use crate::fake::{Endpoint, FakeAccount, Fault, Quirk};

const FILES: &str = "/drive/v3/files";
const UPLOAD: &str = "/upload/drive/v3/files?uploadType=";
const EVENTS: &str = "/calendar/v3/calendars/primary/events";

fn names(list: &Value) -> Vec<&str> {
    list["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_method_is_open_to_its_scopes_and_to_no_others() {
    let open: [(&str, [u16; 5]); 10] = [
        ("drive", [200, 200, 200, 200, 403]),
        ("drive.file", [200, 200, 404, 404, 403]),
        ("drive.readonly", [403, 200, 200, 200, 403]),
        ("drive.metadata", [403, 200, 200, 403, 403]),
        ("drive.metadata.readonly", [403, 200, 200, 403, 403]),
        ("drive.appdata", [403, 403, 403, 403, 403]),
        ("calendar", [403, 403, 403, 403, 200]),
        ("calendar.readonly", [403, 403, 403, 403, 200]),
        ("calendar.events", [403, 403, 403, 403, 200]),
        ("calendar.events.readonly", [403, 403, 403, 403, 200]),
    ];
    for (scope, expected) in open {
        let fake = Fake::new();
        let file = fake.google.drive().add(ADA, "mine", "content");
        let token = fake.access(ADA, &[scope]);
        let path = format!("{FILES}/{}", file.id);
        let found = [
            fake.post(&format!("{UPLOAD}media"), &token, "text/plain", "x").await.status,
            fake.get(FILES, &token).await.status,
            fake.get(&path, &token).await.status,
            fake.get(&format!("{path}?alt=media"), &token).await.status,
            fake.get(EVENTS, &token).await.status,
        ];
        assert_eq!(found, expected, "{scope}");
    }
}

#[tokio::test]
async fn refusals_have_the_shapes_of_google() {
    let fake = Fake::new();
    let token = fake.access(ADA, &[]);
    let reply = fake.get(FILES, &token).await;
    let error = &reply.json()["error"];
    assert_eq!((reply.status, &error["status"]), (403, &json!("PERMISSION_DENIED")));
    assert_eq!(error["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    assert!(reply.header("www-authenticate").contains("error=\"insufficient_scope\", scope=\""));
    fake.google.set(Quirk::OldForbiddenShape);
    let reply = fake.get(FILES, &token).await;
    assert_eq!(reply.json()["error"]["errors"][0]["reason"], "insufficientPermissions");
    assert_eq!((reply.status, reply.header("www-authenticate")), (403, ""));

    let reply = fake.get(FILES, "ya29.unknown").await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (401, &json!(401)));
    assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""));
    let reply = fake.get(&format!("{FILES}?access_token={token}"), "").await;
    assert_eq!(reply.status, 401);
    assert!(!reply.header("www-authenticate").contains("error="));
}

#[tokio::test]
async fn ended_tokens_are_refused() {
    let fake = Fake::new();
    let token = fake.access(ADA, &["drive"]);
    fake.clock.advance(std::time::Duration::from_secs(3598));
    assert_eq!(fake.get(FILES, &token).await.status, 200);
    fake.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(fake.get(FILES, &token).await.status, 401);
    let token = fake.access(ADA, &["drive"]);
    fake.google.expire_access_tokens();
    assert_eq!(fake.get(FILES, &token).await.status, 401);
    let token = fake.access(ADA, &["drive"]);
    fake.google.revoke_access_of(ADA);
    assert_eq!(fake.get(FILES, &token).await.status, 401);
}

#[tokio::test]
async fn an_upload_in_two_parts_keeps_name_type_and_bytes() {
    let fake = Fake::new();
    let token = fake.access(ADA, &["drive.file"]);
    let body = "--b\r\nContent-Type: application/json\r\n\r\n{\"name\":\"report\"}\r\n\
        --b\r\nContent-Type: text/csv\r\n\r\na,b\r\n1,2\r\n--b--";
    let kind = "multipart/related; boundary=\"b\"";
    let made = fake.post(&format!("{UPLOAD}multipart"), &token, kind, body).await.json();
    assert_eq!((&made["name"], &made["mimeType"]), (&json!("report"), &json!("text/csv")));
    let path = format!("{FILES}/{}", made["id"].as_str().unwrap());
    let read = fake.get(&format!("{path}?alt=media"), &token).await;
    assert_eq!((read.text().as_str(), read.header("content-type")), ("a,b\r\n1,2", "text/csv"));
    assert_eq!(fake.get(&path, &token).await.json()["createdTime"], "2023-11-14T22:13:20Z");
    let files = fake.google.drive().files_of(ADA);
    assert_eq!((files.len(), files[0].content.as_slice()), (1, b"a,b\r\n1,2".as_slice()));
}

#[tokio::test]
async fn files_are_made_from_metadata_or_content_alone_and_bad_ones_refused() {
    let fake = Fake::new();
    let token = fake.access(ADA, &["drive.file"]);
    let json = "application/json";
    let made = fake.post(FILES, &token, json, r#"{"name":"n","mimeType":"text/x"}"#).await.json();
    assert_eq!((&made["name"], &made["size"]), (&json!("n"), &json!("0")));
    let made = fake.post(&format!("{UPLOAD}media"), &token, "text/plain", "abc").await.json();
    assert_eq!((&made["name"], &made["size"]), (&json!("Untitled"), &json!("3")));
    for (path, kind, body) in [
        (FILES.to_owned(), json, "[1"),
        (format!("{UPLOAD}multipart"), "multipart/related; boundary=b", "--b--"),
        (format!("{UPLOAD}chunked"), json, "{}"),
    ] {
        assert_eq!(fake.post(&path, &token, kind, body).await.status, 400, "{path} {body}");
    }
    assert_eq!(fake.google.drive().files_of(ADA).len(), 2);
}

#[tokio::test]
async fn one_never_sees_the_files_of_somebody_else() {
    let fake = Fake::new();
    let file = fake.google.drive().add(ADA, "secret", "content");
    let token = fake.access(BOB, &["drive"]);
    assert_eq!(fake.get(&format!("{FILES}/{}", file.id), &token).await.status, 404);
    assert_eq!(names(&fake.get(FILES, &token).await.json()), [""; 0]);
    fake.google.drive().remove(&file.id);
    assert!(fake.google.drive().files_of(ADA).is_empty());
}

#[tokio::test]
async fn lists_are_searched_and_paged_the_newest_first() {
    let fake = Fake::new();
    for name in ["a", "b", "c"] {
        fake.google.drive().add(ADA, name, "");
    }
    let token = fake.access(ADA, &["drive.readonly"]);
    let list = async |query: &str| fake.get(&format!("{FILES}?{query}"), &token).await;
    assert_eq!(names(&list("q=name+%3D+'b'+and+trashed+%3D+false").await.json()), ["b"]);
    let first = list("pageSize=2&fields=files(id)").await.json();
    assert_eq!((names(&first), &first["nextPageToken"]), (vec!["c", "b"], &json!("2")));
    let second = list("pageSize=2&pageToken=2").await.json();
    assert_eq!((names(&second), second.get("nextPageToken")), (vec!["a"], None));
    for query in ["q=owner", "pageSize=0", "pageSize=many"] {
        assert_eq!(list(query).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn the_calendar_is_that_of_the_week_of_the_clock() {
    let fake = Fake::new();
    let token = fake.access(ADA, &[CALENDAR]);
    let reply = fake.get(&format!("{EVENTS}?singleEvents=true&orderBy=startTime"), &token).await;
    assert_eq!(reply.json()["items"][0]["start"]["dateTime"], "2023-11-13T09:30:00Z");
    assert_eq!(fake.get(&format!("{EVENTS}?orderBy=startTime"), &token).await.status, 400);
    let other = fake.get("/calendar/v3/calendars/bob@example.com/events", &token).await;
    assert_eq!(other.status, 404);
}

#[tokio::test]
async fn userinfo_says_what_the_scopes_allow() {
    let fake = Fake::new();
    let token = fake.access(ADA, &["profile"]);
    let info = fake.get("/v1/userinfo", &token).await.json();
    assert_eq!(info["sub"], FakeAccount::new(ADA, "").subject());
    assert_eq!((&info["email"], &info["name"]), (&json!(ADA), &json!("Ada Example")));
    let refused = fake.get("/v1/userinfo", "").await;
    assert_eq!((refused.status, &refused.json()["error"]), (401, &json!("invalid_request")));
}

#[tokio::test]
async fn scripted_faults_come_before_the_real_answer_and_are_counted() {
    let fake = Fake::new();
    let token = fake.access(ADA, &["drive"]);
    let table = [
        (Fault::Status(502), 502, ""),
        (Fault::RetryAfter(7), 503, ""),
        (Fault::Malformed, 200, "<!doctype html>"),
        (Fault::ServiceDisabled, 403, "SERVICE_DISABLED"),
        (Fault::RateLimited, 429, "rateLimitExceeded"),
        (Fault::MissingScope, 403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        (Fault::FilePermissions, 403, "insufficientFilePermissions"),
        (Fault::DomainPolicy, 403, "domainPolicy"),
        (Fault::OAuthError("invalid_client"), 401, "invalid_client"),
    ];
    for (fault, _, _) in &table {
        fake.google.fault(Endpoint::Drive, fault.clone());
    }
    for (fault, status, text) in &table {
        let reply = fake.get(FILES, &token).await;
        assert_eq!(reply.status, *status, "{fault:?}");
        assert!(reply.text().contains(text), "{fault:?}: {}", reply.text());
        if matches!(fault, Fault::RetryAfter(_)) {
            assert_eq!(reply.header("retry-after"), "7");
        }
    }
    assert_eq!(fake.get(FILES, &token).await.status, 200);
    assert_eq!(fake.google.calls(Endpoint::Drive), table.len() + 1);
    fake.google.fault(Endpoint::Drive, Fault::Huge);
    assert_eq!(fake.get(FILES, &token).await.body.len(), 16 << 20);
    fake.google.fault(Endpoint::Drive, Fault::Status(500));
    fake.google.clear_faults();
    assert_eq!(fake.get(FILES, &token).await.status, 200);
}

#[tokio::test]
async fn requests_are_recorded_with_fields_and_headers() {
    let fake = Fake::new();
    fake.form("/token?from=query", &[("grant_type", "x y")]).await;
    fake.get("/style.css", "").await;
    let requests = fake.google.requests(Endpoint::Token);
    let [request] = requests.as_slice() else { panic!("one request") };
    assert_eq!((request.method(), request.path()), ("POST", "/token"));
    assert_eq!((request.field("from"), request.field("grant_type")), (Some("query"), Some("x y")));
    assert_eq!(
        (request.header("host"), request.header("authorization")),
        (Some("localhost"), None)
    );
    assert_eq!(request.fields().len(), 2);
    fake.google.forget_requests();
    assert_eq!(fake.google.calls(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_host_that_is_not_this_machine_is_refused_before_anything_happens() {
    let fake = Fake::new();
    for host in ["example.com", "localhost.example.com:8080"] {
        let request = Request::get("/oauth2/v3/certs").header("host", host);
        let reply = fake.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((reply.status, reply.header("cache-control")), (421, "no-store"), "{host}");
    }
    let reply = fake.send(Request::get("/token").body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, 421);
    assert_eq!(fake.google.calls(Endpoint::Keys), 0);
}
