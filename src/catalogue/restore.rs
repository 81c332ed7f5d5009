//! RESTORE.

use super::{
    Entry,
    sign::{Activity, code, during, words},
};

const RESTORE: &[Activity] = &[Activity::Restore];
const READING: &[Activity] = &[Activity::Restore, Activity::Compare, Activity::Inventory];

entries! {
    TABLE_NOT_EMPTY = Entry::new("houseplan::restore::table_not_empty", "{table} on {member} already has rows")
        .cause("something may have written to it after it was created, or it was restored before, on this replica or another one")
        .help("find out which: compare it with the inventory. If nobody needs the rows: stop what writes there, TRUNCATE {table} on {member}, then `houseplan resume {run}`. Do not set allow_non_empty_tables: a repeated restore would double the rows")
        .signs(&[words(608, "already contains some data"), code(705)])
        .explained("
RESTORE adds parts. It refuses a table that has rows, and this refusal keeps a repeated RESTORE from doubling all
rows. With allow_non_empty_tables = 1 a second RESTORE doubles them without any warning. On Replacing tables FINAL
hides that; on Summing and Aggregating tables the sums stay wrong.

On a replicated table the rows may be right: a RESTORE on one replica fills all replicas, and a second one, on another
replica, finds the rows of the first. Then there is nothing to do. Compare with the inventory before you truncate.");

    DIFFERENT_DEFINITION = Entry::new("houseplan::restore::different_definition", "{table} on {member} has another definition than in the backup")
        .cause("the table was not created from this backup; most often it is replicated there and not replicated in the backup")
        .help("if only the engine differs (replicated or not), use `into: existing`: it compares the columns and sets allow_different_table_def itself")
        .signs(&[words(608, "different definition")])
        .explained("
The table in the backup and the table on the server have different CREATE statements. That is normal when a standalone
server moves to a replicated cluster: MergeTree in the backup, ReplicatedMergeTree made by the migrations. With
allow_different_table_def = 1 the server accepts the parts, and nothing else is needed if the tables are empty.

But then the server compares nothing any more: a column of another type is restored without an error, and fails when
it is read. Therefore `into: existing` and `append` first compare columns, keys and engines: with the inventory or, if
the plan only names the tables, with the definitions in the backup. One more column with a default is not a
difference: RESTORE leaves it at its default, and the step says so.");

    DEFINITION_NOT_UNDERSTOOD = Entry::new("houseplan::restore::definition_not_understood", "the definition of {table} in the backup cannot be compared with the table on the server")
        .help("restore with the tables of an inventory, whose columns are known; or leave the table out; or restore `into: absent` on an empty server, where nothing is compared")
        .explained("
RESTORE into existing tables compares no definitions, so houseplan does it before it sends anything. If the plan only
names the tables, houseplan reads `metadata/<database>/<table>.sql` in the backup and lets the server parse it. Here
that failed. The backup may be an archive, which houseplan cannot read. The server may be older than the one that made
the backup, and not know a type or a clause. Or the base of the backup is gone.

houseplan does not restore what it cannot compare.");

    NEWER_BACKUP = Entry::new("houseplan::restore::newer_backup", "the backup was made by a newer ClickHouse than {member} runs")
        .cause("a newer server writes parts that an older one cannot read: tables would be made, and then each of them fails")
        .help("upgrade {member} to the release that has made the backup, or a newer one; or restore it onto another server. Nothing was restored, and nothing has been dropped by this step")
        .explained("
ClickHouse reads what older releases have written, and not what newer ones have. A RESTORE onto an older server makes
the tables, and then fails for each of them (246, \"Unknown version of serialization infos\"); 24.8 was seen to die of
parts of 25.8. Patches of one release (26.9.1 and 26.9.2) read the same.

A backup does not tell its version in a field of its own. houseplan writes it into the id of a BACKUP, which the
`.backup` file carries since ClickHouse 26.7. Of other backups it looks at files that older servers do not write. Where
that tells nothing, `inspect` says so.");

    NOT_IN_BACKUP = Entry::new("houseplan::restore::not_in_backup", "{table} is not in the backup")
        .cause("the table was created after the backup, has another name there, or was left out of it")
        .help("name only tables that the backup has: `inspect` with `database` lists them")
        .explained("
The step names a table for which the backup has no definition (`metadata/<database>/<table>.sql`). RESTORE would
refuse it, but other tables might be filled by then.");

    CANNOT_RESTORE_TABLE = Entry::new("houseplan::restore::cannot_restore_table", "{table} cannot be restored on {member}")
        .help("read what the server said")
        .signs(&[code(608)])
        .explained("
RESTORE refused the table. The reason is neither that it has rows nor that its definition differs. The message of the
server says which.");

    CANNOT_RESTORE_DATABASE = Entry::new("houseplan::restore::cannot_restore_database", "the database cannot be restored on {member}")
        .cause("a database with that name exists with another definition")
        .help("use an Atomic database, as CREATE DATABASE makes it, on both sides")
        .signs(&[code(607)])
        .explained("
The database on the server and the database in the backup are of different kinds: most often they have different
engines.");

    TABLE_MISSING = Entry::new("houseplan::restore::table_missing", "{table} does not exist on {member}")
        .cause("the migrations may not have created it on this replica")
        .help("run the migrations on the cluster (ON CLUSTER), check that every replica has the table, then `houseplan resume {run}`")
        .signs(&[during(60, RESTORE), during(81, RESTORE)])
        .explained("
houseplan sent RESTORE with the setting that tables must exist (create_table = 'must exist'), and this one does not.
houseplan does that on purpose: without it RESTORE creates missing tables as they are in the backup: not replicated, on
one node, without a warning. Create the table as the migrations do, on every replica.");

    TABLE_EXISTS = Entry::new("houseplan::restore::table_exists", "{table} already exists on {member}")
        .help("if it belongs there: `into: existing`; if it is left from an earlier attempt: drop it with SYNC on every replica")
        .signs(&[during(57, RESTORE)])
        .explained("
houseplan sent RESTORE with the setting that creates the tables (`into: absent`), and this one exists. It may be left
from an earlier attempt, made by the migrations, or restored a moment ago by another replica. Look at its rows before
you drop it.");

    REPLICA_EXISTS = Entry::new("houseplan::restore::replica_exists", "the replica of {table} in the backup is still registered in Keeper")
        .cause("the table in the backup has a fixed path in Keeper, and a replica with that name is registered there")
        .help("see `houseplan explain houseplan::keeper::replica_exists`")
        .signs(&[during(253, RESTORE)])
        .explained("
RESTORE creates the table with the path in Keeper that is in the backup. A replica with the same name is already
registered under that path. Its table was dropped without SYNC, or exists under another name.");

    WRONG_COLUMN_TYPE = Entry::new("houseplan::restore::wrong_column_type", "rows of {table} do not match the types of its columns")
        .cause("parts may have been restored under a column of another type")
        .help("compare the columns with those of the source; drop the rows of the table, correct the type, restore again")
        .signs(&[during(6, READING)])
        .explained("
With allow_different_table_def = 1 RESTORE attaches parts without a check of the types of columns. It accepts a String
part under a UInt32 column, and reading it fails: 6 CANNOT_PARSE_TEXT.");

    IN_DOUBT = Entry::new("houseplan::restore::in_doubt", "{table} is neither as before the RESTORE nor as it should be after it")
        .help("TRUNCATE TABLE {table} on {member} (the other replicas follow), then `houseplan settle {run} {task} --attempt {attempt} --as not-done`")
        .explained("
RESTORE is not a transaction. The server restarted or failed during one, and what the replicas hold is neither empty
nor equal to the inventory. TRUNCATE the table on one replica (the others follow), settle the task as not-done, and
resume: it is restored again. Never repeat a RESTORE into it with allow_non_empty_tables: that doubles rows.");

    APPEND_IN_DOUBT = Entry::new("houseplan::restore::append_in_doubt", "it is unknown whether rows were added to {table}")
        .help("look whether {table} has the rows of the backup (merges may have changed their number). If it has all of them: `houseplan settle {run} {task} --attempt {attempt} --as done`. If it has none, or after you have removed them: `--as not-done`")
        .explained("
A RESTORE with `into: append` ended or failed, and the table had rows before. So houseplan cannot tell from the number
of rows what was added. Look for rows that only the backup has. A second RESTORE of the same rows doubles them.");

    PARTLY_DONE = Entry::new("houseplan::restore::partly_done", "the RESTORE of several tables ended in the middle: some tables may be filled")
        .help("look at each table. If all is there: `houseplan settle {run} {task} --attempt {attempt} --as done`. If nothing is there, or after you have removed what is there: `--as not-done`")
        .explained("
RESTORE is not a transaction. The server restarted or failed during a RESTORE of a whole database, and something is
there already. houseplan cannot tell which tables are complete. Compare them with the inventory. Settle the task as
done if all is there; else drop or empty what was restored, and settle it as not-done: it is restored again.");

    NOT_SETTLED_YET = Entry::new("houseplan::restore::not_settled_yet", "it cannot be read yet what the RESTORE of {table} has done: replication has not finished")
        .help("see system.replication_queue on its replicas, then `houseplan resume {run}`")
        .explained("
To find out what a RESTORE has done, houseplan compares all replicas, and for that replication must have finished. It
did not finish within a minute. `last_exception` in system.replication_queue says why.");
}
