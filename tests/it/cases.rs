//! Situations from public bug reports, each with its own data in a folder of its name.

mod refreshable_daily;
