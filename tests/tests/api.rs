//! Calling the provider's APIs: lists, uploads in pieces, repetitions, and each way to say no.

use std::time::Duration;

use http::Method;
use oauth_runtime::fake::{Endpoint, FakeGoogle, Fault};
use oauth_runtime::{ApiClient, Clock as _, Error, ManualClock, OAuth, Timestamp, Token, scope};
use serde_json::{Value, json};

type Drive = Token<scope::DriveFile>;

/// Somebody's token outside of any request, and a clock that stands still.
struct World {
    fake: FakeGoogle,
    clock: ManualClock,
    oauth: OAuth,
    token: Drive,
}

impl World {
    async fn start() -> Self {
        let clock = ManualClock::at(Timestamp::from_unix_seconds(1_790_000_000));
        let fake = FakeGoogle::builder().with_clock(clock.clone()).start().await.unwrap();
        fake.sign_in("ada@example.com").granting(["drive.file"]).await.unwrap();
        let oauth = fake.oauth().unwrap();
        let id = fake.account_id("ada@example.com");
        let token = oauth.account(&id).token::<scope::DriveFile>().await.unwrap();
        Self { fake, clock, oauth, token }
    }

    fn client(&self) -> ApiClient {
        self.token.client()
    }

    fn files(&self) -> String {
        self.client().url("drive", "/drive/v3/files")
    }

    fn calls(&self) -> usize {
        self.fake.calls(Endpoint::Drive)
    }

    fn fault(&self, times: usize, fault: &Fault) {
        (0..times).for_each(|_| self.fake.fault(Endpoint::Drive, fault.clone()));
    }

    /// What the call comes to, with every wait of it ended as soon as it begins; and the waits,
    /// in milliseconds.
    async fn patiently<T>(&self, call: impl Future<Output = T>) -> (T, Vec<u64>) {
        let (mut call, mut waits) = (std::pin::pin!(call), Vec::new());
        loop {
            tokio::select! {
                biased;
                done = &mut call => return (done, waits),
                () = tokio::task::yield_now() => {
                    if let Some(end) = self.clock.next_end() {
                        waits.push(u64::try_from(end.since(self.clock.now()).as_millis()).unwrap());
                        self.clock.set(end);
                    }
                }
            }
        }
    }

    async fn list(&self) -> (Result<Value, Error>, Vec<u64>) {
        let (client, files) = (self.client(), self.files());
        self.patiently(client.get(&files)).await
    }
}

/// Whether the waits are the first ones of the doubling sequence, with their jitter.
fn are_growing(waits: &[u64]) -> bool {
    let first = [500..=750, 1000..=1500, 2000..=3000];
    waits.len() <= 3 && waits.iter().zip(first).all(|(wait, range)| range.contains(wait))
}

#[tokio::test]
async fn what_fails_for_the_moment_is_asked_again_and_then_told() {
    let world = World::start().await;
    for fault in [Fault::Status(500), Fault::Status(503), Fault::RateLimited, Fault::Drop] {
        world.fault(3, &fault);
        let before = world.calls();
        let (files, waits) = world.list().await;
        assert_eq!(files.unwrap()["files"], json!([]), "{fault:?}");
        assert_eq!((world.calls() - before, waits.len()), (4, 3), "{fault:?}");
        // A rate limit asks for one second, which is longer than the first wait of ours.
        assert!(are_growing(&waits) || waits[0] == 1000, "{fault:?}: {waits:?}");
    }
    for (fault, code) in [
        (Fault::Status(500), "api_unavailable"),
        (Fault::RateLimited, "api_rate_limited"),
        (Fault::Drop, "provider_unavailable"),
    ] {
        world.fault(4, &fault);
        let (error, waits) = world.list().await;
        let error = error.unwrap_err();
        assert_eq!((error.code(), waits.len()), (code, 3));
        assert!(error.is_transient(), "{error:?}");
    }
}

/// A page must not hang for a minute because an API says so.
#[tokio::test]
async fn a_long_wait_is_not_waited_but_told() {
    let world = World::start().await;
    world.fault(1, &Fault::RetryAfter(30));
    let (error, waits) = world.list().await;
    let error = error.unwrap_err();
    assert_eq!((error.code(), waits.as_slice()), ("api_unavailable", &[][..]));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    world.fault(1, &Fault::RetryAfter(5));
    let (files, waits) = world.list().await;
    assert!(files.is_ok() && waits == [5000], "{waits:?}");
}

/// I22: what may have been done is not done again, unless the app says that it does no harm.
#[tokio::test]
async fn a_post_whose_answer_is_lost_is_sent_once() {
    let world = World::start().await;
    let (client, files) = (world.client(), world.files());
    let name = json!({ "name": "once" });
    world.fault(1, &Fault::LoseAnswer);
    let (lost, waits) = world.patiently(client.post::<_, Value>(&files, &name)).await;
    assert_eq!((lost.unwrap_err().code(), waits.len()), ("provider_unavailable", 0));
    assert_eq!(world.fake.drive().files_of("ada@example.com").len(), 1);

    world.fault(1, &Fault::LoseAnswer);
    let request = client.request(Method::POST, &files).with_json(&name).harmless_twice();
    let (file, waits) = world.patiently(request.json::<Value>()).await;
    assert_eq!((file.unwrap()["name"].as_str(), waits.len()), (Some("once"), 1));
    assert_eq!(world.fake.drive().files_of("ada@example.com").len(), 3, "sent twice, as it may be");

    world.fault(1, &Fault::Status(503));
    let (failed, _) = world.patiently(client.post::<_, Value>(&files, &name)).await;
    assert_eq!(failed.unwrap_err().code(), "api_unavailable");
    world.fault(1, &Fault::RateLimited);
    let (file, waits) = world.patiently(client.post::<_, Value>(&files, &name)).await;
    assert!(file.is_ok() && waits.len() == 1, "a refusal for its number did nothing: {waits:?}");
    world.fault(1, &Fault::RateLimited);
    let request = client.request(Method::GET, &files).with_retries(0);
    let (limited, waits) = world.patiently(request.send()).await;
    assert_eq!((limited.unwrap_err().code(), waits.len()), ("api_rate_limited", 0));
}

#[tokio::test]
async fn each_way_to_say_no_has_its_own_code_and_remedy() {
    let world = World::start().await;
    for (fault, code, help) in [
        (Fault::ServiceDisabled, "api_disabled", Some("https://console.developers.google.com/")),
        (Fault::DomainPolicy, "admin_policy", Some("administrator")),
        (Fault::FilePermissions, "api_forbidden", None),
        (Fault::Status(404), "api", None),
        (Fault::Malformed, "api", None),
        (Fault::MissingScope, "consent_required", None),
    ] {
        world.fault(1, &fault);
        let (error, waits) = world.list().await;
        let error = error.unwrap_err();
        assert_eq!((error.code(), waits.len()), (code, 0), "{fault:?}");
        let shown = error.help().unwrap_or_default();
        assert!(shown.contains(help.unwrap_or_default()), "{fault:?}: {shown}");
        assert_eq!(error.authorize_url().is_some(), code == "consent_required", "{fault:?}");
    }
}

/// An answer of an API, as a test writes it.
fn answered(status: u16, headers: &[(&str, &str)], body: &str) -> Fault {
    let answer = http::Response::builder().status(status);
    let answer = headers.iter().fold(answer, |answer, (name, value)| answer.header(*name, *value));
    Fault::Answer(answer.body(body.to_owned()).unwrap())
}

/// Success is 2xx: after a redirect nothing was done, and nothing was read.
#[tokio::test]
async fn a_redirect_is_no_success_however_it_is_asked() {
    let world = World::start().await;
    let (client, files) = (world.client(), world.files());
    let moved = r#"{"message":"Moved Permanently","url":"https://api.example.com/1"}"#;
    let elsewhere = "https://downloads.example.com/a/b?signature=CANARY";
    let url = client.url("drive", "/upload/drive/v3/files?uploadType=resumable");
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let redirect = || world.fault(1, &answered(status, &[("location", elsewhere)], moved));
        let before = world.calls();
        redirect();
        let deleted = client.delete(&files).await.unwrap_err();
        redirect();
        let listed = client.pages(&files).items::<Value>("files", 9).await.unwrap_err();
        redirect();
        let posted = client.post::<_, Value>(&files, &json!({})).await.unwrap_err();
        redirect();
        let upload = client.resumable_upload(&url, "video/mp4").send::<Value>(&b"x"[..]);
        let uploaded = upload.await.unwrap_err();
        assert_eq!(world.calls() - before, 4, "{status}: nothing is followed or repeated");
        for error in [deleted, listed, posted, uploaded] {
            assert_eq!((error.code(), error.api_status().unwrap().as_u16()), ("api", status));
            let text = format!("{error:?}");
            let leads = text.contains("to downloads.example.com/… (");
            assert!(leads || status == 304, "{text}");
            assert!(!text.contains("CANARY") && error.help().is_some(), "{text}");
        }
        redirect();
        let request = client.request(Method::GET, &files);
        let accepted = request.accepting(status.try_into().unwrap()).send().await.unwrap();
        assert_eq!(accepted.status().as_u16(), status);
        assert_eq!(accepted.headers()["location"], elsewhere);
    }
    assert!(world.fake.drive().files_of("ada@example.com").is_empty());
}

/// 308 is "resume incomplete" for a piece of an upload, and a redirect everywhere else.
#[tokio::test]
async fn an_upload_goes_on_after_308_and_follows_no_redirect() {
    let world = World::start().await;
    let bytes = content(2 * UNIT);
    let none = || answered(308, &[], "");
    world.fault(1, &Fault::Delay(Duration::ZERO));
    world.fault(1, &none());
    uploaded(&world, &bytes, UNIT).await.unwrap();
    assert!(newest(&world) == bytes, "the server had nothing, and was sent it again");

    world.fault(1, &Fault::Delay(Duration::ZERO));
    let part = format!("bytes=0-{}", UNIT - 1);
    let here = format!("{}/elsewhere", world.fake.origin());
    world.fault(1, &answered(308, &[("range", &part), ("location", &here)], ""));
    let before = world.fake.drive().files_of("ada@example.com").len();
    let lost = uploaded(&world, &bytes, UNIT).await.unwrap_err();
    assert_eq!(lost.code(), "api", "the server knows of no byte: {lost:?}");
    world.fault(1, &Fault::Delay(Duration::ZERO));
    world.fault(1, &answered(308, &[("location", &here)], ""));
    let calls = world.calls();
    let moved = uploaded(&world, &bytes, UNIT).await.unwrap_err();
    let text = moved.to_string();
    assert!(text.contains("/… answered 308") && !text.contains("/upload/"), "{text}");
    assert_eq!((moved.api_status().unwrap().as_u16(), world.calls() - calls), (308, 2));
    assert_eq!(world.fake.drive().files_of("ada@example.com").len(), before);
    world.fault(1, &none());
    assert_eq!(uploaded(&world, &bytes, UNIT).await.unwrap_err().api_status().unwrap(), 308);
}

/// Where a refusal is understood, no token is spent on it; where it is not, one is.
#[tokio::test]
async fn a_401_costs_at_most_one_token() {
    let world = World::start().await;
    let (client, files) = (world.client(), world.files());
    let tokens = || world.fake.calls(Endpoint::Token);
    world.clock.advance(Duration::from_secs(60));
    let before = (tokens(), world.calls());
    let signup = r#"{"error":{"errors":[{"reason":"youtubeSignupRequired"}],"code":401}}"#;
    world.fault(1, &answered(401, &[], signup));
    let error = client.get::<Value>(&files).await.unwrap_err();
    assert_eq!((error.code(), tokens(), world.calls()), ("api_forbidden", before.0, before.1 + 1));
    assert!(error.help().unwrap().contains("YouTube channel"), "{error:?}");

    let reason = [("www-authenticate", "Bearer error=\"invalid_token\", error_description=\"no\"")];
    world.fault(2, &answered(401, &reason, ""));
    let error = client.get::<Value>(&files).await.unwrap_err();
    assert_eq!((error.code(), tokens(), world.calls()), ("api", before.0 + 1, before.1 + 3));
    assert!(error.to_string().contains("answered 401 invalid_token: \"no\")"), "{error}");
    // The next ones have the new token, and leave it at that.
    let id = world.fake.account_id("ada@example.com");
    let token = world.oauth.account(&id).token::<scope::DriveFile>().await.unwrap();
    for _ in 0..3 {
        world.fault(1, &answered(401, &reason, ""));
        assert_eq!(token.client().get::<Value>(&files).await.unwrap_err().code(), "api");
        let error = token.replaced().await.unwrap_err();
        assert_eq!((error.code(), error.is_consent_required()), ("api", false), "{error:?}");
    }
    assert_eq!((tokens(), world.calls()), (before.0 + 1, before.1 + 6));
    world.clock.advance(Duration::from_secs(60));
    assert_ne!(token.replaced().await.unwrap().access_token(), token.access_token());
}

/// A token that is revoked as soon as it is given is replaced where the API says that it is invalid,
/// and nowhere else.
#[tokio::test]
async fn a_new_token_that_is_said_to_be_invalid_is_replaced_once() {
    let reason = [("www-authenticate", "Bearer error=\"invalid_token\"")];
    for (headers, refreshes) in [(&reason[..], 1), (&[], 0)] {
        let world = World::start().await;
        let (client, files) = (world.client(), world.files());
        let before = world.fake.calls(Endpoint::Token);
        let refreshed = || world.fake.calls(Endpoint::Token) - before;
        world.fault(1, &answered(401, headers, ""));
        let answer = client.get::<Value>(&files).await;
        assert_eq!((answer.is_ok(), refreshed()), (refreshes == 1, refreshes), "{answer:?}");
        let id = world.fake.account_id("ada@example.com");
        let token = world.oauth.account(&id).token::<scope::DriveFile>().await.unwrap();
        world.fault(1, &answered(401, headers, ""));
        assert_eq!(token.client().get::<Value>(&files).await.unwrap_err().code(), "api");
        assert_eq!(refreshed(), refreshes, "another one would be refused as well");
    }
}

/// A limit that lasts is told with its wait, and no call is spent on repetitions.
#[tokio::test]
async fn a_lasting_limit_is_told_at_once() {
    let world = World::start().await;
    let reason = r#"{"error":{"errors":[{"reason":"dailyLimitExceeded"}],"code":403}}"#;
    for (fault, wait) in [
        (answered(403, &[], reason), 3600),
        (answered(403, &[("retry-after", "90")], ""), 90),
        (answered(429, &[("retry-after", "900")], ""), 900),
    ] {
        world.fault(1, &fault);
        let before = world.calls();
        let (error, waits) = world.list().await;
        let error = error.unwrap_err();
        assert_eq!((error.code(), waits.len(), world.calls()), ("api_rate_limited", 0, before + 1));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(wait)), "{fault:?}");
    }
}

/// A refusal is read as far as it comes and no further, and its status counts in any case.
#[tokio::test]
async fn a_refusal_without_an_end_is_judged_by_its_beginning() {
    let world = World::start().await;
    let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(20 * 1024 * 1024));
    world.fault(1, &answered(403, &[], &long));
    let (error, _) = world.list().await;
    let error = error.unwrap_err();
    assert_eq!((error.code(), error.api_status().unwrap().as_u16()), ("api_forbidden", 403));
}

/// For people with an HTTP client of their own: the same meaning, and the same token renewed.
#[tokio::test]
async fn a_client_of_ones_own_learns_the_same() {
    let world = World::start().await;
    let http = reqwest::Client::new();
    let ask = async |token: &Drive| {
        let request = http.get(world.files()).header("authorization", token.authorization());
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.unwrap();
        Error::from_api(token, status, &headers, &body)
    };
    assert!(ask(&world.token).await.is_none());
    world.fault(1, &Fault::MissingScope);
    let error = ask(&world.token).await.unwrap();
    assert!(error.is_consent_required() && error.authorize_url().is_some(), "{error:?}");
    world.fault(1, &Fault::ServiceDisabled);
    assert_eq!(ask(&world.token).await.unwrap().code(), "api_disabled");

    world.fault(1, &answered(301, &[("location", "https://x.example/?CANARY")], ""));
    let unfollowed = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let request = unfollowed.build().unwrap().get(world.files()).send().await.unwrap();
    let (status, headers) = (request.status(), request.headers().clone());
    let moved = Error::from_api(&world.token, status, &headers, b"").unwrap();
    assert_eq!(moved.api_status().unwrap(), 301);
    assert!(moved.to_string().contains("to x.example/… (it answered 301)"), "{moved}");

    world.clock.advance(Duration::from_secs(60));
    world.fake.expire_access_tokens();
    let refused = ask(&world.token).await.unwrap();
    assert_eq!(refused.api_status().unwrap(), 401);
    let token = world.token.replaced().await.unwrap();
    assert_ne!(token.access_token(), world.token.access_token());
    assert!(ask(&token).await.is_none());
    let id = token.account().clone();
    let kept = world.oauth.account(&id).token::<scope::DriveFile>().await.unwrap();
    assert_eq!(kept.access_token(), token.access_token(), "for everybody");
}

#[tokio::test]
async fn a_list_is_read_page_by_page_to_its_end_or_as_far_as_wanted() {
    let world = World::start().await;
    let (client, files) = (world.client(), world.files());
    for name in 0..7 {
        let file: Value = client.post(&files, &json!({ "name": name.to_string() })).await.unwrap();
        assert!(file["id"].is_string());
    }
    let url = format!("{files}?pageSize=3");
    let before = world.calls();
    let all: Vec<Value> = client.pages(&url).items("files", 100).await.unwrap();
    let names: Vec<_> = all.iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["6", "5", "4", "3", "2", "1", "0"]);
    assert_eq!(world.calls() - before, 3);
    let some: Vec<Value> = client.pages(&url).items("files", 3).await.unwrap();
    assert_eq!((some.len(), world.calls() - before), (3, 4), "no page more than is wanted");

    let mut pages = client.pages(&url);
    let first: Value = pages.next().await.unwrap().unwrap();
    assert_eq!(first["files"].as_array().unwrap().len(), 3);
    world.fault(1, &Fault::Status(404));
    assert!(pages.next::<Value>().await.is_err());
    assert!(pages.next::<Value>().await.unwrap().is_some(), "the same page once more");
    assert!(pages.next::<Value>().await.unwrap().is_some());
    assert!(pages.next::<Value>().await.unwrap().is_none());
}

/// Bytes in which every place is different.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

async fn uploaded(world: &World, bytes: &[u8], piece: usize) -> Result<Value, Error> {
    let client = world.client();
    let url = client.url("drive", "/upload/drive/v3/files?uploadType=resumable");
    let upload = client.resumable_upload(&url, "video/mp4").with_piece_size(piece);
    let upload = upload.with_metadata(&json!({ "name": "holiday.mp4" }));
    world.patiently(upload.send(bytes)).await.0
}

/// The content of the newest file.
fn newest(world: &World) -> Vec<u8> {
    world.fake.drive().files_of("ada@example.com").last().unwrap().content.clone()
}

const UNIT: usize = 256 * 1024;

#[tokio::test]
async fn an_upload_in_pieces_arrives_whole_whatever_its_length() {
    let world = World::start().await;
    for length in [0, 1, UNIT - 1, UNIT, UNIT + 1, 3 * UNIT, 3 * UNIT + 7] {
        let bytes = content(length);
        let file = uploaded(&world, &bytes, 1).await.unwrap();
        assert_eq!(
            (file["name"].as_str(), file["mimeType"].as_str()),
            (Some("holiday.mp4"), Some("video/mp4"))
        );
        assert!(newest(&world) == bytes, "{length}");
    }
    // The server takes a mebibyte at a time, and says how far it is.
    let bytes = content(5 * UNIT * 4 + 3);
    uploaded(&world, &bytes, 3 * UNIT * 4).await.unwrap();
    assert!(newest(&world) == bytes);
}

#[tokio::test]
async fn an_interrupted_upload_goes_on_where_it_was() {
    let world = World::start().await;
    let bytes = content(4 * UNIT + 5);
    for fault in [Fault::Drop, Fault::LoseAnswer, Fault::Status(503), Fault::RateLimited] {
        for after in 1..=5 {
            // Let the start and some of the pieces through, then break one.
            world.fault(after, &Fault::Delay(Duration::ZERO));
            world.fault(1, &fault);
            let before = world.calls();
            uploaded(&world, &bytes, UNIT).await.unwrap();
            assert!(newest(&world) == bytes, "{fault:?} after {after}");
            assert!(world.calls() - before <= 8, "{fault:?} after {after}: nothing begins anew");
        }
    }
    world.fault(1, &Fault::Delay(Duration::ZERO));
    world.fault(40, &Fault::Status(503));
    let before = world.calls();
    assert_eq!(uploaded(&world, &bytes, UNIT).await.unwrap_err().code(), "api_unavailable");
    assert!(world.calls() - before < 30, "{}", world.calls() - before);
}

#[tokio::test]
async fn a_large_file_comes_piece_by_piece_and_can_be_passed_on() {
    let world = World::start().await;
    let bytes = content(3 * UNIT);
    let id = uploaded(&world, &bytes, UNIT).await.unwrap()["id"].as_str().unwrap().to_owned();
    let client = world.client();
    let url = format!("{}/{id}", world.files());
    let request = || client.request(Method::GET, &url).with_query([("alt", "media")]);
    let mut answer = request().send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "video/mp4");
    let (mut read, mut pieces) = (Vec::new(), 0);
    while let Some(piece) = answer.chunk().await.unwrap() {
        (pieces, read) = (pieces + 1, [&read, &piece[..]].concat());
    }
    assert!(read == bytes && pieces > 1, "{pieces} pieces");
    assert!(request().send().await.unwrap().bytes().await.unwrap() == bytes);
    let passed = request().send().await.unwrap().into_body();
    assert!(axum::body::to_bytes(passed, usize::MAX).await.unwrap() == bytes);

    let renamed = client.request(Method::PATCH, &url).with_json(&json!({ "name": "day 1" }));
    assert_eq!(renamed.json::<Value>().await.unwrap()["name"], "day 1");
    client.delete(&url).await.unwrap();
    assert_eq!(client.delete(&url).await.unwrap_err().api_status().unwrap(), 404);
}

/// Invariant 23: the token goes to hosts of the provider and to those that the app names, and
/// nothing that looks like one of them.
#[tokio::test]
async fn the_token_goes_nowhere_else() {
    let world = World::start().await;
    let client = world.client();
    let elsewhere = FakeGoogle::start().await.unwrap();
    let url = format!("{}/drive/v3/files", elsewhere.origin());
    let error = client.get::<Value>(&url).await.unwrap_err();
    assert_eq!((error.code(), elsewhere.calls(Endpoint::Drive)), ("api_host", 0));
    assert!(error.help().unwrap().contains("with_host"), "{error:?}");
    let host = elsewhere.origin().strip_prefix("http://").unwrap();
    let named = client.clone().with_host(&host.to_ascii_uppercase());
    // It is asked, and does not know the token.
    assert_eq!(named.get::<Value>(&url).await.unwrap_err().api_status().unwrap(), 401);
    assert!(elsewhere.calls(Endpoint::Drive) > 0);
    let named = client.with_host("api.example.com");
    for url in [
        "http://api.example.com/",
        "https://api.example.com:8443/",
        "https://api.example.com.evil.example/",
        "https://xapi.example.com/",
        "https://api.example.com@evil.example/",
        "ftp://api.example.com/",
        "//api.example.com/",
        "/drive/v3/files",
        "",
    ] {
        assert_eq!(named.get::<Value>(url).await.unwrap_err().code(), "api_host", "{url}");
    }
}

/// A mistake in a request is told when it is sent, and nothing goes out.
#[tokio::test]
async fn a_request_that_cannot_be_sent_says_why() {
    let world = World::start().await;
    let (client, files) = (world.client(), world.files());
    let before = world.calls();
    let request = || client.request(Method::GET, &files);
    for request in [
        request().with_header("no header", "x"),
        request().with_header("x", "a\nb"),
        request().with_body("text/\nplain", "x"),
        request().with_json(&std::collections::BTreeMap::from([([1], 1)])),
    ] {
        assert_eq!(request.send().await.unwrap_err().code(), "api");
    }
    assert_eq!(world.calls(), before);
    let request = request().with_header("authorization", "Bearer mine");
    assert!(request.send().await.is_ok(), "the token is set whatever is said");
}

/// The same care in a stack of the app's own: the token goes where it may, is replaced by a 401,
/// and a refusal is the error that a handler returns.
#[tokio::test]
async fn a_layer_of_reqwest_middleware_does_the_same() {
    let world = World::start().await;
    let files = world.files();
    let stack = |client: ApiClient| {
        let inner = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        reqwest_middleware::ClientBuilder::new(inner.build().unwrap())
            .with(client.into_middleware())
            .build()
    };
    let client = stack(world.client());
    assert_eq!(client.get(&files).send().await.unwrap().status(), 200);

    world.clock.advance(Duration::from_secs(60));
    world.fake.expire_access_tokens();
    assert_eq!(client.get(&files).send().await.unwrap().status(), 200);
    let tokens = world.fake.calls(Endpoint::Token);
    world.fault(2, &answered(401, &[], r#"{"message":"never"}"#));
    let refused = client.get(&files).send().await.map_err(Error::from_middleware).unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("/drive/v3/files answered 401: \"never\""), "{text}");
    assert_eq!(world.fake.calls(Endpoint::Token), tokens, "the account's token is new");
    world.fault(1, &answered(302, &[("location", "https://x.example/")], ""));
    let moved = client.delete(&files).send().await.map_err(Error::from_middleware).unwrap_err();
    assert_eq!((moved.code(), moved.api_status().unwrap().as_u16()), ("api", 302));
    world.clock.advance(Duration::from_secs(60));
    world.fake.expire_access_tokens();
    let calls = world.calls();
    let posted = client.post(&files).body("{}").send().await.map_err(Error::from_middleware);
    assert_eq!(posted.unwrap_err().api_status().map(|status| status.as_u16()), Some(401));
    assert_eq!(world.calls(), calls + 1, "what may do harm twice is sent once");

    for (fault, code) in [
        (Fault::MissingScope, "consent_required"),
        (Fault::ServiceDisabled, "api_disabled"),
        (Fault::RateLimited, "api_rate_limited"),
        (Fault::Drop, "api_unavailable"),
    ] {
        world.fault(1, &fault);
        let error = client.get(&files).send().await.map_err(Error::from_middleware).unwrap_err();
        assert_eq!(error.code(), code, "{error:?}");
        assert_eq!(error.authorize_url().is_some(), code == "consent_required");
    }
    let elsewhere = client.get("http://localhost:1/").send().await.map_err(Error::from_middleware);
    assert_eq!(elsewhere.unwrap_err().code(), "api_host");
    let named = stack(world.client().with_host("localhost:1")).get("http://localhost:1/").send();
    let named = named.await.map_err(Error::from_middleware).unwrap_err();
    assert_eq!(named.code(), "api_unavailable", "it may be asked, and is not there");
}
