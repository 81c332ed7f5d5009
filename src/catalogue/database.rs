//! Databases that houseplan does not handle.

use super::Entry;

entries! {
    NOT_ATOMIC = Entry::new("houseplan::database::not_atomic", "the database on {member} is not of the engine Atomic")
        .help("if another database is meant, name it (`--set database=…`); else move it into an Atomic one first: other engines are not built and proved yet")
        .explained("
houseplan moves databases of the engine Atomic, which is what CREATE DATABASE makes. A database of the engine
Replicated comes back from a backup as Atomic, Ordinary has no table UUIDs, Lazy holds other kinds of tables, MySQL
and PostgreSQL hold none. Their ways were not proved on a real server, so they are refused instead of guessed at:
before a run begins where an input of the plan names the database, and again by each inventory and backup.");
}
