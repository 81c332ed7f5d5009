//! Runs, claims, the world that was meant, and checks.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "houseplan::run::claimed",
        title: "{member} is claimed by another run",
        cause: None,
        help: "let that run end (`houseplan resume` or `houseplan abandon`, with its id), or work under it with `--under`",
        temporary: false,
        signs: &[],
        explanation: "
Two runs that act on one database at the same time undo each other's assumptions: one finds a replica empty, the
other fills it. So a run claims each server before it acts: it makes the empty database `houseplan_claim`, whose
comment says which run it is, who started it, where and when. Making a database happens once or not at all, so of
two runs that come at the same time one gets it.

The claim stays when a run is suspended or its process dies: what it began is not finished. It goes when the run
ends. Do not drop the database by hand while you do not know what became of the run that made it. When the run's
folder is lost, `houseplan abandon RUN --env ENVIRONMENT --gone-from HOST` frees the claim.",
    },
    Entry {
        code: "houseplan::run::may_live",
        title: "the run may still live on the machine that its claim names",
        cause: None,
        help: "ask who began it; then free the claim with `--gone-from HOST`",
        temporary: false,
        signs: &[],
        explanation: "
`houseplan abandon RUN --env ENVIRONMENT` frees the claim of a run whose folder is not here. That folder may be lost,
or
in another state folder or on another machine, where the run still lives. No server can tell: a run that waits for
an approval, or runs a process of the plan's (`exec`), or is between two statements, shows nowhere. The claim names
the machine that has the run, and who began it. Ask them.

Where the run's process on that machine is dead, nothing that it started there still runs, and nobody takes the run up
again, say so: `--gone-from HOST`, with that very name, also where it is this machine. Where the run lives after all,
its next `resume` is refused, with `houseplan::world::claim_gone`; a process that is at work is not stopped.",
    },
    Entry {
        code: "houseplan::run::at_work",
        title: "servers are still at work for the run",
        cause: None,
        help: "wait until that has ended; or free the claim all the same with `--leave-at-work`",
        temporary: true,
        signs: &[],
        explanation: "
`houseplan abandon RUN --env ENVIRONMENT` frees the claim of a run whose folder is not here. Besides that the machine
which the claim names is said to be gone, each server is asked whether it is at work for the run: at a
statement that begins with the run's mark (`/* houseplan RUN/TASK/ATTEMPT */`), or at a BACKUP or RESTORE whose id
begins with `RUN/`. As long as one is, the claim stands: what goes on would change the servers under whoever claims
them next.

The claim says who began the run, and where: ask them. Wait until what is at work has ended; `--leave-at-work` frees
the claim and leaves it to go on. A BACKUP or RESTORE can be called running when it is long gone: see
`houseplan explain houseplan::run::foreign_operation`.",
    },
    Entry {
        code: "houseplan::run::claim_unreadable",
        title: "there is a database `houseplan_claim` on {member} that no run of ours has made",
        cause: Some("its comment is not one that houseplan writes"),
        help: "see what it is with `SHOW CREATE DATABASE houseplan_claim`, and drop it if nobody needs it",
        temporary: false,
        signs: &[],
        explanation: "
houseplan marks a server that it works on with an empty database `houseplan_claim`, and writes into its comment whose
it is. Here the comment says nothing that houseplan understands: a newer version wrote it, or somebody made the
database by hand. It is left alone.",
    },
    Entry {
        code: "houseplan::run::claim_not_empty",
        title: "there are tables in `houseplan_claim` on {member}",
        cause: None,
        help: "move them elsewhere (RENAME TABLE), then drop the database",
        temporary: false,
        signs: &[],
        explanation: "
The database `houseplan_claim` is a mark and holds nothing. Somebody has made tables in it, and dropping the claim
would drop them, so it was left.",
    },
    Entry {
        code: "houseplan::run::ending",
        title: "the run is ending",
        cause: None,
        help: "`houseplan resume RUN` finds out what became of the task",
        temporary: true,
        signs: &[],
        explanation: "
An action wanted to write something into the run's journal, and the process was about to end. What the action had not
begun was not done.",
    },
    Entry {
        code: "houseplan::run::secret_in_output",
        title: "a secret stands in what a task gives to later steps",
        cause: None,
        help: "give the secret another value, or the thing another name",
        temporary: false,
        signs: &[],
        explanation: "
houseplan takes secrets out of all that it shows and keeps. Where a path, an id or the name of a table holds the text
of a secret (a password `clickhouse`, a path `clickhouse-backup/…`), what is left of it would name another thing, and
later steps would act on that. So the task fails, or is in doubt, instead: nothing goes on with a name that was altered.
The same holds for all other that a task gives, rows and what a process prints, where another step reads it.",
    },
    Entry {
        code: "houseplan::run::foreign_operation",
        title: "a BACKUP or RESTORE that is not of this run is under way on {member}",
        cause: None,
        help: "wait until it has ended (`SELECT id, status FROM system.backups`), then run again",
        temporary: true,
        signs: &[],
        explanation: "
A RESTORE that works while the plan compares tables, or a BACKUP that reads tables while the plan drops them, makes
both wrong. So nothing starts while `system.backups` shows an operation of somebody else's in the state
CREATING_BACKUP or RESTORING.

A row can stay in that state when its operation is long gone (seen after an abort). `system.backups` lives in memory:
it is empty after the server has restarted. Make sure first that nothing works: `num_entries` or `files_read` no
longer grow, and no such query is in `system.processes`.",
    },
    Entry {
        code: "houseplan::run::in_doubt",
        title: "nobody knows whether the statement was carried out on {member}",
        cause: Some("the connection ended before the answer came, and what it does must not happen twice"),
        help: "look at what it should have changed; then say which it is with `houseplan settle RUN TASK --attempt N --as done` (or `--as not-done`)",
        temporary: false,
        signs: &[],
        explanation: "
A statement with `effect: once` was sent, and its answer never came: the process died, the connection broke, or the
time ran out. houseplan has waited until the statement no longer runs on the server. Whether it did its work before
it ended is something only its traces tell, and only a person can read them.

Look at what it should have changed. If it is done: `houseplan settle RUN TASK --attempt N --as done`, and the
run goes on behind it. If nothing of it is done: `--as not-done`, and it is sent again. If half of it is done,
finish it or undo it by hand first. If repeating it does no harm, say `effect: idempotent` in the plan, and this
question is never asked again.",
    },
    Entry {
        code: "houseplan::run::still_running",
        title: "a statement of an earlier attempt still runs on {member}",
        cause: None,
        help: "wait for it and resume; houseplan kills nothing on a server",
        temporary: true,
        signs: &[],
        explanation: "
A statement whose answer was lost may go on in the server. houseplan knows its statements again by the comment they
begin with (`/* houseplan RUN/TASK/ATTEMPT */`), or where a secret in them hides that by their setting `log_comment`,
and sends nothing again while one still runs, neither in `system.processes` nor as an unfinished entry of
`system.distributed_ddl_queue`. BACKUP and RESTORE are known by their id in `system.backups`.

Find it with: SELECT query_id, elapsed, query FROM system.processes WHERE query LIKE '%houseplan%' OR
Settings['log_comment'] LIKE 'houseplan%'. Whether to kill it is your decision.",
    },
    Entry {
        code: "houseplan::run::interrupted",
        title: "the process was asked to end while {member} worked",
        cause: None,
        help: "`houseplan resume RUN` finds out what became of it",
        temporary: true,
        signs: &[],
        explanation: "
houseplan was interrupted while a statement was under way. It starts nothing new, waits shortly for what is under
way, and then lets go of it: the statement goes on in the server. The next `houseplan resume` waits until it has
ended and settles it by its effect.",
    },
    Entry {
        code: "houseplan::world::changed",
        title: "{member} is another server than the run began with",
        cause: None,
        help: "point the environment at the server the run began with, or abandon the run (where `finally` needs that server: \
               `--without MEMBER`) and start a new one",
        temporary: false,
        signs: &[],
        explanation: "
At its start a run notes who each server is: its host name, its data path, its version, its UUID where it has one.
On resume they are compared, for the members that steps are still to act on. Here they differ: the address leads to
another server now (a port-forward to another pod, a new volume under an old name), or the server was replaced. What
the run has found out about the old one does not hold for the new one.",
    },
    Entry {
        code: "houseplan::world::claim_gone",
        title: "the run's claim on {member} is gone",
        cause: Some("somebody has freed it since, and another run may have worked there"),
        help: "look at what has run there since; `houseplan resume RUN --claim-again` once you are sure that nothing has changed, or \
               `houseplan abandon RUN`",
        temporary: false,
        signs: &[],
        explanation: "
A run's claim stands until the run ends. This run has not ended, its journal says that it had claimed the server, and
the server bears no claim: somebody has freed it. It may have been `houseplan abandon RUN --env ENVIRONMENT` by a person
who took the run's folder for lost, or `houseplan abandon RUN` on another machine that has a copy of the folder, or
somebody has dropped the database `houseplan_claim` by hand.

Since then any other run could claim the server, change it and end. What this run has looked at, what a person has
approved and what its checks have said was of the time before: rows that were to be added may be there by now, and
tables that were to be dropped may be others. So it does not go on by itself. See `houseplan status` on the machines
that runs are begun from, and the server's own log. Once you are sure that nothing has changed, `houseplan resume RUN
--claim-again` claims the server anew and goes on; it is written into the journal, with who said so. `houseplan
abandon RUN` needs no such word, for its `finally` steps only put back what the run has changed; it says that the
claim was gone.",
    },
    Entry {
        code: "houseplan::world::other_version",
        title: "{member} runs another version of ClickHouse than when the run began",
        cause: Some("it was upgraded, or downgraded, since; by its name and its data it is the same server"),
        help: "`houseplan resume RUN --accept-changes` goes on with it as it is now; or put the old version back",
        temporary: false,
        signs: &[],
        explanation: "
At its start a run notes which version each server runs, and looks again when it is resumed, on the members that steps
are still to act on. Here it is another one, and nothing else has changed: the host name, the data path and the UUID
(where there is one) are those of the server that was meant.

The server has restarted for that. Its data are on disk, but what it held in memory is gone: `SYSTEM STOP MERGES` is
forgotten, so merges may have run, and so is `system.backups`, so a BACKUP or RESTORE that was under way is settled by
what it left. Statements may differ between versions, and members of one cluster should not run several for long.

`--accept-changes` takes the version as it is: that is written into the journal, with who said so. A run that is
abandoned takes it without asking, for its `finally` steps are what puts the servers back.",
    },
    Entry {
        code: "houseplan::world::duplicate_member",
        title: "two members are the same server",
        cause: None,
        help: "give each member of the environment a URL of its own; a load balancer's address is no member",
        temporary: false,
        signs: &[],
        explanation: "
Two members answer with the same UUID, or with the same host name and data path. Then one server is asked twice and
another never, and a check that says `every replica is empty` means less than it says. The usual reason is a Service
or a load balancer in front of the replicas: each connection may reach another one. Every member needs an address of
its own (in Kubernetes: the pod's).",
    },
    Entry {
        code: "houseplan::world::same_server",
        title: "two targets are the same server",
        cause: None,
        help: "correct the environment: a plan must never clean the server that it copies from",
        temporary: false,
        signs: &[],
        explanation: "
The plan's targets are there to be different: it takes from one and cleans and fills the other. A member of each
answers with the same identity, so what is dropped on the one is gone on the other.",
    },
    Entry {
        code: "houseplan::world::missing_members",
        title: "the environment names fewer members than the cluster has",
        cause: None,
        help: "add every host of `SELECT host_name, shard_num, replica_num FROM system.clusters` to the environment",
        temporary: false,
        signs: &[],
        explanation: "
`system.clusters` on the server knows more hosts of this cluster than the environment names. A replica that the plan
does not know is one that is not cleaned, whose leftovers the migrations meet, and that no check looks at.",
    },
    Entry {
        code: "houseplan::world::unknown_cluster",
        title: "{member} does not know the cluster that the environment names",
        cause: None,
        help: "take the name from `SELECT DISTINCT cluster FROM system.clusters` on that server",
        temporary: false,
        signs: &[],
        explanation: "
The environment says which cluster of `system.clusters` a target is, so that the run can see whether it knows all of
its hosts. The server has no cluster of that name.",
    },
    Entry {
        code: "houseplan::world::shards",
        title: "the target has another number of shards than the plan allows",
        cause: None,
        help: "see `shards` in the plan's targets, and `shard` of the environment's members",
        temporary: false,
        signs: &[],
        explanation: "
A plan says for how many shards it was written (`shards: 1` where it says nothing). Rows that come from one server
do not spread over shards by themselves: RESTORE puts all of them where it runs.",
    },
    Entry {
        code: "houseplan::world::members",
        title: "the target has another number of members than the plan allows",
        cause: None,
        help: "see `members` in the plan's targets, and the members that the environment names",
        temporary: false,
        signs: &[],
        explanation: "
A plan says how many servers a target has to have: one for a standalone server, at least two for a replicated
cluster. The environment names another number.",
    },
    Entry {
        code: "houseplan::database::not_atomic",
        title: "the database on {member} is not of the engine Atomic",
        cause: None,
        help: "if another database is meant, name it (`--set database=…`); else move it into an Atomic one first: other \
               engines are not built and proved yet",
        temporary: false,
        signs: &[],
        explanation: "
houseplan moves databases of the engine Atomic, which is what CREATE DATABASE makes. A database of the engine
Replicated comes back from a backup as Atomic, Ordinary has no table UUIDs, Lazy holds other kinds of tables, MySQL
and PostgreSQL hold none. Their ways were not proved on a real server, so they are refused instead of guessed at:
before a run begins where an input of the plan names the database, and again by each inventory and backup.",
    },
    Entry {
        code: "houseplan::compare::not_settled",
        title: "replication has not come to rest",
        cause: None,
        help: "see `last_exception` in system.replication_queue on the member; then resume",
        temporary: true,
        signs: &[],
        explanation: "
Replicas are compared only when their queues are empty, they can write, and every replica of the table is active:
before that, a difference means nothing. Here they did not come to rest in the time that the step has.

`SELECT type, source_replica, num_tries, last_exception, postpone_reason FROM system.replication_queue` says what
each entry waits for. With merges stopped, entries of the type MERGE_PARTS stay postponed; the comparison does not
wait for those. A table with `is_readonly = 1` has lost Keeper; one with fewer active replicas than there are has a
replica down, or one whose path in Keeper was removed under it.",
    },
    Entry {
        code: "houseplan::compare::no_checksums",
        title: "the inventory has no checksums to compare",
        cause: Some("it was taken without `checksum: true`"),
        help: "add `checksum: true` to the inventory step, or leave `checksum` out of `by`",
        temporary: false,
        signs: &[],
        explanation: "
An inventory reads all rows to make a checksum of them only where it is asked to. A comparison by checksum needs that
it was.",
    },
];
