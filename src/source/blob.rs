//! Ids of bytes as git gives them, and the line endings and pointers it would store.
//!
//! A file counts in a content by the id of its blob. git has that id in its index and in every commit, so a clean file is
//! not read at all, a commit needs no checkout, and every clone of a commit says the same whatever its bytes on disk are.
//! A cache of our own with SHA-256 would say it of one machine only, would have to be kept, and a checkout would read
//! everything once. SHA-1 is as weak here as in git itself: who can put two files of one id into a repository has fooled
//! git before us. The content over the ids is SHA-256.

use std::io::{self, Read, Seek, SeekFrom};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// The longest file that can be a pointer of Git LFS. Source: its specification.
pub(super) const LONGEST_POINTER: u64 = 1024;

/// The hash a repository names its objects by (`extensions.objectFormat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectFormat {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
}

/// The id of an object of git's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectId {
    bytes: [u8; 32],
    format: ObjectFormat,
}

impl ObjectId {
    /// The id that these hex digits write.
    pub fn parse(hex: &[u8]) -> Option<Self> {
        let format = match hex.len() {
            40 => ObjectFormat::Sha1,
            64 => ObjectFormat::Sha256,
            _ => return None,
        };
        let digit = |byte: u8| {
            (byte as char)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(ObjectId { bytes, format })
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match self.format {
            ObjectFormat::Sha1 => &self.bytes[..20],
            ObjectFormat::Sha256 => &self.bytes,
        }
    }

    /// What hash it is.
    pub fn format(&self) -> ObjectFormat {
        self.format
    }

    /// The id of a blob of these bytes.
    pub fn of(bytes: &[u8], format: ObjectFormat) -> Self {
        let mut hash = BlobHash::new(bytes.len() as u64, format);
        hash.update(bytes);
        hash.finish()
    }
}

/// Hashes a blob of known length.
enum BlobHash {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl BlobHash {
    fn new(length: u64, format: ObjectFormat) -> Self {
        let mut hash = match format {
            ObjectFormat::Sha1 => BlobHash::Sha1(Sha1::new()),
            ObjectFormat::Sha256 => BlobHash::Sha256(Sha256::new()),
        };
        hash.update(format!("blob {length}\0").as_bytes());
        hash
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            BlobHash::Sha1(hash) => hash.update(bytes),
            BlobHash::Sha256(hash) => hash.update(bytes),
        }
    }

    fn finish(self) -> ObjectId {
        let mut bytes = [0; 32];
        let format = match self {
            BlobHash::Sha1(hash) => {
                bytes[..20].copy_from_slice(&hash.finalize());
                ObjectFormat::Sha1
            }
            BlobHash::Sha256(hash) => {
                bytes.copy_from_slice(&hash.finalize());
                ObjectFormat::Sha256
            }
        };
        ObjectId { bytes, format }
    }
}

/// What `git add` does to the line endings of a file. Source: `convert.c` of git.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnds {
    /// Nothing.
    Kept,
    /// Every CRLF is stored as LF.
    Text,
    /// As [`Text`](Self::Text) where the bytes look like text, and were not stored with CRLF before.
    Auto,
}

/// How the bytes of a file are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Storing {
    /// What becomes of its line endings.
    pub line_ends: LineEnds,
    /// Whether Git LFS stores it, and git a pointer.
    pub is_lfs: bool,
    /// The hash of the repository.
    pub format: ObjectFormat,
}

/// What git would store of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    /// The id of the blob.
    pub id: ObjectId,
    /// The id of its bytes as they are, where only what was stored before decides between the two.
    pub unless_crlf_before: Option<ObjectId>,
    /// Whether the bytes are a pointer of Git LFS.
    pub is_pointer: bool,
}

/// Whether these bytes, all of a file, are a pointer of Git LFS. Source: its specification.
pub(super) fn is_pointer(bytes: &[u8]) -> bool {
    let heads = [
        "version https://git-lfs.github.com/spec/v1\n",
        "version https://hawser.github.com/spec/v1\n",
    ];
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    bytes.len() as u64 <= LONGEST_POINTER
        && heads.iter().any(|head| text.starts_with(head))
        && text.lines().any(|line| line.starts_with("oid sha256:"))
        && text.lines().any(|line| line.starts_with("size "))
}

/// What git would store of a file of this length: read in chunks, once, and once more only where CRLF is stored as LF.
///
/// # Errors
/// When it cannot be read, or holds more or less than that.
pub(super) fn stored(
    file: &mut (impl Read + Seek),
    length: u64,
    how: Storing,
) -> io::Result<Stored> {
    let mut buffer = vec![0; CHUNK.min(usize::try_from(length).unwrap_or(CHUNK).max(1))];
    let mut raw = BlobHash::new(length, how.format);
    let mut object = how.is_lfs.then(Sha256::new);
    let mut ends = Ends::new(how.line_ends);
    let mut short = Vec::new();
    chunks(file, length, &mut buffer, |chunk| {
        raw.update(chunk);
        ends.see(chunk);
        if let Some(object) = &mut object {
            object.update(chunk);
        }
        if length <= LONGEST_POINTER {
            short.extend_from_slice(chunk);
        }
    })?;
    let raw = raw.finish();
    let as_it_is = |is_pointer| Stored {
        id: raw,
        unless_crlf_before: None,
        is_pointer,
    };
    if is_pointer(&short) {
        return Ok(as_it_is(true));
    }
    if let Some(object) = object.filter(|_| length > 0) {
        return Ok(Stored {
            id: pointer_id(&object.finalize(), length, how.format),
            ..as_it_is(false)
        });
    }
    let Some(turned) = ends.turned() else {
        return Ok(as_it_is(false));
    };
    file.seek(SeekFrom::Start(0))?;
    let mut hash = BlobHash::new(length - turned, how.format);
    let mut held = false;
    chunks(file, length, &mut buffer, |chunk| {
        if std::mem::take(&mut held) && !chunk.starts_with(b"\n") {
            hash.update(b"\r");
        }
        let mut rest = chunk;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\r') {
            hash.update(&rest[..at]);
            rest = &rest[at + 1..];
            match rest.first() {
                Some(b'\n') => {}
                Some(_) => hash.update(b"\r"),
                None => held = true,
            }
        }
        hash.update(rest);
    })?;
    if held {
        hash.update(b"\r");
    }
    Ok(Stored {
        id: hash.finish(),
        unless_crlf_before: (how.line_ends == LineEnds::Auto).then_some(raw),
        is_pointer: false,
    })
}

/// The id of the pointer that Git LFS makes of an object.
fn pointer_id(object: &[u8], length: u64, format: ObjectFormat) -> ObjectId {
    let hex: String = object.iter().map(|byte| format!("{byte:02x}")).collect();
    let text =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{hex}\nsize {length}\n");
    ObjectId::of(text.as_bytes(), format)
}

/// Hands all bytes of a file to `see`, chunk by chunk.
fn chunks(
    file: &mut impl Read,
    length: u64,
    buffer: &mut [u8],
    mut see: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut left = length;
    loop {
        let read = match file.read(buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if read == 0 && left == 0 {
            return Ok(());
        }
        left = match left.checked_sub(read as u64) {
            Some(left) if read > 0 => left,
            _ => return Err(io::Error::other("it changed while it was read")),
        };
        see(&buffer[..read]);
    }
}

/// Counts what decides whether bytes are text. Source: `gather_stats` and `convert_is_binary` of git's `convert.c`.
struct Ends {
    how: LineEnds,
    crlf: u64,
    printable: u64,
    odd: u64,
    is_binary: bool,
    after_cr: bool,
    last: u8,
}

impl Ends {
    fn new(how: LineEnds) -> Self {
        Ends {
            how,
            crlf: 0,
            printable: 0,
            odd: 0,
            is_binary: how == LineEnds::Kept,
            after_cr: false,
            last: 0,
        }
    }

    fn see(&mut self, chunk: &[u8]) {
        let lenient = self.how == LineEnds::Text;
        for byte in chunk {
            if self.is_binary {
                return;
            }
            if std::mem::take(&mut self.after_cr) {
                match byte {
                    b'\n' => {
                        self.crlf += 1;
                        continue;
                    }
                    _ => self.is_binary = !lenient,
                }
            }
            match byte {
                b'\r' => self.after_cr = true,
                b'\n' => {}
                b'\0' => self.is_binary = !lenient,
                b'\x08' | b'\t' | b'\x1b' | b'\x0c' => self.printable += 1,
                0..32 | 127 => self.odd += 1,
                _ => self.printable += 1,
            }
        }
        self.last = chunk.last().copied().unwrap_or(self.last);
    }

    /// How many CRs are not stored; `None` where the bytes are stored as they are.
    fn turned(mut self) -> Option<u64> {
        let lenient = self.how == LineEnds::Text;
        self.is_binary |= self.after_cr && !lenient;
        // A DOS end of file is no odd byte.
        let odd = self.odd - u64::from(self.last == 0x1a && self.odd > 0);
        let looks_binary = self.is_binary || (!lenient && (self.printable >> 7) < odd);
        (!looks_binary && self.crlf > 0).then_some(self.crlf)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn id(bytes: &[u8], line_ends: LineEnds, is_lfs: bool) -> ObjectId {
        let how = Storing {
            line_ends,
            is_lfs,
            format: ObjectFormat::Sha1,
        };
        let length = bytes.len() as u64;
        stored(&mut Cursor::new(bytes), length, how)
            .expect("bytes in memory")
            .id
    }

    #[test]
    fn ids_are_those_of_git() {
        let hex = |text: &str| ObjectId::parse(text.as_bytes()).expect("hex");
        assert_eq!(
            id(b"", LineEnds::Kept, false),
            hex("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
        );
        assert_eq!(
            id(b"a\n", LineEnds::Kept, false),
            hex("78981922613b2afb6025042ff6bd878ac1994e85")
        );
        assert_eq!(
            ObjectId::of(b"", ObjectFormat::Sha256),
            hex("473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813")
        );
    }

    #[test]
    fn line_ends_are_stored_as_git_stores_them() {
        let same = |bytes: &[u8], how| id(bytes, how, false) == id(bytes, LineEnds::Kept, false);
        let lf = id(b"a\nb\n", LineEnds::Kept, false);
        assert_eq!(id(b"a\r\nb\r\n", LineEnds::Text, false), lf);
        assert_eq!(id(b"a\r\nb\r\n", LineEnds::Auto, false), lf);
        // A lone CR, a NUL or many odd bytes make bytes binary, unless they are said to be text.
        for bytes in [&b"a\rb\r\n"[..], b"a\0\r\n", b"\x01\x02\r\n", b"a\r\nb\r"] {
            assert!(same(bytes, LineEnds::Auto), "{bytes:?}");
            assert!(!same(bytes, LineEnds::Text), "{bytes:?}");
        }
        assert!(!same(
            &[&b"x".repeat(128)[..], b"\x01\r\n"].concat(),
            LineEnds::Auto
        ));
        assert!(!same(b"a\r\n\x1a", LineEnds::Auto));
        // Across the chunks that are read.
        let long = [&b"x".repeat(CHUNK - 1)[..], b"\r\ny\rz"].concat();
        let stored = [&b"x".repeat(CHUNK - 1)[..], b"\ny\rz"].concat();
        assert_eq!(
            id(&long, LineEnds::Text, false),
            id(&stored, LineEnds::Kept, false)
        );
    }

    #[test]
    fn a_pointer_and_what_it_points_at_are_one() {
        let bytes = b"weights";
        let hex: String = Sha256::digest(bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let pointer =
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{hex}\nsize 7\n");
        assert!(is_pointer(pointer.as_bytes()));
        assert_eq!(
            id(bytes, LineEnds::Kept, true),
            id(pointer.as_bytes(), LineEnds::Kept, true)
        );
        assert_ne!(
            id(bytes, LineEnds::Kept, true),
            id(bytes, LineEnds::Kept, false)
        );
        assert_eq!(
            id(b"", LineEnds::Kept, true),
            id(b"", LineEnds::Kept, false)
        );
        assert!(!is_pointer(b"version https://git-lfs.github.com/spec/v1\n"));
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_an_error() {
        let how = Storing {
            line_ends: LineEnds::Kept,
            is_lfs: false,
            format: ObjectFormat::Sha1,
        };
        for length in [2, 4] {
            assert!(stored(&mut Cursor::new(b"abc"), length, how).is_err());
        }
    }
}
