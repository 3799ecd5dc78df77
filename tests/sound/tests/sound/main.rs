//! What is heard in a call, measured on the monitors of virtual devices: before, during and after.

mod activation;
mod browser;
mod desktop;
mod end_tones;
mod first_answer;
mod kept;
mod kills;
mod muted_and_held;
mod players;
mod pulse;
mod rig;
mod ring;
mod routes;
mod speakerboxes;
mod story;
mod swap;
