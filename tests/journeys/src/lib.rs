//! Whole stories across processes.
