//! The mark that a run leaves on each server that it acts on, so that no other run acts there.

use super::{
    Entry,
    sign::{Activity, during},
};

entries! {
    NOT_PERMITTED = Entry::new("houseplan::claim::not_permitted", "the claim on {member} could not be written")
        .help("the user needs CREATE DATABASE and DROP DATABASE on `houseplan_claim`")
        .signs(&[during(497, &[Activity::Claim])])
        .explained("
A run claims every server that it acts on by making an empty database `houseplan_claim`, and drops it at its end. The
user may not: GRANT CREATE DATABASE, DROP DATABASE ON houseplan_claim.* TO user.");

    CANNOT_BE_SHARED = Entry::new("houseplan::claim::cannot_be_shared", "the run has no claim to lend")
        .help("a suspended run of this machine lends its claim while it stands still; `houseplan status` lists the runs")
        .explained("
`run --under RUN` works on servers that a suspended run has claimed, in its stead. That run has to be on this machine,
must not have ended, and no process may have it in hand: its folder is locked meanwhile, so that nothing resumes it.");

    HELD = Entry::new("houseplan::claim::held", "{member} is claimed by another run")
        .help("let that run end (`houseplan resume` or `houseplan abandon`, with its id), or work under it with `--under`")
        .explained("
Two runs that act on one database at the same time undo each other's assumptions: one finds a replica empty, the
other fills it. So a run claims each server before it acts: it makes the empty database `houseplan_claim`, whose
comment says which run it is, who started it, where and when. Making a database happens once or not at all, so of
two runs that come at the same time one gets it.

The claim stays when a run is suspended or its process dies: what it began is not finished. It goes when the run
ends. Do not drop the database by hand while you do not know what became of the run that made it. When the run's
folder is lost, `houseplan abandon RUN --env ENVIRONMENT --gone-from HOST` frees the claim.");

    MAY_BE_IN_USE = Entry::new("houseplan::claim::may_be_in_use", "the run may still live on the machine that its claim names")
        .help("ask who began it; then free the claim with `--gone-from HOST`")
        .explained("
`houseplan abandon RUN --env ENVIRONMENT` frees the claim of a run whose folder is not here. That folder may be lost,
or
in another state folder or on another machine, where the run still lives. No server can tell: a run that waits for
an approval, or runs a process of the plan's (`exec`), or is between two statements, shows nowhere. The claim names
the machine that has the run, and who began it. Ask them.

Where the run's process on that machine is dead, nothing that it started there still runs, and nobody takes the run up
again, say so: `--gone-from HOST`, with that very name, also where it is this machine. Where the run lives after all,
its next `resume` is refused, with `houseplan::world::claim_gone`; a process that is at work is not stopped.");

    SERVERS_STILL_WORKING = Entry::new("houseplan::claim::servers_still_working", "servers are still at work for the run")
        .help("wait until that has ended; or free the claim all the same with `--leave-at-work`")
        .temporary()
        .explained("
`houseplan abandon RUN --env ENVIRONMENT` frees the claim of a run whose folder is not here. Besides that the machine
which the claim names is said to be gone, each server is asked whether it is at work for the run: at a
statement that begins with the run's mark (`/* houseplan RUN/TASK/ATTEMPT */`), or at a BACKUP or RESTORE whose id
begins with `RUN/`. As long as one is, the claim stands: what goes on would change the servers under whoever claims
them next.

The claim says who began the run, and where: ask them. Wait until what is at work has ended; `--leave-at-work` frees
the claim and leaves it to go on. A BACKUP or RESTORE can be called running when it is long gone: see
`houseplan explain houseplan::run::foreign_operation`.");

    UNREADABLE = Entry::new("houseplan::claim::unreadable", "there is a database `houseplan_claim` on {member} that no run of ours has made")
        .cause("its comment is not one that houseplan writes")
        .help("see what it is with `SHOW CREATE DATABASE houseplan_claim`, and drop it if nobody needs it")
        .explained("
houseplan marks a server that it works on with an empty database `houseplan_claim`, and writes into its comment whose
it is. Here the comment says nothing that houseplan understands: a newer version wrote it, or somebody made the
database by hand. It is left alone.");

    NOT_EMPTY = Entry::new("houseplan::claim::not_empty", "there are tables in `houseplan_claim` on {member}")
        .help("move them elsewhere (RENAME TABLE), then drop the database")
        .explained("
The database `houseplan_claim` is a mark and holds nothing. Somebody has made tables in it, and dropping the claim
would drop them, so it was left.");

    GONE = Entry::new("houseplan::claim::gone", "the run's claim on {member} is gone")
        .cause("somebody has freed it since, and another run may have worked there")
        .help("look at what has run there since; `houseplan resume RUN --claim-again` once you are sure that nothing has changed, or `houseplan abandon RUN`")
        .explained("
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
claim was gone.");
}
