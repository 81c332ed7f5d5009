//! The engine's promises (ARCHITECTURE.md, "The promises"), on random runs and on chosen ones.

mod command;
mod play;
mod properties;
mod scale;
mod scheduler;
mod world;
