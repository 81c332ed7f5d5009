//! Databases that houseplan does not handle.

use super::Entry;

entries! {
    NOT_ATOMIC = Entry::new("houseplan::database::not_atomic", "the database on {member} does not have the engine Atomic")
        .help("if you mean another database, name it (`--set database=…`); otherwise move its tables into an Atomic database first. houseplan does not support other engines yet")
        .explained("
houseplan moves databases of the engine Atomic, which CREATE DATABASE makes. A database of the engine Replicated
becomes Atomic when it is restored; Ordinary has no UUIDs of tables; Lazy has other kinds of tables; MySQL and
PostgreSQL have none. They were not tested on a real server, so houseplan refuses them: before a run starts, if an
input of the plan names the database, and again in each inventory and backup.");

    NOT_ATOMIC_IN_ALL = Entry::new("houseplan::database::not_atomic_in_all", "database `{database}` on {member}, which a backup of all databases would contain, has the engine {engine}, not Atomic")
        .help("name `{database}` in `except`, so that it is left out; or move its tables into an Atomic database first")
        .explained("
A backup of all databases contains every database that `except` does not name. houseplan moves databases of the engine
Atomic only: see `houseplan explain houseplan::database::not_atomic`.");
}
