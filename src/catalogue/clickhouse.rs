//! What any statement can meet.

use super::{
    Entry,
    sign::{code, words},
};

entries! {
    EXCEPTION = Entry::new("houseplan::clickhouse::exception", "the server refused the statement")
        .help("the number and the name of the error are those of ClickHouse: look them up, fix what the message names, then `houseplan resume {run}`")
        .explained("
ClickHouse answered with an error that houseplan does not know. houseplan shows it as the server said it. The table
system.errors of the server and the documentation of ClickHouse list its number and name.");

    SYNTAX = Entry::new("houseplan::clickhouse::syntax", "the server does not understand the statement")
        .help("see the statement as it was sent: `houseplan render`")
        .signs(&[code(62), code(47), code(46)])
        .explained("
The statement has a mistake, or uses a function or column that this version does not have. Nothing was done.");

    UNKNOWN_TABLE = Entry::new("houseplan::clickhouse::unknown_table", "there is no such table on {member}")
        .help("see SHOW TABLES there; if other replicas have the table, it was created without ON CLUSTER")
        .signs(&[code(60)])
        .explained("
The statement names a table that this server does not have. In a cluster each replica has its own catalogue: a table
that is created without ON CLUSTER exists on one replica only.");

    UNKNOWN_DATABASE = Entry::new("houseplan::clickhouse::unknown_database", "there is no such database on {member}")
        .help("see SHOW DATABASES on that server; a run cannot change its inputs: for another `database`, abandon it and start a new run")
        .signs(&[code(81)])
        .explained("
The statement names a database that this server does not have. The name is wrong, or this is not the server that was
meant.");

    TABLE_EXISTS = Entry::new("houseplan::clickhouse::table_exists", "{table} already exists on {member}")
        .cause("it may be left from an earlier attempt, on this replica or on another one of the cluster")
        .help("during migrations: clean every replica (DROP DATABASE … SYNC, CREATE DATABASE) and what is left in Keeper, then run the migrations again")
        .signs(&[code(57)])
        .explained("
TABLE_ALREADY_EXISTS during migrations means that one replica, or Keeper, was not clean: the migrations ran before, at
least to this table. Clean every replica, not only the first, and drop with SYNC. Then start from nothing.");

    UNKNOWN_SETTING = Entry::new("houseplan::clickhouse::unknown_setting", "{member} has no such setting")
        .cause("perhaps its version does not have it, or the name is misspelt")
        .help("SELECT name FROM system.settings WHERE name LIKE '%…%' on that server")
        .signs(&[code(115)])
        .explained("
The server refuses settings that it does not know. Versions have different settings: source and cluster should have
the same version. Settings of BACKUP and RESTORE must be before ASYNC.");

    BACKGROUND = Entry::new("houseplan::clickhouse::background", "the statement goes on in the background")
        .cause("a host of the cluster has not answered within distributed_ddl_task_timeout; all hosts go on with the statement")
        .help("wait until system.distributed_ddl_queue shows the statement as finished on every host")
        .temporary()
        .signs(&[words(159, "distributed_ddl"), words(159, "DDL"), words(159, "background"), words(159, "hosts")])
        .explained("
159 TIMEOUT_EXCEEDED to a statement with ON CLUSTER is not a failure: the statement is in the queue in Keeper, and
every host carries it out when it can. houseplan waits until the queue says that it has ended. A host that is down for
good never ends it: remove it from the configuration of the cluster, or start it again.");

    TIMEOUT = Entry::new("houseplan::clickhouse::timeout", "{member} stopped the statement at its time limit")
        .cause("most often max_execution_time in the profile of the user")
        .help("set max_execution_time in the settings of the step, or give the user a profile with a higher value")
        .signs(&[code(159), code(160)])
        .explained("
The server stops statements that take longer than max_execution_time. The profile of the user sets it unless the
statement does.");

    READONLY = Entry::new("houseplan::clickhouse::readonly", "{member} allows this statement only to read")
        .cause("checks and `effect: read` are sent with readonly = 2; or the profile of the user has readonly = 2")
        .help("if the step is meant to write, say `effect: idempotent` or `effect: once`")
        .signs(&[code(164)])
        .explained("
A statement of a check, or of a step with `effect: read`, tried to write, and the server refused it because of
readonly = 2. Nothing was changed. If a step that may write gets this error, the profile of its user has readonly = 2.");

    MEMORY = Entry::new("houseplan::clickhouse::memory", "{member} does not have enough memory for the statement")
        .help("try again when the server is less busy, or raise max_memory_usage in the settings of the step")
        .temporary()
        .signs(&[code(241)])
        .explained("
The statement reached max_memory_usage, or the whole server reached max_server_memory_usage. FINAL over a large table
needs most memory in an inventory. It is rarely needed while nothing merges.");

    DISK_FULL = Entry::new("houseplan::clickhouse::disk_full", "{member} does not have enough space on its disk")
        .help("SELECT name, formatReadableSize(free_space) FROM system.disks; free some space, then `houseplan resume {run}`")
        .signs(&[code(243)])
        .explained("
A RESTORE needs as much space as the tables need on disk, on every replica. A merge needs as much again as its largest
parts.");

    TOO_LARGE_TO_DROP = Entry::new("houseplan::clickhouse::too_large_to_drop", "the server refuses to drop {table}, because it is too large")
        .cause("max_table_size_to_drop (50 GB) protects large tables")
        .help("if you mean to drop it: raise max_table_size_to_drop in the configuration of that server (no restart is needed), or create the file that the server names; then `houseplan resume {run}`")
        .signs(&[code(359)])
        .explained("
The server refuses to drop tables larger than max_table_size_to_drop. Make sure now that this is the cluster and not
the source. The file that the server names allows dropping one table. Since 23.12 a statement may lift the limit
itself: `settings: { max_table_size_to_drop: 0 }` in the step, before a run has started the step. A step that has
started keeps its statement. Tables that were dropped before the refusal are gone.");

    PROHIBITED = Entry::new("houseplan::clickhouse::prohibited", "{member} does not allow this kind of statement")
        .help("see the profile of the user (allow_ddl = 0), and the configuration of the server")
        .signs(&[code(392)])
        .explained("
392 QUERY_IS_PROHIBITED: DDL is disabled for this user, or statements of this kind are disabled for everybody.");

    CANCELLED = Entry::new("houseplan::clickhouse::cancelled", "the statement was cancelled on {member}")
        .cause("perhaps somebody killed it, or the server shuts down")
        .help("find out who cancelled it; then `houseplan resume {run}`")
        .signs(&[code(394), code(236)])
        .explained("
KILL QUERY, or a shutdown, ended the statement. What it had done before stays done.");

    UNKNOWN_CLUSTER = Entry::new("houseplan::clickhouse::unknown_cluster", "{member} does not know a cluster with that name")
        .help("SELECT DISTINCT cluster FROM system.clusters on that server; with the Altinity operator it is the cluster name of the CHI")
        .signs(&[code(701)])
        .explained("
ON CLUSTER names a cluster in remote_servers of the server. It is not the name of the CHI, nor the name of the
release.");

    BUSY = Entry::new("houseplan::clickhouse::busy", "{member} is too busy")
        .help("try again when it has less to do")
        .temporary()
        .signs(&[code(202), code(252)])
        .explained("
Too many statements run at the same time, or too many parts wait to be merged. Both end by themselves. While merges
are stopped (SYSTEM STOP MERGES), parts accumulate: stop the writers first.");

    BETWEEN_SERVERS = Entry::new("houseplan::clickhouse::between_servers", "{member} did not reach another server")
        .cause("a statement over the cluster needs its hosts to reach each other on their native ports")
        .help("see which host the server names, and errors_count in system.clusters")
        .temporary()
        .signs(&[code(209), code(210), code(279)])
        .explained("
The server that houseplan talks to answers, but another server that it asked does not. What was done on the hosts that
answered stays done.");

    INSERT_OUTCOME_UNKNOWN = Entry::new("houseplan::clickhouse::insert_outcome_unknown", "the server does not know whether the rows were written")
        .cause("it lost Keeper after it wrote the rows and before Keeper confirmed them")
        .help("look whether the rows are there before you insert them again")
        .signs(&[code(319)])
        .explained("
319 UNKNOWN_STATUS_OF_INSERT: the server itself does not know the outcome.");
}
