//! The keys that seal what leaves the process, and sealing itself.

mod sealer;

use std::fmt;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::private_file::{self, others_can_read};
use crate::secret::Redacted;
use crate::shown::{self, Pasted};

pub(crate) use sealer::Sealer;

const KEY_LEN: usize = 32;
/// Room for more keys than a ring ever has.
const MAX_FILE: usize = 16 * 1024;
const MAKE_ONE: &str = "make a good one with `openssl rand -base64 32`";

/// Fills an array from the system's random source.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| broken("the random source failed"))?;
    Ok(bytes)
}

/// A key of 32 random bytes from which every sealing key is derived.
///
/// ```
/// use oauth_runtime::{Key, Keys};
/// # fn main() -> Result<(), oauth_runtime::Error> {
/// # if std::env::var_os("OAUTH_KEY").is_none() { return Ok(()) }
/// let newest = Key::from_env("OAUTH_KEY")?;
/// let older = Key::from_env("OAUTH_KEY_BEFORE")?;
/// let keys = Keys::new(newest).with_old(older);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; KEY_LEN]>);

impl Key {
    /// Takes 32 bytes that came from a random source.
    ///
    /// ```
    /// use oauth_runtime::Key;
    ///
    /// assert!(Key::new([0; 32]).is_err());
    /// ```
    ///
    /// # Errors
    /// If the bytes are visibly not random: one byte or a short pattern again and again, or
    /// nothing but printable text.
    pub fn new(bytes: [u8; KEY_LEN]) -> Result<Self, Error> {
        let bytes = Zeroizing::new(bytes);
        let mut distinct = bytes.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let text = bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
        if distinct.len() < 12 || text {
            return Err(weak("the key is not random"));
        }
        Ok(Self(bytes))
    }

    /// Reads a key written as base64 of 32 bytes.
    ///
    /// ```
    /// use oauth_runtime::Key;
    ///
    /// assert!(Key::from_base64("c2hvcnQ=").is_err()); // far fewer than 32 bytes
    /// ```
    ///
    /// # Errors
    /// If the text is not base64, has another length, or the key is weak.
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        let bytes = STANDARD.decode(text.trim()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| weak("the key is not written in base64"))?;
        let bytes = <[u8; KEY_LEN]>::try_from(bytes.as_slice())
            .map_err(|_| weak(format!("the key has {} bytes instead of 32", bytes.len())))?;
        Self::new(bytes)
    }

    /// Reads a key from an environment variable that holds base64 of 32 bytes.
    ///
    /// # Errors
    /// If the variable is not set or holds no good key.
    pub fn from_env(name: &str) -> Result<Self, Error> {
        if let Some(pasted) = Pasted::of(name) {
            let text = format!("this is {}, not the name of a variable", pasted.noun());
            return Err(Error::new(Code::ConfigKeys, text)
                .with_help("name the variable that holds the key, or read it with `from_base64`"));
        }
        let shown = shown::name(name);
        let text = std::env::var(name).map(Zeroizing::new).map_err(|_| {
            weak(format!("the environment variable {shown} is not set, or is not Unicode"))
        })?;
        Self::from_base64(&text).map_err(|error| {
            let place = format!("the environment variable {shown} holds no good key");
            Error::new(Code::ConfigKeys, place).with_source(error)
        })
    }

    /// Makes a new key from the system's random source.
    ///
    /// ```
    /// use oauth_runtime::{Key, Keys};
    ///
    /// let keys = Keys::new(Key::generate()?);
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the random source fails.
    pub fn generate() -> Result<Self, Error> {
        Self::new(random()?)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&Redacted).finish()
    }
}

/// The ring of keys: the newest seals, all of them open.
///
/// To replace a key, first add the new one behind it on every node, so that all of them can open
/// what it seals; then put it in front. What a node cannot open counts as absent, and the next
/// write replaces it. Keep the old key until [`reseal`](crate::OAuth::reseal) has run and the
/// links in e-mails have ended, which is after seven days; then no user notices.
///
/// ```
/// use oauth_runtime::{ClientCredentials, Key, Keys, OAuth};
///
/// let keys = Keys::new(Key::generate()?).with_old(Key::generate()?);
/// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
///     .with_redirect_uri("http://localhost:8080/oauth/callback")
///     .with_keys(keys)
///     .build()?;
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct Keys {
    ring: Vec<Key>,
    /// Where a key made by [`Keys::from_file`] is written once the public URL is known.
    unsaved: Option<PathBuf>,
}

impl Keys {
    /// A ring of one key.
    pub fn new(newest: Key) -> Self {
        Self { ring: vec![newest], unsaved: None }
    }

    /// Adds an older key, which only opens what it sealed.
    pub fn with_old(mut self, older: Key) -> Self {
        self.ring.push(older);
        self
    }

    /// Reads a file of one base64 key a line, the newest first.
    ///
    /// Where there is no such file, a key is made, and
    /// `build` writes it there with mode 0600 if the app's public
    /// URL is on loopback. Anywhere else a missing file is an error, since a key that is made
    /// anew on each machine would lock the others out.
    ///
    /// # Errors
    /// If the file cannot be read, is readable by others, or holds a line that is no good key. Or
    /// if `path` is no path but the key itself: then no file is made, and nothing of it is shown.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        if let Some(pasted) = Pasted::in_path(path) {
            return Err(no_path(pasted));
        }
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { ring: vec![Key::generate()?], unsaved: Some(path.to_owned()) });
            }
            Err(error) => return Err(unreadable(path).with_source(error)),
        };
        refuse_readable_by_others(path, &file)?;
        // With room for all of it, no copy is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(MAX_FILE));
        file.take(MAX_FILE as u64)
            .read_to_string(&mut text)
            .map_err(|error| unreadable(path).with_source(error))?;
        let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty());
        let key = |(number, line): (usize, &str)| {
            Key::from_base64(line).map_err(|error| {
                let place = format!("line {number} of {} is no good key", shown::path(path));
                Error::new(Code::ConfigKeys, place).with_source(error)
            })
        };
        let ring = lines.map(key).collect::<Result<Vec<_>, _>>()?;
        if ring.is_empty() {
            return Err(weak(format!("the key file {} is empty", shown::path(path))));
        }
        Ok(Self { ring, unsaved: None })
    }

    /// Writes a key that was made because its file was missing.
    pub(crate) fn save_if_new(&self, on_loopback: bool) -> Result<(), Error> {
        let (Some(path), [key]) = (&self.unsaved, self.ring.as_slice()) else { return Ok(()) };
        if !on_loopback {
            let text = format!("there is no key file {}", shown::path(path));
            return Err(Error::new(Code::ConfigKeys, text).with_help(format!(
                "{MAKE_ONE}, keep it in the file with mode 0600, the same on every node"
            )));
        }
        if !shown::is_fit_for_a_file(path) {
            let text = format!("no key file is made at {}", shown::path(path));
            return Err(Error::new(Code::ConfigKeys, text).with_help(
                "give the path of a file, such as \"oauth.key\"; a key itself is given to \
                 `Keys::new`",
            ));
        }
        let line = Zeroizing::new(STANDARD.encode(&key.0[..]) + "\n");
        let file = private_file::options().write(true).create_new(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(|error| unreadable(path).with_source(error))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("ring", &self.ring).finish_non_exhaustive()
    }
}

fn refuse_readable_by_others(path: &Path, file: &File) -> Result<(), Error> {
    if !others_can_read(file).map_err(|error| unreadable(path).with_source(error))? {
        return Ok(());
    }
    let text = format!("others can read the key file {}", shown::path(path));
    Err(Error::new(Code::ConfigKeys, text).with_help(shown::chmod(path)))
}

fn weak(text: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Code::ConfigKeys, text).with_help(MAKE_ONE)
}

fn unreadable(path: &Path) -> Error {
    Error::new(Code::ConfigKeys, format!("the key file {} cannot be used", shown::path(path)))
}

fn no_path(pasted: Pasted) -> Error {
    let text = format!("this is {}, not the path of a key file", pasted.noun());
    Error::new(Code::ConfigKeys, text).with_help(match pasted {
        Pasted::Key => {
            "give a key itself to `Keys::new(Key::from_base64(…)?)`, or better leave it in an \
             environment variable: `Keys::new(Key::from_env(…)?)`"
        }
        _ => "give the path of a file with one base64 key a line, the newest first",
    })
}

fn broken(text: &'static str) -> Error {
    Error::new(Code::Internal, text)
}

#[cfg(test)]
mod tests {
    use super::sealer::{KEY_ID_LEN, NONCE_LEN};
    use super::*;

    fn keys() -> Keys {
        Keys::new(Key::generate().unwrap())
    }

    #[test]
    fn a_blob_opens_only_for_its_purpose_binding_and_key() {
        let keys = keys();
        let sealer = Sealer::new(&keys, "flow").unwrap();
        let blob = sealer.seal(b"name", b"plain").unwrap();
        assert_eq!(sealer.open(b"name", &blob).unwrap().as_slice(), b"plain");
        assert!(sealer.open(b"other", &blob).is_none());
        assert!(Sealer::new(&keys, "intent").unwrap().open(b"name", &blob).is_none());
        let foreign = Sealer::new(&self::keys(), "flow").unwrap();
        assert!(foreign.open(b"name", &blob).is_none());
    }

    #[test]
    fn every_changed_or_missing_byte_closes_a_blob() {
        let sealer = Sealer::new(&keys(), "flow").unwrap();
        let blob = sealer.seal(b"", b"plain").unwrap();
        for index in 0..blob.len() {
            let mut changed = blob.clone();
            changed[index] ^= 1;
            assert!(sealer.open(b"", &changed).is_none(), "byte {index}");
            assert!(sealer.open(b"", &blob[..index]).is_none(), "length {index}");
        }
    }

    #[test]
    fn old_keys_open_and_the_newest_seals() {
        let (old, new) = (Key::generate().unwrap(), Key::generate().unwrap());
        let before = Sealer::new(&Keys::new(old.clone()), "flow").unwrap();
        let after = Sealer::new(&Keys::new(new).with_old(old), "flow").unwrap();
        let blob = before.seal(b"", b"plain").unwrap();
        assert!(after.open(b"", &blob).is_some());
        assert!(before.open(b"", &after.seal(b"", b"plain").unwrap()).is_none());
    }

    /// J8.
    #[test]
    fn weak_keys_are_refused_with_the_command_that_makes_a_good_one() {
        let patterned: [u8; 32] = std::array::from_fn(|i| u8::try_from(i % 4).unwrap());
        let text = *b"correct horse battery staple 123";
        for bytes in [[0; 32], [255; 32], patterned, text] {
            let error = Key::new(bytes).unwrap_err();
            assert!(error.help().unwrap().contains("openssl rand -base64 32"));
        }
        for text in ["", "AAAA", "not base64!", "0123456789abcdef"] {
            assert_eq!(Key::from_base64(text).unwrap_err().code(), "config_keys");
        }
    }

    /// J9: the nonces are random, and the cipher forgives it if two were alike.
    #[test]
    fn no_two_seals_of_a_million_share_a_nonce() {
        let sealer = Sealer::new(&Keys::new(Key::generate().unwrap()), "test").unwrap();
        let nonce = |_| {
            let blob = sealer.seal(b"", b"").unwrap();
            let nonce: [u8; NONCE_LEN] = blob[1 + KEY_ID_LEN..][..NONCE_LEN].try_into().unwrap();
            nonce
        };
        let mut nonces: Vec<_> = (0..1 << 20).map(nonce).collect();
        nonces.sort_unstable();
        assert!(nonces.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_missing_key_file_is_made_on_loopback_only_and_read_again() {
        let name = format!("oauth-key-{:x}", u64::from_le_bytes(random().unwrap()));
        let path = std::env::temp_dir().join(name);
        let made = Keys::from_file(&path).unwrap();
        assert_eq!(made.save_if_new(false).unwrap_err().code(), "config_keys");
        assert!(!path.exists());
        made.save_if_new(true).unwrap();
        let read = Keys::from_file(&path).unwrap();
        let blob = Sealer::new(&made, "x").unwrap().seal(b"", b"plain").unwrap();
        assert!(Sealer::new(&read, "x").unwrap().open(b"", &blob).is_some());
        std::fs::remove_file(path).unwrap();
    }
}
