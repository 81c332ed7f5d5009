//! The engine's promises (design, section 5), on random runs and on chosen ones.

mod command;
mod play;
mod properties;
mod scale;
mod scheduler;
mod world;
