//! What any statement can meet.

use super::{super::Activity, Entry, UNRECOGNISED, code, during, words};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: UNRECOGNISED,
        title: "the server refused",
        cause: None,
        help: "the error's number and name are ClickHouse's own: see what it says of them, mend what it names, then `houseplan resume …`",
        temporary: false,
        signs: &[],
        explanation: "
ClickHouse answered with an error that houseplan has no words of its own for. Its number and name stand in
system.errors of the server and in ClickHouse's documentation.",
    },
    Entry {
        code: "houseplan::clickhouse::syntax",
        title: "the server does not understand the statement",
        cause: None,
        help: "see the statement as it was sent: `houseplan render`",
        temporary: false,
        signs: &[code(62), code(47), code(46)],
        explanation: "
A mistake in the statement, or a function or column that this version does not have. Nothing was done.",
    },
    Entry {
        code: "houseplan::clickhouse::unknown_table",
        title: "there is no such table on {member}",
        cause: None,
        help: "see SHOW TABLES there; if other replicas have it, it was made without ON CLUSTER",
        temporary: false,
        signs: &[code(60)],
        explanation: "
The statement names a table that is not on this server. On a cluster each replica has its own catalogue: a table made
without ON CLUSTER is on one of them.",
    },
    Entry {
        code: "houseplan::clickhouse::unknown_database",
        title: "there is no such database on {member}",
        cause: None,
        help: "see SHOW DATABASES on that server; a run keeps its inputs, so for another `database` give this one up and begin another",
        temporary: false,
        signs: &[code(81)],
        explanation: "
The statement names a database that is not on this server: another name, or another server than was meant.",
    },
    Entry {
        code: "houseplan::clickhouse::table_exists",
        title: "{table} is already there on {member}",
        cause: Some("it is left over from an earlier attempt, on this replica or on another one of the cluster"),
        help: "during migrations: clean every replica (DROP DATABASE … SYNC, CREATE DATABASE) and what is left in Keeper, then run them again",
        temporary: false,
        signs: &[code(57)],
        explanation: "
TABLE_ALREADY_EXISTS during migrations means that one replica, or Keeper, was not clean: the migrations ran once
before, as far as this table. Clean every replica, not only the first, and drop with SYNC. Then start from nothing.",
    },
    Entry {
        code: "houseplan::clickhouse::unknown_setting",
        title: "{member} has no such setting",
        cause: Some("its version does not have it, or its name is misspelt"),
        help: "SELECT name FROM system.settings WHERE name LIKE '%…%' on that server",
        temporary: false,
        signs: &[code(115)],
        explanation: "
The server refuses settings that it does not know. Versions differ in what they have: source and cluster should be of
the same. Settings of BACKUP and RESTORE stand before ASYNC.",
    },
    Entry {
        code: "houseplan::clickhouse::background",
        title: "the statement goes on in the background",
        cause: Some("a host of the cluster has not answered in distributed_ddl_task_timeout; the others and it go on"),
        help: "wait until system.distributed_ddl_queue shows it finished on every host",
        temporary: true,
        signs: &[words(159, "distributed_ddl"), words(159, "DDL"), words(159, "background"), words(159, "hosts")],
        explanation: "
159 TIMEOUT_EXCEEDED to a statement with ON CLUSTER is no failure: the statement lies in the queue in Keeper, and every
host works it off when it can. houseplan waits until the queue says that it has ended. A host that is down for good
never does: take it out of the cluster's configuration, or bring it back.",
    },
    Entry {
        code: "houseplan::clickhouse::timeout",
        title: "{member} gave the statement up after its time limit",
        cause: Some("max_execution_time of the user's profile, as a rule"),
        help: "set max_execution_time in the step's settings, or give the user a profile with a higher one",
        temporary: false,
        signs: &[code(159), code(160)],
        explanation: "
The server ends statements that take longer than max_execution_time. It is set by the user's profile unless the
statement sets it.",
    },
    Entry {
        code: "houseplan::clickhouse::readonly",
        title: "{member} lets this statement only read",
        cause: Some("checks and `effect: read` are sent with readonly = 2; or the user's profile is read-only"),
        help: "if the step is meant to write, say so: `effect: idempotent` or `effect: once`",
        temporary: false,
        signs: &[code(164)],
        explanation: "
A statement of a check, or of a step with `effect: read`, tried to write, and the server refused: that is what
readonly = 2 is for. Nothing was changed. If a step that may write meets this, its user has a profile with readonly.",
    },
    Entry {
        code: "houseplan::clickhouse::memory",
        title: "{member} has not enough memory for the statement",
        cause: None,
        help: "try again when the server is less busy, or raise max_memory_usage in the step's settings",
        temporary: true,
        signs: &[code(241)],
        explanation: "
The statement came to max_memory_usage, or the server as a whole to max_server_memory_usage. FINAL over a large table
is the dearest thing that an inventory asks for; where nothing merges while it is taken it is rarely needed.",
    },
    Entry {
        code: "houseplan::clickhouse::disk_full",
        title: "{member} has not enough space on its disk",
        cause: None,
        help: "SELECT name, formatReadableSize(free_space) FROM system.disks; make room, then resume",
        temporary: false,
        signs: &[code(243)],
        explanation: "
A RESTORE needs as much room as the tables take on disk, on every replica; a merge as much again as its largest parts.",
    },
    Entry {
        code: "houseplan::clickhouse::too_large_to_drop",
        title: "{table} is too large to be dropped just so",
        cause: Some("max_table_size_to_drop (50 GB) guards large tables"),
        help: "if it is meant: raise max_table_size_to_drop in that server's configuration (it is read anew without a restart), or create the file that the server names; then resume",
        temporary: false,
        signs: &[code(359)],
        explanation: "
The server refuses to drop tables larger than max_table_size_to_drop. It is a good moment to make sure that this is
the cluster and not the source. The file that the server names lets one table go. Since 23.12 a statement may lift the
limit itself: `settings: { max_table_size_to_drop: 0 }` in the step, before a run has begun it; a step that has begun
keeps its statement. Tables that were dropped before the refusal are gone.",
    },
    Entry {
        code: "houseplan::clickhouse::prohibited",
        title: "{member} does not allow this kind of statement",
        cause: None,
        help: "the user's profile forbids it (allow_ddl = 0), or the server's configuration does",
        temporary: false,
        signs: &[code(392)],
        explanation: "
392 QUERY_IS_PROHIBITED: DDL is switched off for this user, or statements of this kind for everybody.",
    },
    Entry {
        code: "houseplan::clickhouse::cancelled",
        title: "the statement was cancelled on {member}",
        cause: Some("somebody killed it, or the server shuts down"),
        help: "find out who; then resume",
        temporary: false,
        signs: &[code(394), code(236)],
        explanation: "
KILL QUERY, or a shutdown, ended the statement. What it had done by then stays done.",
    },
    Entry {
        code: "houseplan::clickhouse::unknown_cluster",
        title: "{member} knows no cluster of that name",
        cause: None,
        help: "SELECT DISTINCT cluster FROM system.clusters on that server; with the Altinity operator it is the CHI's cluster name",
        temporary: false,
        signs: &[code(701)],
        explanation: "
ON CLUSTER names a cluster of the server's remote_servers. It is not the CHI's own name, nor that of the release.",
    },
    Entry {
        code: "houseplan::clickhouse::busy",
        title: "{member} is too busy",
        cause: None,
        help: "try again when it has less to do",
        temporary: true,
        signs: &[code(202), code(252)],
        explanation: "
Too many statements at the same time, or too many parts that wait to be merged. Both pass. With merges stopped
(SYSTEM STOP MERGES) parts pile up: stop the writers first.",
    },
    Entry {
        code: "houseplan::clickhouse::between_servers",
        title: "{member} did not reach another server",
        cause: Some("a statement that goes over the cluster needs its hosts to reach each other on their native ports"),
        help: "see which host the server names, and errors_count in system.clusters",
        temporary: true,
        signs: &[code(209), code(210), code(279)],
        explanation: "
The server we talk to is there, but another one that it asked is not. What was done on the hosts that answered stays
done.",
    },
    Entry {
        code: "houseplan::clickhouse::insert_unknown",
        title: "the server does not know whether the rows were written",
        cause: Some("it lost Keeper between writing the rows and hearing that they are registered"),
        help: "look whether the rows are there before you insert them again",
        temporary: false,
        signs: &[code(319)],
        explanation: "
319 UNKNOWN_STATUS_OF_INSERT: the server itself is in doubt.",
    },
    Entry {
        code: "houseplan::claim::no_database",
        title: "the claim on {member} could not be written",
        cause: None,
        help: "the user needs CREATE DATABASE and DROP DATABASE on `houseplan_claim`",
        temporary: false,
        signs: &[during(497, &[Activity::Claim])],
        explanation: "
A run claims every server that it acts on by making an empty database `houseplan_claim`, and drops it at its end. The
user may not: GRANT CREATE DATABASE, DROP DATABASE ON houseplan_claim.* TO user.",
    },
];
