//! What moves data: backup, restore, inspect, s3, keeper, exec, against the real engine.

mod backup;
mod exec;
mod keeper;
mod restore;
mod s3;
