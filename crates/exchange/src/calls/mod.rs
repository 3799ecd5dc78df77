//! The call server: the one authority on every call.
//!
//! [`machine`] decides, with the time as a parameter and without IO; [`task`] gives it a clock, connections, rooms and
//! the store; [`socket`] is one device's WebSocket.

mod call;
mod machine;
mod memory;
pub(crate) mod socket;
pub(crate) mod task;
mod verbs;

pub(crate) use machine::DeviceRef;
pub(crate) use memory::KeyRecord;
pub(crate) use task::CallHandle;

#[cfg(test)]
mod tests;
