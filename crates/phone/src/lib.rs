//! The call screens of Hookswitch: what they say and offer ([`view`]), as widgets ([`window`]), what panels and docks show of
//! them ([`panel`]), and the thread that talks to the service ([`mod@line`]). Whom
//! one declined, to call back later: [`reminder`].
//!
//! The program `hookswitch-phone` is a surface like any other: it sees calls through [`hookswitch::Surface`] and has no
//! rule of its own about them.

pub mod ask;
pub mod favourites;
pub mod line;
pub mod lock;
pub mod main_window;
pub mod panel;
pub mod place;
pub mod reminder;
pub mod tongue;
pub mod view;
pub mod window;
