//! Records on disk: length and checksum before each, so that a torn one is seen.

/// No record is larger than this: a length that says so is damage.
const MOST: usize = 64 << 10;
/// What comes before a record.
pub const HEAD: usize = 8;

/// Append one record to a buffer.
pub fn put(buffer: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let begin = buffer.len();
    buffer.extend([0; HEAD]);
    write(buffer);
    let payload = &buffer[begin + HEAD..];
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    let checksum = crc32fast::hash(payload).to_le_bytes();
    buffer[begin..begin + 4].copy_from_slice(&length);
    buffer[begin + 4..begin + HEAD].copy_from_slice(&checksum);
}

/// The whole records at the beginning of some bytes.
pub struct Frames<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Frames<'a> {
    /// Read from the beginning.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were whole records, once all were taken.
    pub fn whole(&self) -> u64 {
        self.at as u64
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let head = rest.get(..HEAD)?;
        let number = |at: usize| -> Option<u32> {
            Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?))
        };
        let length = number(0)? as usize;
        if length == 0 || length > MOST {
            return None;
        }
        let payload = rest.get(HEAD..HEAD + length)?;
        if crc32fast::hash(payload) != number(4)? {
            return None;
        }
        self.at += HEAD + length;
        Some(payload)
    }
}
