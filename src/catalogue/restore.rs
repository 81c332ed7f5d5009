//! RESTORE.

use super::{
    Entry,
    sign::{Activity, code, during, words},
};

const RESTORE: &[Activity] = &[Activity::Restore];

entries! {
    IN_DOUBT = Entry::new("houseplan::restore::in_doubt", "the tables are neither as they were before the RESTORE nor as they should be after it")
        .help("TRUNCATE what it has begun to fill on one replica, then `houseplan settle RUN TASK --attempt N --as not-done`")
        .explained("
RESTORE is no transaction. The server restarted (or failed) in the middle of one, and what the replicas hold is neither
empty nor equal to the inventory. TRUNCATE the table on one replica (it replicates), settle the task as not-done, and
resume: it is restored anew. Never repeat a RESTORE into it with allow_non_empty_tables: that doubles rows.");

    TABLE_NOT_EMPTY = Entry::new("houseplan::restore::table_not_empty", "{table} on {member} already holds rows")
        .cause("something wrote to it after it was made, or it was restored before, on this replica or another one")
        .help("find out which: compare it with the inventory. If the rows are worthless: stop what writes there, TRUNCATE {table} on {member}, then resume. Do not set allow_non_empty_tables: it would double what is restored on a repeat")
        .signs(&[words(608, "already contains some data"), code(705)])
        .explained("
RESTORE adds parts. It refuses a table with rows in it, and that refusal is what keeps a repeated RESTORE from doubling
everything: with allow_non_empty_tables = 1 a second one does, without a word. On Replacing tables FINAL hides it, on
Summing and Aggregating ones the sums are wrong for good.

On a replicated table the rows may be right: a RESTORE on one replica fills all of them, and a second one, on another
replica, meets the rows of the first. Then there is nothing to do. Compare with the inventory before you truncate.");

    DIFFERENT_DEFINITION = Entry::new("houseplan::restore::different_definition", "{table} on {member} has another definition than in the backup")
        .cause("the table there was made by something else than this backup: a replicated table instead of a plain one, as a rule")
        .help("where only the engine differs (plain there, replicated here), that is what `into: existing` is for: it compares the columns and sets allow_different_table_def itself")
        .signs(&[words(608, "different definition")])
        .explained("
The table in the backup and the one that is there have not the same CREATE statement. When a standalone server moves to
a replicated cluster that is as it should be: MergeTree in the backup, ReplicatedMergeTree made by the migrations.
allow_different_table_def = 1 then lets the parts in, and nothing else is needed when the tables are empty.

But it compares nothing any more: another type of a column restores without a word, and breaks when it is read. So
`into: existing` and `append` compare columns, keys and engines first: with the inventory or, where tables are only
named, with what the backup itself defines. A column more, with a default, is no difference: RESTORE leaves it to its
default, and the step says so.");

    DEFINITION_NOT_UNDERSTOOD = Entry::new("houseplan::restore::definition_not_understood", "what the backup says {table} is cannot be compared with what is there")
        .help("restore with an inventory's tables, whose columns are known; or leave the table out; or, into an empty server, restore `into: absent`, where nothing has to be compared")
        .explained("
RESTORE into tables that are there compares no definitions, so houseplan does, before anything is sent. Where tables are
only named it reads `metadata/<database>/<table>.sql` in the backup, and lets the server that is restored to parse it.
Here that failed. Either the backup is an archive, which cannot be looked into; or the server is older than the one that
made the backup, and does not know a type or a clause; or the backup builds on another one that is gone.

What is not understood is not passed.");

    NOT_IN_BACKUP = Entry::new("houseplan::restore::not_in_backup", "the backup has no table {table}")
        .cause("it was made after the backup, has another name there, or was left out of it")
        .help("name only tables that the backup has: `inspect` with `database` tells which those are")
        .explained("
The step names a table of which the backup has no definition (`metadata/<database>/<table>.sql`). RESTORE would refuse
it, and by then other tables might be filled.");

    CANNOT_RESTORE_TABLE = Entry::new("houseplan::restore::cannot_restore_table", "{table} cannot be restored on {member}")
        .help("see what the server said")
        .signs(&[code(608)])
        .explained("
RESTORE refused the table for a reason that is neither that it holds rows nor that its definition differs. The server's
words say which.");

    CANNOT_RESTORE_DATABASE = Entry::new("houseplan::restore::cannot_restore_database", "the database cannot be restored on {member}")
        .cause("a database of that name is there with another definition")
        .help("let it be an Atomic database, as CREATE DATABASE makes it, on both sides")
        .signs(&[code(607)])
        .explained("
The database that is there and the one in the backup are not of the same kind: another engine, as a rule.");

    TABLE_MISSING = Entry::new("houseplan::restore::table_missing", "{table} is not there on {member}")
        .cause("the migrations have not made it on this replica")
        .help("run the migrations on the cluster (ON CLUSTER), see that every replica has the table, then resume")
        .signs(&[during(60, RESTORE), during(81, RESTORE)])
        .explained("
RESTORE was told that tables must exist (create_table = 'must exist'), and this one does not. That is on purpose:
without it RESTORE makes what is missing, as it is in the backup, that is: plain MergeTree on one node, and nobody
warns you. Make the table as the migrations do, on every replica.");

    TABLE_EXISTS = Entry::new("houseplan::restore::table_exists", "{table} is already there on {member}")
        .help("either it belongs there: `into: existing`; or it is left over: drop it with SYNC on every replica")
        .signs(&[during(57, RESTORE)])
        .explained("
RESTORE was told to make the tables (`into: absent`), and this one is there: left over from an earlier attempt, made by
the migrations, or restored a moment ago by another replica. Look at its rows before you drop it.");

    REPLICA_EXISTS = Entry::new("houseplan::restore::replica_exists", "the backup's replica of {table} is still in Keeper")
        .cause("the table in the backup has a fixed path in Keeper, and a replica of that name is registered there")
        .help("see `houseplan explain houseplan::keeper::replica_exists`")
        .signs(&[during(253, RESTORE)])
        .explained("
RESTORE makes the table with the Keeper path that is in the backup. Under that path a replica with this one's name is
registered already: the table it was dropped from has not been dropped with SYNC, or it is there under another name.");

    WRONG_COLUMN_TYPE = Entry::new("houseplan::restore::wrong_column_type", "rows of {table} do not fit its columns")
        .cause("parts were restored under a column of another type")
        .help("compare the columns with the source's; drop the table's rows, correct the type, restore again")
        .signs(&[during(6, RESTORE), during(6, &[Activity::Compare, Activity::Inventory])])
        .explained("
With allow_different_table_def = 1 RESTORE attaches parts without looking at columns' types. A String part under a
UInt32 column is taken, and fails when it is read: 6 CANNOT_PARSE_TEXT.");
}
