//! Files of the user's that a run is told to read: what never ends, or waits for a writer, is none.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that asks registries, with the user's logins and certificates"
)]

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The longest that is read, in bytes. The certificates of all authorities there are take a quarter of a megabyte.
const LIMIT: u64 = 16 * 1024 * 1024;

/// The bytes of a regular file.
///
/// # Errors
/// When it is none, is too long, or cannot be read.
pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Asked before it is opened: to open a FIFO is to wait.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        let most = LIMIT / 1024 / 1024;
        return Err(io::Error::other(format!("it is longer than {most} MiB")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_not_read() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let long = folder.path().join("long");
        let file = File::create(&long).expect("a file");
        file.set_len(LIMIT + 1).expect("a length");
        for path in [&long, Path::new("/dev/zero"), folder.path()] {
            assert!(bytes(path).is_err(), "{}", path.display());
        }
        file.set_len(LIMIT).expect("a length");
        assert_eq!(bytes(&long).expect("its bytes").len() as u64, LIMIT);
    }
}
