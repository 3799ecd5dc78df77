//! What phones and the exchange share.
//!
//! * [`token`]: the signed tokens that open a session's room or the call server.
//! * [`call_server`]: the words of the call server (create, ring, answer, ...) and its client.
//! * [`signal`]: the room signalling: the LiveKit protocol's messages, its join request, SDP text.
//!
//! Connections are plain `http:` and `ws:` in this version: the exchange listens on loopback by default. Put a
//! TLS-terminating proxy in front of it before it leaves the machine.
//!
//! Nothing here logs a handle, a name or a token.

pub mod call_server;
pub mod signal;
pub mod token;
