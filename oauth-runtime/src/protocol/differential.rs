//! Our reading of a signed token beside that of another library.
//!
//! Two libraries that were written apart hardly make the same mistake: whatever ours takes, the
//! other one takes too, with the same content; and what ours refuses beyond that, it refuses for a
//! reason that has a name.

use std::collections::HashSet;

use jsonwebtoken::{Algorithm as Theirs, DecodingKey, Validation, decode};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::jwk::JwkSet;
use super::jws::Jws;
use super::testing::{Signer, es256, other_rs256, rs256};
use crate::provider::Algorithm;

/// What is done to a token that was made well.
#[derive(Clone, Debug)]
enum Damage {
    None,
    Flip { place: usize, bit: u8 },
    Cut { bytes: usize },
    Doubled { part: usize },
    Dropped { part: usize },
    Padded { part: usize },
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => Just(Damage::None),
        3 => (any::<usize>(), 0..8_u8).prop_map(|(place, bit)| Damage::Flip { place, bit }),
        1 => (1..400_usize).prop_map(|bytes| Damage::Cut { bytes }),
        1 => (0..3_usize).prop_map(|part| Damage::Doubled { part }),
        1 => (0..3_usize).prop_map(|part| Damage::Dropped { part }),
        1 => (0..3_usize).prop_map(|part| Damage::Padded { part }),
    ]
}

impl Damage {
    fn of(&self, token: &str) -> String {
        let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        match *self {
            Self::None => {}
            Self::Flip { place, bit } => {
                let mut bytes = token.as_bytes().to_vec();
                let place = place % bytes.len();
                bytes[place] ^= 1 << bit;
                return String::from_utf8_lossy(&bytes).into_owned();
            }
            Self::Cut { bytes } => {
                return token[..token.len().saturating_sub(bytes)].to_owned();
            }
            Self::Doubled { part } => parts.push(parts[part].clone()),
            Self::Dropped { part } => drop(parts.remove(part)),
            Self::Padded { part } => parts[part].push('='),
        }
        parts.join(".")
    }
}

/// Headers, of which some are right.
fn header() -> impl Strategy<Value = Value> {
    let algorithms =
        ["RS256", "RS256", "RS256", "ES256", "HS256", "none", "PS256", "RS512", "rs256"];
    let members = proptest::collection::vec(
        select(vec![
            ("typ", json!("JWT")),
            ("typ", json!("at+jwt")),
            ("kid", json!("k")),
            ("kid", json!("other")),
            ("kid", json!(7)),
            ("kid", Value::Null),
            ("crit", json!(["b64"])),
            ("b64", json!(false)),
            ("jku", json!("https://evil.example")),
            ("cty", json!("JWT")),
            ("x", json!({"y": [1]})),
        ]),
        0..4,
    );
    (select(algorithms.to_vec()), members).prop_map(|(alg, members)| {
        let mut header: Map<_, _> =
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        header.insert("alg".to_owned(), alg.into());
        Value::Object(header)
    })
}

fn payload() -> impl Strategy<Value = Value> {
    let member = (
        "[a-z]{1,6}",
        prop_oneof![any::<i32>().prop_map(Value::from), "\\PC{0,9}".prop_map(Value::from)],
    );
    proptest::collection::btree_map(member.0, member.1, 0..5)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

fn ours(token: &str, key: &Value) -> Option<Value> {
    let keys = JwkSet::parse(json!({ "keys": [key] }).to_string().as_bytes()).ok()?;
    let jws = Jws::parse(token, &[Algorithm::Rs256]).ok()?;
    serde_json::from_slice(jws.verify(&keys).ok()?).ok()
}

fn theirs(token: &str, key: &Value) -> Option<Value> {
    let part = |name: &str| key[name].as_str().unwrap_or_default();
    let key = DecodingKey::from_rsa_components(part("n"), part("e")).ok()?;
    let mut rules = Validation::new(Theirs::RS256);
    rules.required_spec_claims = HashSet::new();
    (rules.validate_exp, rules.validate_nbf, rules.validate_aud) = (false, false, false);
    decode::<Value>(token, &key, &rules).ok().map(|read| read.claims)
}

/// Why ours may refuse what the other one takes.
fn is_stricter(header: &Value) -> bool {
    // Another key is named; an extension must be understood; a name is no text.
    let kid = header.get("kid");
    kid.is_some_and(|kid| kid != "k") || header.get("crit").is_some()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// C1, C3: no token is taken that the other library refuses, and none is read otherwise.
    #[test]
    fn nothing_is_taken_that_another_library_refuses(
        (header, payload, damage, signer) in (header(), payload(), damage(), 0..4_usize),
    ) {
        let signer: &Signer = [rs256(), rs256(), other_rs256(), es256()][signer];
        let (token, key) = (damage.of(&signer.sign(&header, &payload)), rs256().jwk("k"));
        match (ours(&token, &key), theirs(&token, &key)) {
            (Some(ours), theirs) => prop_assert_eq!(Some(ours), theirs, "{}", token),
            (None, Some(_)) => prop_assert!(is_stricter(&header), "{header} {damage:?}"),
            (None, None) => {}
        }
    }
}

/// The property says something: both take what is well made, and both refuse what is not.
#[test]
fn both_take_a_good_token_and_refuse_a_bad_one() {
    let (header, payload) = (json!({ "alg": "RS256", "kid": "k" }), json!({ "sub": "1" }));
    let key = rs256().jwk("k");
    let good = rs256().sign(&header, &payload);
    assert_eq!(ours(&good, &key).as_ref(), Some(&payload));
    assert_eq!(theirs(&good, &key), Some(payload.clone()));
    let foreign = other_rs256().sign(&header, &payload);
    assert_eq!((ours(&foreign, &key), theirs(&foreign, &key)), (None, None));
}
