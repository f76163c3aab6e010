//! No shape of a handler lets it run unguarded: several hundred of them, each of which is either
//! refused by the compiler or asked by a stranger.

mod family;
mod program;

use std::collections::BTreeMap;

use family::{Fate, Signature};
use http::StatusCode;
use http::header::{ACCEPT, COOKIE};
use program::{Program, Server};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};

/// The smallest family that counts.
const FEWEST: usize = 300;

const REACHED: &str = "the handler ran";

#[tokio::test]
async fn every_shape_of_a_handler_is_guarded_or_refused() {
    let family = family::all();
    assert!(family.len() >= FEWEST, "{} are too few", family.len());
    let numbered = family.iter().enumerate();
    let (guarded, refused): (BTreeMap<_, _>, BTreeMap<_, _>) =
        numbered.partition(|(_, signature)| signature.fate == Fate::Guarded);
    let program = Program::new();
    refuse_each(&program, refused);
    let blamed = program.build(&guarded);
    let wrong = blamed.iter().map(|(number, said)| format!("{}\n{said}", family[*number].items));
    assert!(blamed.is_empty(), "these are right, and yet:\n{}", wrong.collect::<String>());
    let server = program.run();
    for (number, signature) in guarded {
        ask(&server, number, &signature.items).await;
    }
}

fn refuse_each(program: &Program, mut left: BTreeMap<usize, &Signature>) {
    while !left.is_empty() {
        let blamed = program.build(&left);
        let items = || left.values().map(|signature| signature.items.as_str());
        assert!(!blamed.is_empty(), "these compile:\n{}", items().collect::<Vec<_>>().join("\n"));
        // The compiler stops at the first of its phases that finds errors.
        left.retain(|number, _| !blamed.contains_key(number));
    }
}

/// As a stranger's page, as a stranger's script, and as somebody who has granted the scope.
async fn ask(server: &Server, number: usize, items: &str) {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let url = format!("{}/{number}", server.origin);
    for (method, accept, expected) in [
        (Method::GET, "text/html", StatusCode::SEE_OTHER),
        (Method::POST, "application/json", StatusCode::UNAUTHORIZED),
    ] {
        let request = client.request(method, &url).header(ACCEPT, accept);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), expected, "{items}");
        assert!(!answer.text().await.unwrap().contains(REACHED), "{items}");
    }
    let granted = client.get(&url).header(COOKIE, &server.cookie).send().await.unwrap();
    assert_eq!(granted.text().await.unwrap(), REACHED, "{items}");
}
