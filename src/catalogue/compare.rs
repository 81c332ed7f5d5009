//! Comparisons of tables.

use super::Entry;

entries! {
    REPLICATION_NOT_FINISHED = Entry::new("houseplan::compare::replication_not_finished", "replication has not come to rest")
        .help("see `last_exception` in system.replication_queue on the member; then resume")
        .temporary()
        .explained("
Replicas are compared only when their queues are empty, they can write, and every replica of the table is active:
before that, a difference means nothing. Here they did not come to rest in the time that the step has.

`SELECT type, source_replica, num_tries, last_exception, postpone_reason FROM system.replication_queue` says what
each entry waits for. With merges stopped, entries of the type MERGE_PARTS stay postponed; the comparison does not
wait for those. A table with `is_readonly = 1` has lost Keeper; one with fewer active replicas than there are has a
replica down, or one whose path in Keeper was removed under it.");

    NO_CHECKSUMS = Entry::new("houseplan::compare::no_checksums", "the inventory has no checksums to compare")
        .cause("it was taken without `checksum: true`")
        .help("add `checksum: true` to the inventory step, or leave `checksum` out of `by`")
        .explained("
An inventory reads all rows to make a checksum of them only where it is asked to. A comparison by checksum needs that
it was.");
}
