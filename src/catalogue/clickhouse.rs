//! What any statement can meet.

use super::{
    Entry,
    sign::{code, words},
};

entries! {
    EXCEPTION = Entry::new("houseplan::clickhouse::exception", "the server refused")
        .help("the error's number and name are ClickHouse's own: see what it says of them, mend what it names, then `houseplan resume …`")
        .explained("
ClickHouse answered with an error that houseplan has no words of its own for. Its number and name stand in
system.errors of the server and in ClickHouse's documentation.");

    SYNTAX = Entry::new("houseplan::clickhouse::syntax", "the server does not understand the statement")
        .help("see the statement as it was sent: `houseplan render`")
        .signs(&[code(62), code(47), code(46)])
        .explained("
A mistake in the statement, or a function or column that this version does not have. Nothing was done.");

    UNKNOWN_TABLE = Entry::new("houseplan::clickhouse::unknown_table", "there is no such table on {member}")
        .help("see SHOW TABLES there; if other replicas have it, it was made without ON CLUSTER")
        .signs(&[code(60)])
        .explained("
The statement names a table that is not on this server. On a cluster each replica has its own catalogue: a table made
without ON CLUSTER is on one of them.");

    UNKNOWN_DATABASE = Entry::new("houseplan::clickhouse::unknown_database", "there is no such database on {member}")
        .help("see SHOW DATABASES on that server; a run keeps its inputs, so for another `database` give this one up and begin another")
        .signs(&[code(81)])
        .explained("
The statement names a database that is not on this server: another name, or another server than was meant.");

    TABLE_EXISTS = Entry::new("houseplan::clickhouse::table_exists", "{table} is already there on {member}")
        .cause("it is left over from an earlier attempt, on this replica or on another one of the cluster")
        .help("during migrations: clean every replica (DROP DATABASE … SYNC, CREATE DATABASE) and what is left in Keeper, then run them again")
        .signs(&[code(57)])
        .explained("
TABLE_ALREADY_EXISTS during migrations means that one replica, or Keeper, was not clean: the migrations ran once
before, as far as this table. Clean every replica, not only the first, and drop with SYNC. Then start from nothing.");

    UNKNOWN_SETTING = Entry::new("houseplan::clickhouse::unknown_setting", "{member} has no such setting")
        .cause("its version does not have it, or its name is misspelt")
        .help("SELECT name FROM system.settings WHERE name LIKE '%…%' on that server")
        .signs(&[code(115)])
        .explained("
The server refuses settings that it does not know. Versions differ in what they have: source and cluster should be of
the same. Settings of BACKUP and RESTORE stand before ASYNC.");

    BACKGROUND = Entry::new("houseplan::clickhouse::background", "the statement goes on in the background")
        .cause("a host of the cluster has not answered in distributed_ddl_task_timeout; the others and it go on")
        .help("wait until system.distributed_ddl_queue shows it finished on every host")
        .temporary()
        .signs(&[words(159, "distributed_ddl"), words(159, "DDL"), words(159, "background"), words(159, "hosts")])
        .explained("
159 TIMEOUT_EXCEEDED to a statement with ON CLUSTER is no failure: the statement lies in the queue in Keeper, and every
host works it off when it can. houseplan waits until the queue says that it has ended. A host that is down for good
never does: take it out of the cluster's configuration, or bring it back.");

    TIMEOUT = Entry::new("houseplan::clickhouse::timeout", "{member} gave the statement up after its time limit")
        .cause("max_execution_time of the user's profile, as a rule")
        .help("set max_execution_time in the step's settings, or give the user a profile with a higher one")
        .signs(&[code(159), code(160)])
        .explained("
The server ends statements that take longer than max_execution_time. It is set by the user's profile unless the
statement sets it.");

    READONLY = Entry::new("houseplan::clickhouse::readonly", "{member} lets this statement only read")
        .cause("checks and `effect: read` are sent with readonly = 2; or the user's profile is read-only")
        .help("if the step is meant to write, say so: `effect: idempotent` or `effect: once`")
        .signs(&[code(164)])
        .explained("
A statement of a check, or of a step with `effect: read`, tried to write, and the server refused: that is what
readonly = 2 is for. Nothing was changed. If a step that may write meets this, its user has a profile with readonly.");

    MEMORY = Entry::new("houseplan::clickhouse::memory", "{member} has not enough memory for the statement")
        .help("try again when the server is less busy, or raise max_memory_usage in the step's settings")
        .temporary()
        .signs(&[code(241)])
        .explained("
The statement came to max_memory_usage, or the server as a whole to max_server_memory_usage. FINAL over a large table
is the dearest thing that an inventory asks for; where nothing merges while it is taken it is rarely needed.");

    DISK_FULL = Entry::new("houseplan::clickhouse::disk_full", "{member} has not enough space on its disk")
        .help("SELECT name, formatReadableSize(free_space) FROM system.disks; make room, then resume")
        .signs(&[code(243)])
        .explained("
A RESTORE needs as much room as the tables take on disk, on every replica; a merge as much again as its largest parts.");

    TOO_LARGE_TO_DROP = Entry::new("houseplan::clickhouse::too_large_to_drop", "{table} is too large to be dropped just so")
        .cause("max_table_size_to_drop (50 GB) guards large tables")
        .help("if it is meant: raise max_table_size_to_drop in that server's configuration (it is read anew without a restart), or create the file that the server names; then resume")
        .signs(&[code(359)])
        .explained("
The server refuses to drop tables larger than max_table_size_to_drop. It is a good moment to make sure that this is
the cluster and not the source. The file that the server names lets one table go. Since 23.12 a statement may lift the
limit itself: `settings: { max_table_size_to_drop: 0 }` in the step, before a run has begun it; a step that has begun
keeps its statement. Tables that were dropped before the refusal are gone.");

    PROHIBITED = Entry::new("houseplan::clickhouse::prohibited", "{member} does not allow this kind of statement")
        .help("the user's profile forbids it (allow_ddl = 0), or the server's configuration does")
        .signs(&[code(392)])
        .explained("
392 QUERY_IS_PROHIBITED: DDL is switched off for this user, or statements of this kind for everybody.");

    CANCELLED = Entry::new("houseplan::clickhouse::cancelled", "the statement was cancelled on {member}")
        .cause("somebody killed it, or the server shuts down")
        .help("find out who; then resume")
        .signs(&[code(394), code(236)])
        .explained("
KILL QUERY, or a shutdown, ended the statement. What it had done by then stays done.");

    UNKNOWN_CLUSTER = Entry::new("houseplan::clickhouse::unknown_cluster", "{member} knows no cluster of that name")
        .help("SELECT DISTINCT cluster FROM system.clusters on that server; with the Altinity operator it is the CHI's cluster name")
        .signs(&[code(701)])
        .explained("
ON CLUSTER names a cluster of the server's remote_servers. It is not the CHI's own name, nor that of the release.");

    BUSY = Entry::new("houseplan::clickhouse::busy", "{member} is too busy")
        .help("try again when it has less to do")
        .temporary()
        .signs(&[code(202), code(252)])
        .explained("
Too many statements at the same time, or too many parts that wait to be merged. Both pass. With merges stopped
(SYSTEM STOP MERGES) parts pile up: stop the writers first.");

    BETWEEN_SERVERS = Entry::new("houseplan::clickhouse::between_servers", "{member} did not reach another server")
        .cause("a statement that goes over the cluster needs its hosts to reach each other on their native ports")
        .help("see which host the server names, and errors_count in system.clusters")
        .temporary()
        .signs(&[code(209), code(210), code(279)])
        .explained("
The server we talk to is there, but another one that it asked is not. What was done on the hosts that answered stays
done.");

    INSERT_OUTCOME_UNKNOWN = Entry::new("houseplan::clickhouse::insert_outcome_unknown", "the server does not know whether the rows were written")
        .cause("it lost Keeper between writing the rows and hearing that they are registered")
        .help("look whether the rows are there before you insert them again")
        .signs(&[code(319)])
        .explained("
319 UNKNOWN_STATUS_OF_INSERT: the server itself is in doubt.");
}
