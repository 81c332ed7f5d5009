//! What every step says about itself, besides what its action gives: `steps.NAME.succeeded`.

/// What became of it: known of a step that was never reached, too.
pub const OF_PROGRESS: [&str; 3] = ["started", "succeeded", "skipped"];

/// What each of its members and items gave.
pub const TASKS: &str = "tasks";

/// All of them.
pub const ALL: [&str; 4] = ["started", "succeeded", "skipped", TASKS];
