//! What houseplan itself says while it moves data: tracked work in doubt, stores, processes, Keeper's own client.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "houseplan::run::stalled",
        title: "nothing moved for longer than the step allows",
        cause: None,
        help: "see whether the store can be reached from {member}, and what system.backups says there; `houseplan resume` follows it again",
        temporary: true,
        signs: &[],
        explanation: "
A BACKUP or RESTORE made no progress for as long as `stalled_after` says. It is not known to have failed: with
the store down, ClickHouse shows nothing but standing counters. houseplan kills nothing on a server; the
operation goes on there, and the task is in doubt. Where it has to be ended: KILL QUERY, then read the status
again, for one long file is not interrupted and the BACKUP can end as BACKUP_CREATED all the same.",
    },
    Entry {
        code: "houseplan::run::let_go",
        title: "the work goes on in {member}",
        cause: None,
        help: "`houseplan resume RUN` follows it again",
        temporary: true,
        signs: &[],
        explanation: "
houseplan was asked to end, or lost its way to the server, while a BACKUP or RESTORE was under way. Such work belongs to
the server and goes on there. The next `houseplan resume` finds it by its id and follows it to its end.",
    },
    Entry {
        code: "houseplan::run::lost_sight",
        title: "{member} does not know the operation any more",
        cause: Some("it has restarted: system.backups is in memory, and empty after a restart"),
        help: "`houseplan resume RUN` finds out by what is in the store, or in the tables",
        temporary: true,
        signs: &[],
        explanation: "
The server forgot a BACKUP or RESTORE that it worked on, because it restarted, or calls it running while no query runs
it. A backup is then judged by its `.backup` file, which is written last and names every file; a restore by what all
replicas hold: empty is not done, equal to the inventory is done, anything else a person has to look at.",
    },
    Entry {
        code: "houseplan::backup::no_tables",
        title: "there is nothing to back up",
        cause: None,
        help: "name at least one table, or the whole database",
        temporary: false,
        signs: &[],
        explanation: "The list of tables that a `backup` was given is empty. A backup of nothing would look like one of something.",
    },
    Entry {
        code: "houseplan::backup::setting_refused",
        title: "a setting of BACKUP or RESTORE is not the plan's to set",
        cause: None,
        help: "leave it out; `into` and `base` say what is meant",
        temporary: false,
        signs: &[],
        explanation: "
houseplan sets the settings itself that decide whether something can happen twice (`id`, `async`, `create_table`,
`allow_different_table_def`, `allow_non_empty_tables`, `structure_only`, `base_backup`). `password` is refused, because
ClickHouse writes it into its log in clear, and no format on S3 takes one. Other values are text, numbers or booleans.",
    },
    Entry {
        code: "houseplan::backup::archive_in_doubt",
        title: "whether the archive is whole cannot be read from outside",
        cause: Some("{member} restarted while it wrote an archive"),
        help: "try a restore of it elsewhere and settle the task as done, or remove it and `houseplan settle RUN TASK --attempt N --as not-done`",
        temporary: false,
        signs: &[],
        explanation: "
A backup that ends in .tar.gz, .tar.zst or the like is one object. Its list of files is inside, so houseplan cannot see
from outside whether it is whole. Backups in a folder do not have this trouble.",
    },
    Entry {
        code: "houseplan::restore::in_doubt",
        title: "the tables are neither as they were before the RESTORE nor as they should be after it",
        cause: None,
        help: "TRUNCATE what it has begun to fill on one replica, then `houseplan settle RUN TASK --attempt N --as not-done`",
        temporary: false,
        signs: &[],
        explanation: "
RESTORE is no transaction. The server restarted (or failed) in the middle of one, and what the replicas hold is neither
empty nor equal to the inventory. TRUNCATE the table on one replica (it replicates), settle the task as not-done, and
resume: it is restored anew. Never repeat a RESTORE into it with allow_non_empty_tables: that doubles rows.",
    },
    Entry {
        code: "houseplan::store::no_credentials",
        title: "this machine has no access key for the store",
        cause: None,
        help: "give the store an access key in the environment, or say `through: <a ClickHouse target>`",
        temporary: false,
        signs: &[],
        explanation: "
A store without an access key is reached by the servers with credentials of their own (a role). This machine has none:
what is to be read or done there goes `through` a server.",
    },
    Entry {
        code: "houseplan::store::url",
        title: "the store's URL is none of a bucket",
        cause: None,
        help: "write it as https://host:port/bucket, or https://host:port/bucket/folder",
        temporary: false,
        signs: &[],
        explanation: "
houseplan takes the first part of the URL's path as the bucket, and the rest as a folder in it.",
    },
    Entry {
        code: "houseplan::store::path",
        title: "the path is none in a store that this can be done with",
        cause: None,
        help: "choose a path that is not empty, of plain characters",
        temporary: false,
        signs: &[],
        explanation: "
A path in a store is never empty here: nothing is removed or inspected at a store's root. Through a server it
has none of `*?{}[]`, which mean a pattern to ClickHouse's `s3` table function.",
    },
    Entry {
        code: "houseplan::store::not_found",
        title: "the object is not there",
        cause: None,
        help: "see what lies there with `s3: { list: … }`",
        temporary: false,
        signs: &[],
        explanation: "The store has no object of that key. Paths are below the URL that the environment gives the store, and are\ncase-sensitive.",
    },
    Entry {
        code: "houseplan::store::leftover",
        title: "the probe could not remove what it wrote",
        cause: None,
        help: "give the access key s3:DeleteObject",
        temporary: false,
        signs: &[],
        explanation: "
BACKUP writes a `.lock` object and removes it at its end, so it needs the right to delete. The probe found that what was
written there is still there.",
    },
    Entry {
        code: "houseplan::keeper::client",
        title: "Keeper cannot be reached from this machine",
        cause: None,
        help: "see whether its host and port in the environment are right, and reachable from here",
        temporary: true,
        signs: &[],
        explanation: "
houseplan connects to ZooKeeper or ClickHouse Keeper itself only to see whether a path exists, and to remove a path that
is half gone already, which no server removes. Before it removes one it makes a path up (`/houseplan-…`) and has
every server drop the replica in it: a server that does not see it uses another Keeper, and then nothing is removed.
Everything else goes through a ClickHouse server.",
    },
    Entry {
        code: "houseplan::exec::not_found",
        title: "the program cannot be started",
        cause: None,
        help: "name a program that is on the PATH, or its whole path; there is no shell, so no pipes, globs or built-ins",
        temporary: false,
        signs: &[],
        explanation: "
`exec` starts a program with an argument list. It is looked for in PATH; the directory it is to run in has to exist.",
    },
    Entry {
        code: "houseplan::exec::failed",
        title: "the process failed",
        cause: None,
        help: "see its last lines; mend it, then `houseplan resume`",
        temporary: false,
        signs: &[],
        explanation: "The process ended with another code than 0, or by a signal. Its last lines are shown.",
    },
    Entry {
        code: "houseplan::exec::secret_in_arguments",
        title: "a secret stands in the argument list",
        cause: Some("arguments are seen by everyone on this machine (`ps`)"),
        help: "pass it by `env:`",
        temporary: false,
        signs: &[],
        explanation: "
The arguments of a process are public on its machine. A secret among them is refused before anything starts; processes
take secrets from their environment, or from files.",
    },
    Entry {
        code: "houseplan::exec::output_cut",
        title: "the process printed more than can be given to another step",
        cause: None,
        help: "let it print less, or write to a file that the other step reads",
        temporary: false,
        signs: &[],
        explanation: "
Of what a process prints its last 64 KiB are kept, and no line that is longer. A step that reads `stdout` would act on a
part of it as though it were the whole. The process has done its work by then: with `effect: once` the task is in doubt.",
    },
    Entry {
        code: "houseplan::exec::in_doubt",
        title: "what became of the process is unknown",
        cause: Some(
            "houseplan ended, or let go of it, before it did, or could not write its journal; or it failed, and may have done part of its work",
        ),
        help: "look at what it should have changed; then `houseplan settle RUN TASK --attempt N --as done` (or `--as not-done`)",
        temporary: false,
        signs: &[],
        explanation: "
A process is its own: it goes on when houseplan is killed, or when its time is up. What it came to is not known
then. With `effect: idempotent` houseplan waits until it is gone and starts it again by itself.

A process that must happen once (the default) and ends with an error is in doubt too: how much it had done before it
failed nobody knows. Its last lines are shown; a person looks, and says which it was.",
    },
    Entry {
        code: "houseplan::exec::still_running",
        title: "the process of an earlier attempt still runs",
        cause: None,
        help: "wait for it (or end it), then `houseplan resume`",
        temporary: true,
        signs: &[],
        explanation: "
houseplan knows its processes again by HOUSEPLAN_TASK in their environment, and starts none beside them.",
    },
];
