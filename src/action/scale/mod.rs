//! The action `scale`: how many pods workloads have.

mod held;
mod output;
mod plan;
mod prepare;
mod refuse;
mod task;
mod wait;
