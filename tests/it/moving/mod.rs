//! What moves data: backup, restore, inspect, s3, keeper, exec, against the real engine.

mod backup;
mod restore;
