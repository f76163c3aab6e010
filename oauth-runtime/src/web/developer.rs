//! Pages for whoever develops the app: they are there in development only, and for nobody who
//! comes by another name than this machine's.

use aws_lc_rs::digest;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::uri::Authority;
use http::{HeaderMap, StatusCode, header};

use super::respond::{self, Ready};
use super::visit::send;

pub(super) const STYLE: &str = concat!(
    include_str!("../../templates/page.css"),
    include_str!("../../templates/developer.css")
);

/// Whether a request means this machine: a page of another site, brought here by a name that
/// points to loopback, names itself in `Host`.
pub(crate) fn is_local(authority: Option<&Authority>, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let host = host.to_str().ok().and_then(|host| host.parse().ok());
    host.is_some_and(|host: Authority| is_loopback(&host)) && authority.is_none_or(is_loopback)
}

fn is_loopback(authority: &Authority) -> bool {
    let plain = !authority.as_str().contains('@');
    let host = authority.host();
    plain && (host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "[::1]")
}

/// Answers only those who mean this machine.
pub(super) async fn local_only(request: Request<Body>, next: Next) -> Response {
    if is_local(request.uri().authority(), request.headers()) {
        return next.run(request).await;
    }
    send(respond::bare(StatusCode::MISDIRECTED_REQUEST))
}

/// A page in our own style, or a text.
pub(super) fn document(media_type: &str, body: String) -> Ready {
    let mut response = respond::bare(StatusCode::OK);
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'none'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    respond::set(&mut response, header::CONTENT_TYPE, media_type);
    respond::set(&mut response, header::CONTENT_SECURITY_POLICY, &policy);
    *response.body_mut() = body;
    response
}

#[cfg(test)]
mod tests {
    use http::header::HOST;

    use super::*;

    /// J23: it listens on loopback, and answers to no other name.
    #[test]
    fn only_names_of_this_machine_are_answered() {
        let table = [
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("127.0.0.1:1", true),
            ("[::1]:8080", true),
            ("example.com", false),
            ("localhost.example.com", false),
            ("127.0.0.1.example.com", false),
            ("evil@localhost", false),
            ("127.0.0.2", false),
            ("0.0.0.0", false),
            ("", false),
        ];
        for (host, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            assert_eq!(is_local(None, &headers), expected, "{host}");
        }
    }

    #[test]
    fn a_missing_a_second_or_a_contradicting_host_is_refused() {
        assert!(!is_local(None, &HeaderMap::new()));
        let mut headers = HeaderMap::new();
        headers.append(HOST, "localhost".parse().unwrap());
        assert!(!is_local(Some(&"example.com".parse().unwrap()), &headers));
        headers.append(HOST, "localhost".parse().unwrap());
        assert!(!is_local(None, &headers));
    }
}
