//! The mark that a run leaves on each server that it acts on, so that no other run acts there.

use super::{
    Entry,
    sign::{Activity, during},
};

entries! {
    HELD = Entry::new("houseplan::claim::held", "{member} is locked by run {run}{?owner}")
        .help("end that run: `houseplan resume {run}` or `houseplan abandon {run}` (with `--env ENVIRONMENT` if its folder is lost). To work on its servers while it is suspended: `houseplan run … --under {run}`")
        .explained("
If two runs act on one database at the same time, each spoils what the other relies on: one finds a replica empty, the
other fills it. Therefore a run locks each server before it acts. It creates the empty database `houseplan_claim`.
The comment of that database says which run it is, who started it, where and when. The server creates a database once
or not at all, so of two runs at the same time only one gets the lock. Codes and options call this lock a claim.

A lock stays while a run is suspended, and when its process dies, because the work of the run is not finished. The
run releases it when it ends. Do not drop the database by hand while you do not know what became of its run. If the
folder of the run is lost, `houseplan abandon RUN --env ENVIRONMENT --gone-from HOST` releases the lock.");

    MAY_BE_IN_USE = Entry::new("houseplan::claim::may_be_in_use", "run {run}{?owner} may still be in use on {host}{?which}")
        .cause("its lock{?where} names {host}{?since}, and no server can tell")
        .help("ask the person who started it{?who}. If its process on {host} is dead, nothing that it started there still runs, and nobody will resume it there: `{command} --gone-from {host}{?also}`")
        .explained("
`houseplan abandon RUN --env ENVIRONMENT` releases the lock of a run whose folder is not here. The folder may be
lost. It may also be in another state folder or on another machine, and the run may go on there. No server can tell: a
run that waits for an approval, that runs a process (`exec`), or that is between two statements is not visible on a
server. The lock names the machine that has the run and the person who started it. Ask them.

If the process of the run on that machine is dead, nothing that it started there still runs, and nobody will resume it
there: `--gone-from HOST`, with exactly that name, also if it is this machine. If the run goes on there after all, its
next `resume` is refused with `houseplan::claim::gone`. A process that works there is not stopped.");

    SERVERS_STILL_WORKING = Entry::new("houseplan::claim::servers_still_working", "servers still work for run {run}{?found}")
        .help("wait until that work has ended, then repeat the command; to release the lock anyway: `{command} --leave-at-work`")
        .temporary()
        .explained("
`houseplan abandon RUN --env ENVIRONMENT` releases the lock of a run whose folder is not here. Before that it asks
each server whether it works for the run: a statement that starts with the mark of the run (`/* houseplan
RUN/TASK/ATTEMPT */`), or a BACKUP or RESTORE whose id starts with `RUN/`. While there is one, the lock is not
released, because that work would change the server under the next run.

The lock says who started the run, and where. Ask them. `--leave-at-work` releases the lock, and the work goes on. A
server may list a BACKUP or RESTORE as running that ended long ago: see `houseplan explain
houseplan::operation::foreign`.");

    UNREADABLE = Entry::new("houseplan::claim::unreadable", "{member} has a database `houseplan_claim` that this version of houseplan did not write")
        .cause("this version does not write such a comment as that database has")
        .help("look at it with `SHOW CREATE DATABASE houseplan_claim`, and drop it if nobody needs it")
        .explained("
houseplan marks a server that it works on with an empty database `houseplan_claim`, and writes into its comment which
run it is. houseplan does not understand this comment. Another version of houseplan may have written it, or somebody
created the database by hand. houseplan does not touch it.");

    UNREADABLE_LEASE = Entry::new("houseplan::claim::unreadable_lease", "the Lease `{lease}` was not written by this version of houseplan")
        .cause("it has no annotation `houseplan/owner` that this version understands")
        .help("look at it with `kubectl get lease {lease} -o yaml` in the namespace of the environment's `lease_namespace`, and delete it if nobody needs it")
        .explained("
Of an environment with a target of kind `kubernetes`, a run that changes something keeps a Lease there, with whose it
is in an annotation. houseplan does not understand the one that it has found. Another version of houseplan may have
written it, or somebody made it by hand. houseplan does not touch it.");

    LEASE_GONE = Entry::new("houseplan::claim::lease_gone", "the Lease `{lease}` changed or vanished while it was written")
        .cause("another run has taken or released it at the same moment, or somebody has deleted it")
        .help("look at who works there (`kubectl get lease {lease} -o yaml`), then try again")
        .temporary()
        .explained("
Every write of the Lease bears the version that was read before it, so of two that write at a time one is refused. This
one was, and nothing was changed.");

    LEASE_LOST = Entry::new("houseplan::claim::lease_lost", "this process no longer has the Lease of its run")
        .help("look at who works there now; when that run has ended, `houseplan resume {run}`")
        .explained("
The process that works for a run renews a Lease every 10 s. Another run may take it over only when it was not renewed
for 60 s, and so may happen what looks like a hang: this machine was asleep, or the API server could not be reached for
long. What was sent before goes on; nothing more is sent: this process stops before its next effect, for another run may
be at work on the same servers.");

    NOT_EMPTY = Entry::new("houseplan::claim::not_empty", "the database `houseplan_claim` on {member} contains tables")
        .help("move the tables to another database (RENAME TABLE), then drop `houseplan_claim`")
        .explained("
The database `houseplan_claim` is only a mark and has no tables. Somebody has created tables in it. To release the
lock houseplan would have to drop them, so it left the database as it is.");

    NOT_PERMITTED = Entry::new("houseplan::claim::not_permitted", "the user may not write the lock on {member}")
        .help("grant it: GRANT CREATE DATABASE, DROP DATABASE ON houseplan_claim.* TO user")
        .signs(&[during(497, &[Activity::Claim])])
        .explained("
A run locks every server that it acts on: it creates an empty database `houseplan_claim`, and drops it when it ends.
The user needs CREATE DATABASE and DROP DATABASE on `houseplan_claim`.");

    GONE = Entry::new("houseplan::claim::gone", "the lock of run {run} on {members} is gone")
        .cause("somebody has released it, and another run may have worked there since")
        .help("find out what has run there. Checks and approvals of this run may no longer be true. If you are sure that nothing has changed: `houseplan resume {run} --claim-again`, with the options that you gave before. Otherwise `houseplan abandon {run}`, and start a new run")
        .explained("
The lock of a run stays until the run ends. This run has not ended, its journal says that it had locked the server,
and the server has no lock now. Somebody may have used `houseplan abandon RUN --env ENVIRONMENT` because the folder
of the run seemed lost, or `houseplan abandon RUN` on a machine with a copy of the folder, or may have dropped the
database `houseplan_claim` by hand.

Since then another run could lock the server, change it and end. What this run has read, what a person has approved
and what its checks have found was true before that. Rows to be added may be there already; tables to be dropped may
be others. Therefore the run does not go on by itself. See `houseplan status` on the machines where runs are started,
and the log of the server. `houseplan resume RUN --claim-again` locks the server again and goes on; the journal
records who decided that. `houseplan abandon RUN` needs no such decision, because its `finally` steps only put back
what the run has changed.");

    CANNOT_BE_SHARED = Entry::new("houseplan::claim::cannot_be_shared", "run {run} cannot share its lock: {reason}")
        .help("only a suspended run of this machine can share its lock; `houseplan status` lists the runs")
        .explained("
`run --under RUN` works on servers that a suspended run has locked. That run must be on this machine, must not have
ended, and no process may work for it. While the new run works, the folder of the other run is locked, so that nobody
resumes it.");

    SHARED = Entry::new("houseplan::claim::shared", "run {borrower} works under the lock of run {run}, and has not ended")
        .help("what run {borrower} started may still be running. First end it: `houseplan resume {borrower}` or `houseplan abandon {borrower}`")
        .explained("
A run that was started with `--under RUN` works on the servers of that run. Until it has ended, the first run cannot
go on: it would act on the same servers at the same time. Nothing was done.");
}
