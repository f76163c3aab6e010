//! The paths of the server.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

use super::answers::{answer, api_error, json as answer_json, oauth_error};
use super::api::{ApiError, CALENDAR_LIST};
use super::fields::Fields;
use super::id_token::profile;
use super::rim::{Rim, guard, header, is_form, script};
use super::token_endpoint::OAuthError;
use super::world::ISSUER;
use super::{calendar, drive_routes, pages};

/// All routes, with the guard of the host outermost.
pub(crate) fn router(rim: Rim) -> Router {
    Router::new()
        .route("/o/oauth2/v2/auth", get(authorize).post(decide))
        .route("/token", post(token))
        .route("/revoke", post(revoke))
        .route("/v1/userinfo", get(userinfo).post(userinfo))
        .route("/oauth2/v3/certs", get(certs))
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/calendar/v3/calendars/{calendar}/events", get(events))
        .route("/style.css", get(style))
        .route("/picture/{subject}", get(picture))
        .route("/v1beta/stream:update", post(update_stream))
        .route("/v1beta/stream:verify", post(verify_stream))
        .merge(drive_routes::routes())
        .layer(from_fn_with_state(rim.clone(), script))
        .layer(from_fn(guard))
        .with_state(rim)
}

async fn authorize(State(rim): State<Rim>, RawQuery(query): RawQuery) -> Response {
    let now = rim.now();
    let outcome = rim.world().authorize(now, &query.unwrap_or_default());
    pages::response(&outcome)
}

/// A form of our pages; or a request that an app sends by POST (OpenID Connect Core §3.1.2.1).
async fn decide(State(rim): State<Rim>, body: Bytes) -> Response {
    let now = rim.now();
    let form = Fields::parse(&body);
    let outcome = match form.get("request") {
        Some(_) => rim.world().decide(now, &form),
        None => rim.world().authorize(now, &String::from_utf8_lossy(&body)),
    };
    pages::response(&outcome)
}

async fn token(State(rim): State<Rim>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_form(&headers) {
        return oauth_error(&OAuthError::new("invalid_request", "the body has to be a form"));
    }
    let (now, form) = (rim.now(), Fields::parse(&body));
    let answer = rim.world().token(now, &form, header(&headers, "authorization"));
    match answer {
        Ok(answer) => answer_json(200, &answer),
        Err(error) => oauth_error(&error),
    }
}

/// Google takes the token from the form or from the query.
async fn revoke(State(rim): State<Rim>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let now = rim.now();
    let mut fields = Fields::parse(&body);
    fields.extend(Fields::parse(query.unwrap_or_default().as_bytes()));
    let Some(token) = fields.get("token") else {
        return oauth_error(&OAuthError::new("invalid_request", "the parameter token is missing"));
    };
    if rim.world().revoke(now, token) {
        return answer_json(200, &json!({}));
    }
    oauth_error(&OAuthError::new("invalid_token", "the token has ended or was revoked"))
}

async fn update_stream(State(rim): State<Rim>, headers: HeaderMap, body: Bytes) -> Response {
    let status = rim.world().update_stream(header(&headers, "authorization"), &body);
    managed(status)
}

/// The event itself is sent by whoever drives the fake: it never calls by itself.
async fn verify_stream(State(rim): State<Rim>, headers: HeaderMap) -> Response {
    let known = rim.world().is_manager(header(&headers, "authorization"));
    managed(if known { StatusCode::OK } else { StatusCode::FORBIDDEN })
}

fn managed(status: StatusCode) -> Response {
    let body = if status.is_success() {
        json!({})
    } else {
        json!({ "error": { "code": status.as_u16(), "message": "The caller does not have permission" } })
    };
    answer_json(status.as_u16(), &body)
}

async fn userinfo(State(rim): State<Rim>, headers: HeaderMap) -> Response {
    let (now, world) = (rim.now(), rim.world());
    let found = world.caller(now, header(&headers, "authorization"));
    let account = found.as_ref().ok().and_then(|caller| world.accounts.by_subject(&caller.subject));
    match (&found, account) {
        (Ok(caller), Some(account)) => {
            let mut claims = profile(&world.origin, account, &caller.scopes);
            claims["sub"] = account.subject().into();
            answer_json(200, &claims)
        }
        (Err(error), _) => {
            let body =
                json!({ "error": "invalid_request", "error_description": "Invalid Credentials" });
            let challenge = error.challenge.clone();
            api_error(&ApiError { status: error.status, challenge, retry_after: None, body })
        }
        (Ok(_), None) => api_error(&ApiError::not_found("account")),
    }
}

async fn certs(State(rim): State<Rim>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=20000"),
    ];
    answer(200, &headers, rim.world().keys.jwks().to_string())
}

async fn discovery(State(rim): State<Rim>) -> Response {
    let origin = rim.world().origin.clone();
    answer_json(
        200,
        &json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{origin}/o/oauth2/v2/auth"),
            "token_endpoint": format!("{origin}/token"),
            "revocation_endpoint": format!("{origin}/revoke"),
            "userinfo_endpoint": format!("{origin}/v1/userinfo"),
            "jwks_uri": format!("{origin}/oauth2/v3/certs"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["plain", "S256"],
        }),
    )
}

async fn events(
    State(rim): State<Rim>,
    Path(calendar): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let (now, world) = (rim.now(), rim.world());
    let caller = match world.permit(now, header(&headers, "authorization"), &CALENDAR_LIST) {
        Ok(caller) => caller,
        Err(error) => return api_error(&error),
    };
    let owner = world.accounts.by_subject(&caller.subject).map_or("", |account| account.email());
    if calendar != "primary" && calendar != owner {
        return api_error(&ApiError::not_found("calendar"));
    }
    match calendar::list(now, owner, &Fields::parse(query.unwrap_or_default().as_bytes())) {
        Ok(list) => answer_json(200, &list),
        Err(parameter) => api_error(&ApiError::invalid(parameter)),
    }
}

async fn style() -> Response {
    answer(
        200,
        &[(CONTENT_TYPE, "text/css; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")],
        pages::STYLE,
    )
}

async fn picture(State(rim): State<Rim>, Path(subject): Path<String>) -> Response {
    let svg = rim.world().accounts.by_subject(&subject).and_then(pages::picture);
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    svg.map_or_else(|| answer(404, &[], Body::empty()), |svg| answer(200, &headers, svg))
}
