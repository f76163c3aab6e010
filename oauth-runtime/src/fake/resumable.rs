//! Uploads in pieces: what has come so far, and what a piece adds to it.

use std::collections::HashMap;

use serde_json::Value;

use super::drive::NewFile;
use super::mint::Mint;
use super::tokens::AccessToken;

/// No request makes an upload longer than by this: whoever sends more is told how much came.
pub(crate) const MOST_AT_ONCE: usize = 1024 * 1024;

/// An upload that was begun.
pub(crate) struct Upload {
    pub(crate) caller: AccessToken,
    pub(crate) new: NewFile,
}

/// The uploads by the name in their address, with what became of those that ended.
#[derive(Default)]
pub(crate) struct Uploads(HashMap<String, State>);

enum State {
    Open(Upload),
    Done(Value),
}

/// What a request says of the piece that it brings (RFC 9110 §14.4).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// First and last byte; `None` asks how much there is.
    bytes: Option<(usize, usize)>,
    total: Option<usize>,
}

/// How an upload stands after a request.
pub(crate) enum Standing {
    Complete(Upload),
    /// It was complete before.
    Done(Value),
    /// So many bytes are there.
    Upto(usize),
}

impl ContentRange {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (bytes, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let total = if total == "*" { None } else { Some(total.parse().ok()?) };
        let bytes = match bytes.split_once('-') {
            Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
            None if bytes == "*" => None,
            None => return None,
        };
        Some(Self { bytes, total })
    }
}

impl Uploads {
    pub(crate) fn begin(&mut self, mint: &mut Mint, upload: Upload) -> String {
        let name = mint.secret("upload-");
        self.0.insert(name.clone(), State::Open(upload));
        name
    }

    /// Adds a piece. `None` if there is no such upload, or the piece does not fit.
    pub(crate) fn put(
        &mut self,
        name: &str,
        range: &ContentRange,
        piece: &[u8],
    ) -> Option<Standing> {
        let content = match self.0.get_mut(name)? {
            State::Open(upload) => &mut upload.new.content,
            State::Done(file) => return Some(Standing::Done(file.clone())),
        };
        match range.bytes {
            Some((first, last)) if last.checked_sub(first)? + 1 == piece.len() => {
                let new = piece.get(content.len().checked_sub(first)?..)?;
                content.extend_from_slice(new.get(..MOST_AT_ONCE).unwrap_or(new));
            }
            None if piece.is_empty() => {}
            _ => return None,
        }
        let here = content.len();
        match range.total {
            Some(total) if total == here => match self.0.remove(name)? {
                State::Open(upload) => Some(Standing::Complete(upload)),
                State::Done(file) => Some(Standing::Done(file)),
            },
            _ => Some(Standing::Upto(here)),
        }
    }

    /// Remembers what an upload came to, for whoever lost the answer.
    pub(crate) fn finish(&mut self, name: &str, file: Value) {
        self.0.insert(name.to_owned(), State::Done(file));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_they_are_written() {
        for (text, bytes, total) in [
            ("bytes 0-9/10", Some((0, 9)), Some(10)),
            ("bytes 5-9/*", Some((5, 9)), None),
            ("bytes */10", None, Some(10)),
            ("bytes */*", None, None),
        ] {
            assert_eq!(ContentRange::parse(text), Some(ContentRange { bytes, total }), "{text}");
        }
        for text in ["", "bytes", "bytes 0-9", "bytes x-9/10", "lines 0-9/10", "bytes 9/10"] {
            assert_eq!(ContentRange::parse(text), None, "{text}");
        }
    }
}
