//! The action `writers`, and the check: every workload that is given a Secret.

mod gather;
mod given;
mod output;
mod prepare;
mod rows;
mod task;
