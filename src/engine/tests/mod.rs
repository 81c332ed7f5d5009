//! The engine's promises (design, section 5), on random runs and on chosen ones.

mod properties;
mod scale;
mod world;
