//! The join request: what a client says about itself, and its first offer, inside the URL of the WebSocket.
//!
//! It is URL-safe base64 of a `WrappedJoinRequest`, whose content may be gzip. What it unpacks to is capped, because a
//! few hundred bytes of gzip can unpack to gigabytes.

use super::proto::{JoinRequest, WrappedJoinRequest, wrapped_join_request::Compression};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use prost::Message;
use std::io::{Read, Write};

/// Longest text of a join request, in bytes.
pub const MAX_TEXT_LEN: usize = 96 * 1024;
/// Most bytes that a join request may unpack to.
pub const MAX_UNPACKED_LEN: usize = 256 * 1024;

/// Clients differ in whether they pad base64; both are read.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a join request could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinRequestError {
    /// The text is longer than [`MAX_TEXT_LEN`].
    #[error(
        "the join request is too long. Send the offer after joining instead of inside the request."
    )]
    TooLong,
    /// Not URL-safe base64.
    #[error(
        "the join request is not URL-safe base64. Encode it with the alphabet of RFC 4648 section 5."
    )]
    NotBase64,
    /// Neither plain nor gzip.
    #[error("the join request is packed in an unknown way. Use NONE or GZIP.")]
    UnknownCompression,
    /// The gzip data is broken.
    #[error("the join request cannot be unpacked. Check the gzip data.")]
    BadGzip,
    /// It unpacks to more than [`MAX_UNPACKED_LEN`].
    #[error("the join request unpacks to more than {MAX_UNPACKED_LEN} bytes. Send less.")]
    UnpacksTooLarge,
    /// Not the expected protobuf.
    #[error("the join request is not a JoinRequest message. Check the client's version.")]
    NotProtobuf,
}

/// Reads the text of a join request.
pub fn decode(text: &str) -> Result<JoinRequest, JoinRequestError> {
    if text.len() > MAX_TEXT_LEN {
        return Err(JoinRequestError::TooLong);
    }
    let bytes = BASE64.decode(text).map_err(|_| JoinRequestError::NotBase64)?;
    let wrapped =
        WrappedJoinRequest::decode(&bytes[..]).map_err(|_| JoinRequestError::NotProtobuf)?;
    let packed = wrapped.join_request;
    let plain = match Compression::try_from(wrapped.compression) {
        Ok(Compression::None) => packed,
        Ok(Compression::Gzip) => unpack(&packed)?,
        Err(_) => return Err(JoinRequestError::UnknownCompression),
    };
    JoinRequest::decode(&plain[..]).map_err(|_| JoinRequestError::NotProtobuf)
}

/// The text of a join request, packed with gzip.
pub fn encode(request: &JoinRequest) -> String {
    let plain = request.encode_to_vec();
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing into a vector cannot fail; if the packer ever did, the plain form says the same.
    let packed = gzip.write_all(&plain).and_then(|()| gzip.finish());
    let wrapped = match packed {
        Ok(packed) => {
            WrappedJoinRequest { compression: Compression::Gzip.into(), join_request: packed }
        }
        Err(_) => WrappedJoinRequest { compression: Compression::None.into(), join_request: plain },
    };
    BASE64.encode(wrapped.encode_to_vec())
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, JoinRequestError> {
    let mut plain = Vec::new();
    // One byte more than allowed is asked for, to tell "exactly full" from "too much".
    let mut limited = GzDecoder::new(packed).take(MAX_UNPACKED_LEN as u64 + 1);
    limited.read_to_end(&mut plain).map_err(|_| JoinRequestError::BadGzip)?;
    if plain.len() > MAX_UNPACKED_LEN { Err(JoinRequestError::UnpacksTooLarge) } else { Ok(plain) }
}
