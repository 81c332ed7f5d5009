//! Tests through the library and through the binary, on the real engine.

mod calls;
mod cases;
mod documents;
mod facts;
mod generated;
mod moves;
mod moving;
mod observe;
mod restoring;
mod reviewed;
mod sandbox;
mod support;
mod versions;
