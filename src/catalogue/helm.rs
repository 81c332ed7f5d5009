//! Releases of Helm's.

use super::{Entry, sign::printed};

entries! {
    NOT_FOUND = Entry::new("houseplan::helm::not_found", "the program `helm` cannot be started{?why}")
        .help("install Helm (3.13 or newer), or put the folder that it is in on the PATH of houseplan")
        .explained("
houseplan has no Helm of its own: it starts the `helm` that it finds in PATH, with the kubeconfig and the context of
the environment's target.");

    TOO_OLD = Entry::new("houseplan::helm::too_old", "this Helm is too old{?version}")
        .help("install Helm 3.13 or newer")
        .explained("
houseplan marks each revision that it makes with a label (`helm upgrade --labels`), by which it knows after a crash
whether a revision is its own. Helm has that since 3.13.");

    FAILED = Entry::new("houseplan::helm::failed", "helm failed{?how}")
        .help("read its last lines, fix the cause, then `houseplan resume {run}`")
        .explained("
Helm ended with an error. Its last lines are shown; where a hook has failed, also what the first pod that failed has
printed. The release stays as Helm has left it: its newest revision is `failed`, what was deployed before is listed by
`helm history`. houseplan never rolls back: a rollback starts what the old revision had running. The next attempt is
an upgrade again, and it waits until no pod of the failed one's hooks is left.");

    NO_RELEASE = Entry::new("houseplan::helm::no_release", "there is no release `{release}` in the namespace `{namespace}`")
        .help("check the names and the context; to install it where it is missing, write `install: true`")
        .explained("
`helm status` knows no release of this name in this namespace of this cluster of Kubernetes.");

    PENDING = Entry::new("houseplan::helm::pending", "the release `{release}` is not free: its newest revision {revision} is {status}")
        .cause("{?whose}")
        .help("see whether a helm still works on it. If none does: wait until no pod of its hooks is left, then take the unfinished revision away with `{?command}`; the next upgrade begins at the revision that was deployed. `helm rollback` would free it too, but it starts what the old revision had running")
        .explained("
Helm writes a revision as `pending-upgrade` (or -install, -rollback) before it changes anything, and refuses to work
on the release until it is something else. Either another helm is at work, or one was killed: Helm never mends that by
itself.

A revision that an earlier attempt of the same task has left behind houseplan takes away by itself, once its process
is gone and no pod of its hooks is left. It never does that with anybody else's.");

    CONFLICT = Entry::new("houseplan::helm::conflict", "somebody else owns a field that the chart sets")
        .cause("Helm 4 applies on the server, which refuses to change a field that another one has set to something else")
        .help("Helm's last lines name the field and its owner. Give the values the number that is there now, or end the hold of who set it (for what a `scale` step holds: `release: true`), then `houseplan resume {run}`")
        .signs(&[printed(&["Apply failed with", "conflict"])])
        .explained("
`Apply failed with 1 conflict: conflict with \"kubectl\" using apps/v1: .spec.replicas`: whoever has scaled a
Deployment owns its number of replicas. An upgrade with the same number passes, and both own it then; one with another
number is refused. The chart's hooks have run by then, and nothing was deleted yet. Helm 3 overwrites the field
without a word.");

    BUSY = Entry::new("houseplan::helm::busy", "another helm works on the release")
        .help("wait until it has ended, then `houseplan resume {run}`")
        .temporary()
        .signs(&[printed(&["another operation (install/upgrade/rollback) is in progress"])])
        .explained("
Somebody has started an upgrade, an installation or a rollback of the same release between houseplan's look at it and
its own upgrade. Helm has refused, and changed nothing.");

    HOOK_AT_WORK = Entry::new("houseplan::helm::hook_at_work", "a hook of an earlier upgrade is still at work{?which}")
        .cause("Helm would delete its Job and start a new one, while the old one's pod goes on beside it")
        .help("wait until it has ended. One that never will (as an image that cannot be pulled) you may delete: `kubectl -n {namespace} delete job {job}`; wait until its pods are gone, then `houseplan resume {run}`")
        .temporary()
        .explained("
A hook is a Job, and Jobs do not depend on Helm: when helm is killed, or gives up waiting, they go on. The next
upgrade deletes the Job, but its pod has a time of grace, and meanwhile the new one has started: two migrations at
once have written the older version after the newer. houseplan sends no upgrade as long as such a Job is not over, or
has a pod.");

    IN_DOUBT = Entry::new("houseplan::helm::in_doubt", "it is unknown what has become of the upgrade of `{release}`{?how}")
        .help("`houseplan resume {run}` waits for the helm that it has started, and reads the release's newest revision")
        .explained("
Helm does not depend on houseplan: it goes on when houseplan is killed, or when its time is over. On a resume
houseplan waits as long as the process lives. Then the revision tells: it bears the mark of the attempt. `deployed` is
done, `failed` has failed, `pending` was killed on the way: nothing is rolled back, and the next attempt upgrades
again.");

    KILLED = Entry::new("houseplan::helm::killed", "helm was ended in the middle of the upgrade of `{release}`: revision {revision} is {status}")
        .help("`houseplan resume {run}` takes that revision away (nothing else), and upgrades again; nothing is rolled back, and no pod of its hooks is left")
        .explained("
The process is gone, by a signal or with its machine, and Helm leaves its revision pending then for ever. houseplan
has waited until no Job of its hooks was at work and no pod of them was left. The next attempt deletes the Secret in
which Helm keeps that one revision, which bears the attempt's mark; the newest one is then what was deployed before,
and the upgrade begins there.");

    ELSEWHERE = Entry::new("houseplan::helm::elsewhere", "the upgrade of `{release}` was started on {host}, and is pending")
        .help("see whether helm still works on {host}; when it does not, `houseplan settle {run} {task} --attempt {attempt} --as not-done`")
        .explained("
The run's folder has moved to this machine, from which nobody sees whether the process on the other one still lives.
Its revision is neither deployed nor failed yet.");

    SHADOWED = Entry::new("houseplan::helm::shadowed", "`{chart}` is a folder here, and Helm would take it instead of the repository's chart")
        .help("write `./{chart}` if the folder is meant; else start houseplan in another folder")
        .explained("
Helm looks for a chart among the files first and in its repositories second, and then `version` means nothing.");

    SECRET_IN_ARGUMENTS = Entry::new("houseplan::helm::secret_in_arguments", "an argument of helm contains a secret")
        .cause("everybody on this machine can see the arguments of a process (`ps`)")
        .help("give it under `set`, which Helm reads on its standard input")
        .explained("
The arguments of a process are public on its machine. houseplan refuses a secret in them before it starts anything.");
}
