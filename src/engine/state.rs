//! The state of a run, as a fold over its events.

/// To be written by the engine's part.
pub struct State;
