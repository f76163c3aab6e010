//! Lists that an API gives page by page.

use std::fmt;

use http::{HeaderMap, Method, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::client::ApiClient;
use crate::error::{Code, Error};

/// The pages of a list; made by [`ApiClient::pages`].
///
/// It knows the three ways in which providers say what comes next: `nextPageToken` in the
/// document, which goes into the query as `pageToken` (Google), `@odata.nextLink` in the document
/// (Microsoft), and the header `Link` with `rel="next"` (GitHub and others,
/// [RFC 8288](https://www.rfc-editor.org/rfc/rfc8288)). A link to a host that may not see the
/// token is an error, as everywhere.
///
/// ```
/// use oauth_runtime::{Covers, Error, Token, scope};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct File {
///     id: String,
///     name: String,
/// }
///
/// async fn files(token: &Token<impl Covers<scope::DriveReadonly>>) -> Result<Vec<File>, Error> {
///     let client = token.client();
///     let url = client.url("drive", "/drive/v3/files?pageSize=100");
///     client.pages(&url).items("files", 1_000).await
/// }
/// ```
#[must_use = "no page is asked for before `next` or `items`"]
pub struct ApiPages {
    client: ApiClient,
    /// The page that comes next; `None` after the last.
    next: Option<String>,
}

impl ApiPages {
    pub(super) fn new(client: ApiClient, url: &str) -> Self {
        Self { client, next: Some(url.to_owned()) }
    }

    /// The next page as the JSON of a `T`, the whole document; `None` after the last one. After an
    /// error, calling it again asks for the same page once more.
    ///
    /// # Errors
    /// As [`ApiClient::get`], and `api` if a page says that the page after it is itself.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        let Some(url) = self.next.clone() else { return Ok(None) };
        let answer = self.client.whole(Method::GET, &url).send().await?;
        let link = linked(answer.headers());
        let page: Value = answer.json().await?;
        let following = following(&url, &page, link);
        if following.as_deref() == Some(&url) {
            return Err(self.failed("a page of the list says that itself comes next"));
        }
        let page = T::deserialize(page).map_err(|error| {
            self.failed("a page of the list is not the JSON that was expected").with_source(error)
        })?;
        self.next = following;
        Ok(Some(page))
    }

    /// The entries of all pages, from the array at `field` of each document (`""` where the
    /// document is the array), up to `most` of them.
    ///
    /// # Errors
    /// As [`next`](Self::next). A page without the array has no entries.
    pub async fn items<T: DeserializeOwned>(
        mut self,
        field: &str,
        most: usize,
    ) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while items.len() < most {
            let Some(mut page) = self.next::<Value>().await? else { break };
            let list = if field.is_empty() { Some(&mut page) } else { page.get_mut(field) };
            let list = list.and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
            for item in list.into_iter().take(most - items.len()) {
                items.push(T::deserialize(item).map_err(|error| {
                    self.failed("an entry of the list is not the JSON that was expected")
                        .with_source(error)
                })?);
            }
        }
        Ok(items)
    }

    fn failed(&self, text: &'static str) -> Error {
        self.client.grant().refused(Error::new(Code::Api, text))
    }
}

impl fmt::Debug for ApiPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiPages").field("ended", &self.next.is_none()).finish_non_exhaustive()
    }
}

/// The address of the page after this one.
fn following(url: &str, page: &Value, link: Option<String>) -> Option<String> {
    let text = |name| page.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let base = Url::parse(url).ok()?;
    if let Some(token) = text("nextPageToken") {
        let mut next = base.clone();
        let others = base.query_pairs().filter(|(name, _)| name != "pageToken");
        next.query_pairs_mut().clear().extend_pairs(others).append_pair("pageToken", token);
        return Some(next.into());
    }
    let link = text("@odata.nextLink").map(str::to_owned).or(link)?;
    base.join(&link).ok().map(Url::into)
}

/// The target of the link `next` (RFC 8288 §3).
fn linked(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(links).find(|(_, parameters)| is_next(parameters)).map(|(target, _)| target)
}

/// Each target with its parameters. A comma inside of `<…>` belongs to the target.
fn links(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else { break };
        let end = after.find(",<").or_else(|| after.find(", <")).unwrap_or(after.len());
        found.push((target.to_owned(), after[..end].to_owned()));
        rest = &after[end..];
    }
    found
}

fn is_next(parameters: &str) -> bool {
    let mut parameters = parameters.split(';').filter_map(|pair| pair.split_once('='));
    parameters.any(|(name, value)| {
        let mut kinds = value.trim().trim_matches('"').split_ascii_whitespace();
        name.trim().eq_ignore_ascii_case("rel") && kinds.any(|it| it.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_token_replaces_the_one_of_the_page_before() {
        let next = |url: &str, page: Value| following(url, &page, None);
        for (url, expected) in [
            ("https://x.example/l", "https://x.example/l?pageToken=a%26b"),
            (
                "https://x.example/l?q=a%2Bb+c&pageToken=1",
                "https://x.example/l?q=a%2Bb+c&pageToken=a%26b",
            ),
        ] {
            assert_eq!(next(url, json!({"nextPageToken": "a&b"})).as_deref(), Some(expected));
        }
        assert_eq!(next("https://x.example/l", json!({"nextPageToken": ""})), None);
        assert_eq!(next("https://x.example/l", json!({"nextPageToken": 7})), None);
        assert_eq!(next("https://x.example/l", json!([])), None);
        let linked = json!({"@odata.nextLink": "https://y.example/l?$skip=2"});
        assert_eq!(
            next("https://x.example/", linked).as_deref(),
            Some("https://y.example/l?$skip=2")
        );
    }

    #[test]
    fn the_next_link_is_found_among_others() {
        for (value, expected) in [
            (
                "<https://x.example/?page=2>; rel=\"next\", <https://x.example/?page=9>; rel=\"last\"",
                Some("https://x.example/?page=2"),
            ),
            (
                "<https://x.example/?a=1,2>; rel=prev,<https://x.example/?a=3,4>; title=\"x\"; REL=next",
                Some("https://x.example/?a=3,4"),
            ),
            ("</l?page=2>; rel=\"last next\"", Some("/l?page=2")),
            ("<https://x.example/>; rel=\"nextish\"", None),
            ("<https://x.example/; rel=next", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::LINK, HeaderValue::from_static(value));
            assert_eq!(linked(&headers).as_deref(), expected, "{value}");
        }
    }
}
