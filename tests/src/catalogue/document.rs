//! Discovery documents: which method of which API accepts which scopes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::Failure;

/// What a document says it is; the index of them says otherwise.
const KIND: &str = "discovery#restDescription";

/// What all documents of a directory say.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The versions of APIs, such as `drive:v3`.
    pub(super) apis: BTreeSet<String>,
    /// Scopes by full name, whether or not a method accepts them.
    pub(super) scopes: BTreeSet<String>,
    pub(super) methods: Vec<Method>,
}

/// One method of one version of an API.
#[derive(Debug)]
pub(super) struct Method {
    /// The API's name without its version.
    pub(super) api: String,
    pub(super) id: String,
    /// Full names, any one of which suffices.
    pub(super) scopes: BTreeSet<String>,
}

impl Discovery {
    /// Reads every document in the directory, in the order of their names.
    ///
    /// # Errors
    /// If the directory or a file cannot be read, is no JSON, or if no document is there.
    pub fn load(directory: &Path) -> Result<Self, Failure> {
        let mut discovery = Self::default();
        for path in json_files(directory)? {
            let text = fs::read_to_string(&path)
                .map_err(|error| Failure::Unreadable(path.clone(), error))?;
            let document = parse(&text).map_err(|error| Failure::Malformed(path, error))?;
            if let Some(document) = document {
                discovery.add(document);
            }
        }
        if discovery.apis.is_empty() {
            return Err(Failure::NoDocuments(directory.to_owned()));
        }
        Ok(discovery)
    }

    /// Some documents are there twice under two file names: the first of an id counts.
    fn add(&mut self, document: Document) {
        if self.apis.insert(document.id) {
            self.scopes.extend(document.auth.oauth2.scopes.into_keys());
            self.add_methods(&document.name, document.methods, document.resources);
        }
    }

    fn add_methods(&mut self, api: &str, methods: Named<MethodEntry>, resources: Named<Resource>) {
        for MethodEntry { id, scopes } in methods.into_values() {
            self.scopes.extend(scopes.iter().cloned());
            self.methods.push(Method { api: api.to_owned(), id, scopes });
        }
        for resource in resources.into_values() {
            self.add_methods(api, resource.methods, resource.resources);
        }
    }
}

fn json_files(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::Unreadable(directory.to_owned(), error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    Ok(paths)
}

/// None for JSON that does not say that it is a discovery document.
fn parse(text: &str) -> serde_json::Result<Option<Document>> {
    let kind: Kind = serde_json::from_str(text)?;
    let is_document = kind.kind.as_deref() == Some(KIND);
    is_document.then(|| serde_json::from_str(text)).transpose()
}

type Named<T> = BTreeMap<String, T>;

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    id: String,
    name: String,
    #[serde(default)]
    auth: Auth,
    #[serde(default)]
    methods: Named<MethodEntry>,
    #[serde(default)]
    resources: Named<Resource>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    oauth2: Oauth2,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Oauth2 {
    scopes: Named<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource {
    methods: Named<MethodEntry>,
    resources: Named<Resource>,
}

#[derive(Deserialize)]
struct MethodEntry {
    id: String,
    #[serde(default)]
    scopes: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(texts: &[&str]) -> Discovery {
        let mut discovery = Discovery::default();
        for text in texts {
            discovery.add(parse(text).unwrap().unwrap());
        }
        discovery
    }

    #[test]
    fn methods_are_found_at_every_depth_and_scopes_that_none_accepts_are_kept() {
        let discovery = added(&[r#"{
            "kind": "discovery#restDescription", "id": "ink:v1", "name": "ink",
            "auth": { "oauth2": { "scopes": { "idle": { "description": "Unused." } } } },
            "methods": { "get": { "id": "ink.get", "scopes": ["b", "a"] } },
            "resources": { "pens": {
                "methods": { "list": { "id": "ink.pens.list" } },
                "resources": { "nibs": { "methods": { "list": { "id": "ink.pens.nibs.list", "scopes": ["c"] } } } }
            } }
        }"#]);
        let ids: Vec<_> = discovery.methods.iter().map(|method| method.id.as_str()).collect();
        assert_eq!(ids, ["ink.get", "ink.pens.list", "ink.pens.nibs.list"]);
        assert!(discovery.methods.iter().all(|method| method.api == "ink"));
        assert_eq!(Vec::from_iter(discovery.scopes), ["a", "b", "c", "idle"]);
    }

    #[test]
    fn the_first_document_of_an_id_counts() {
        let document = |method: &str| {
            format!(
                r#"{{ "kind": "discovery#restDescription", "id": "ink:v1", "name": "ink", "methods": {{ "get": {{ "id": "{method}" }} }} }}"#
            )
        };
        let discovery = added(&[&document("first"), &document("second")]);
        assert_eq!(discovery.methods.len(), 1);
        assert_eq!(discovery.methods[0].id, "first");
    }

    #[test]
    fn other_json_is_passed_over_and_a_broken_document_is_an_error() {
        assert!(parse(r#"{ "kind": "discovery#directoryList", "items": [] }"#).unwrap().is_none());
        for broken in ["", "[]", r#"{ "kind": "discovery#restDescription" }"#] {
            assert!(parse(broken).is_err(), "{broken:?}");
        }
    }
}
