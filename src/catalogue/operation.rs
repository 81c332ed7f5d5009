//! A BACKUP or RESTORE that works in the server while houseplan follows it.

use super::Entry;

entries! {
    STALLED = Entry::new("houseplan::operation::stalled", "nothing moved for longer than the step allows")
        .help("see whether the store can be reached from {member}, and what system.backups says there; `houseplan resume` follows it again")
        .temporary()
        .explained("
A BACKUP or RESTORE made no progress for as long as `stalled_after` says. It is not known to have failed: with
the store down, ClickHouse shows nothing but standing counters. houseplan kills nothing on a server; the
operation goes on there, and the task is in doubt. Where it has to be ended: KILL QUERY, then read the status
again, for one long file is not interrupted and the BACKUP can end as BACKUP_CREATED all the same.");

    NOT_FOLLOWED = Entry::new("houseplan::operation::not_followed", "the work goes on in {member}")
        .help("`houseplan resume RUN` follows it again")
        .temporary()
        .explained("
houseplan was asked to end, or lost its way to the server, while a BACKUP or RESTORE was under way. Such work belongs to
the server and goes on there. The next `houseplan resume` finds it by its id and follows it to its end.");

    UNKNOWN = Entry::new("houseplan::operation::unknown", "{member} does not know the operation any more")
        .cause("it has restarted: system.backups is in memory, and empty after a restart")
        .help("`houseplan resume RUN` finds out by what is in the store, or in the tables")
        .temporary()
        .explained("
The server forgot a BACKUP or RESTORE that it worked on, because it restarted, or calls it running while no query runs
it. A backup is then judged by its `.backup` file, which is written last and names every file; a restore by what all
replicas hold: empty is not done, equal to the inventory is done, anything else a person has to look at.");

    FOREIGN = Entry::new("houseplan::operation::foreign", "a BACKUP or RESTORE that is not of this run is under way on {member}")
        .help("wait until it has ended (`SELECT id, status FROM system.backups`), then run again")
        .temporary()
        .explained("
A RESTORE that works while the plan compares tables, or a BACKUP that reads tables while the plan drops them, makes
both wrong. So nothing starts while `system.backups` shows an operation of somebody else's in the state
CREATING_BACKUP or RESTORING.

A row can stay in that state when its operation is long gone (seen after an abort). `system.backups` lives in memory:
it is empty after the server has restarted. Make sure first that nothing works: `num_entries` or `files_read` no
longer grow, and no such query is in `system.processes`.");
}
