//! A BACKUP or RESTORE that works in the server while houseplan follows it.

use super::Entry;

entries! {
    STALLED = Entry::new("houseplan::operation::stalled", "no progress for longer than the step allows")
        .help("check that {member} can reach the store, and what system.backups says there; `houseplan resume {run}` follows the operation again")
        .temporary()
        .explained("
A BACKUP or RESTORE made no progress for as long as `stalled_after` says. It is not known to have failed: if the store
is down, ClickHouse shows only counters that do not change. houseplan stops nothing on a server. The operation goes on
there, and the outcome of the task is unknown. If you must end it: KILL QUERY, then read its status again, because the
copy of one long file is not interrupted, and the BACKUP can still end as BACKUP_CREATED.");

    NOT_FOLLOWED = Entry::new("houseplan::operation::not_followed", "the operation is no longer followed; it still runs on {member}")
        .help("`houseplan resume {run}` follows it again")
        .temporary()
        .explained("
houseplan was stopped, or lost the connection to the server, during a BACKUP or RESTORE. Such an operation belongs to
the server and goes on there. The next `houseplan resume` finds it by its id and follows it to its end.");

    UNKNOWN = Entry::new("houseplan::operation::unknown", "{member} no longer knows the operation")
        .cause("the server may have restarted: system.backups is in memory, and empty after a restart")
        .help("`houseplan resume {run}` finds out what was done, from the store or from the tables")
        .temporary()
        .explained("
The server has forgotten a BACKUP or RESTORE, because it restarted, or lists it as running although no query works on
it. houseplan then judges a backup by its file `.backup`, which is written last and names every file. It judges a
restore by what all replicas hold: empty is not done, equal to the inventory is done, anything else needs your
decision.");

    FOREIGN = Entry::new("houseplan::operation::foreign", "a BACKUP or RESTORE of another run is in progress on {member}")
        .help("wait until it has ended (`SELECT id, status FROM system.backups`), then run again")
        .temporary()
        .explained("
A RESTORE that works while the plan compares tables, or a BACKUP that reads tables while the plan drops them, makes
both wrong. Therefore a run does not start while `system.backups` lists an operation that is not its own in the state
CREATING_BACKUP or RESTORING.

An entry can stay in that state when its operation ended long ago (seen after an abort). `system.backups` is in memory
and is empty after a restart of the server. First make sure that nothing works: `num_entries` and `files_read` no
longer grow, and no such query is in `system.processes`.");
}
