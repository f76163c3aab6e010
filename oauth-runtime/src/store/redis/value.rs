//! A row or lease as one value: version or holder, end, bytes.

use std::time::Duration;

use super::super::backend::StoredRow;
use crate::clock::Timestamp;

/// The server drops what ended so long ago, for the case that nobody sweeps. Its clock may be
/// ahead of ours by as much: the time of the caller decides what lives.
const SLACK: Duration = Duration::from_secs(60);
/// From here on a number of Lua, or the score of a sorted set, is no longer exact.
const NEVER: u64 = 1 << 53;

pub(super) fn encode(version: u64, ends_at: Timestamp, bytes: &[u8]) -> Vec<u8> {
    let [version, end] = [version, ends_at.unix_millis()].map(u64::to_be_bytes);
    [&version, &end, bytes].concat()
}

/// `None` for what this library did not write.
pub(super) fn decode(value: &[u8]) -> Option<StoredRow> {
    let (version, rest) = value.split_first_chunk::<8>()?;
    let (ends_at, bytes) = rest.split_first_chunk::<8>()?;
    Some(StoredRow {
        version: u64::from_be_bytes(*version),
        ends_at: Timestamp::from_unix_millis(u64::from_be_bytes(*ends_at)),
        bytes: bytes.to_vec(),
    })
}

/// The end as a script takes it; empty where there is none.
pub(super) fn end(ends_at: Timestamp) -> String {
    let end = ends_at.unix_millis();
    if end < NEVER { end.to_string() } else { String::new() }
}

/// When the server may drop it by itself; empty for never.
pub(super) fn expiry(ends_at: Timestamp) -> String {
    end(ends_at + SLACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written() {
        for (version, ends_at, bytes) in [
            (0, Timestamp::from_unix_millis(0), &b""[..]),
            ((1 << 53) + 1, Timestamp::from_unix_millis(1_700_000_000_001), b"\0\xff"),
            (u64::MAX, Timestamp::MAX, b"x"),
        ] {
            let row = StoredRow { version, ends_at, bytes: bytes.to_vec() };
            assert_eq!(decode(&encode(version, ends_at, bytes)), Some(row));
        }
        assert_eq!(decode(&[0; 15]), None);
    }

    #[test]
    fn what_never_ends_is_given_no_time() {
        let last = Timestamp::from_unix_millis(NEVER - 1);
        assert_eq!(end(last), (NEVER - 1).to_string());
        assert_eq!((end(Timestamp::MAX), expiry(Timestamp::MAX)), (String::new(), String::new()));
        assert_eq!(expiry(last), "");
        assert_eq!(expiry(Timestamp::from_unix_millis(5)), "60005");
    }
}
