//! Comparisons of tables.

use super::Entry;

entries! {
    REPLICATION_NOT_FINISHED = Entry::new("houseplan::compare::replication_not_finished", "replication has not finished")
        .help("see `last_exception` in system.replication_queue on the member; then `houseplan resume {run}`")
        .temporary()
        .explained("
houseplan compares replicas only when their queues are empty, they can write, and every replica of the table is
active. Before that a difference means nothing. The replicas did not reach that state in the time that the step has.

`SELECT type, source_replica, num_tries, last_exception, postpone_reason FROM system.replication_queue` shows what
each entry waits for. With merges stopped, entries of the type MERGE_PARTS stay postponed; the comparison does not
wait for those. A table with `is_readonly = 1` has lost Keeper. If a table has fewer active replicas than replicas, a
replica is down, or its path in Keeper was removed.");

    NO_CHECKSUMS = Entry::new("houseplan::compare::no_checksums", "the inventory has no checksums to compare")
        .cause("it was taken without `checksum: true`")
        .help("add `checksum: true` to the inventory step, or remove `checksum` from `by`")
        .explained("
An inventory computes a checksum only if the plan asks for it, because that reads all rows. A comparison by checksum
needs it.");

    BACKUP_BY_ROWS = Entry::new("houseplan::compare::backup_by_rows", "{what} is a backup, of which only the rows can be compared")
        .help("write `by: [rows]`, and let the `inspect` step have `database` and `contents: true`")
        .explained("
Of a backup is known how many rows each of its parts has. What is in the rows is not read, and neither are the
columns: to compare those, compare an inventory of the server that was backed up.");
}
