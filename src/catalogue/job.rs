//! Jobs of Kubernetes.

use super::Entry;

entries! {
    FAILED = Entry::new("houseplan::job::failed", "the Job `{job}` failed{?how}")
        .help("what its first failed pod has printed tells the cause; fix that, then `houseplan resume {run}`")
        .explained("
The Job has the condition Failed. Kubernetes starts pods again until `backoffLimit` is reached, and later ones often
fail because the first one did (`Dirty database version`), so the first failed pod's last lines are shown.");

    NOT_OURS = Entry::new("houseplan::job::not_ours", "there is a Job `{job}` in the namespace `{namespace}` already, and this task has not made it")
        .help("see what it does (`kubectl -n {namespace} describe job {job}`). When it is over and needed no more, delete it; or give the step's Job another name")
        .explained("
houseplan never takes over, waits for or deletes a Job that an attempt of the same task has not made. Its own it knows
by the label `houseplan-attempt`, and by the uid that stands in the run's journal.");

    VANISHED = Entry::new("houseplan::job::vanished", "the Job `{job}` (uid {uid}) is gone{?how}")
        .cause("somebody has deleted it: what the template says of its time to live counts only from its end on record")
        .help("{?first}look at what it should have changed. If it was done: `houseplan settle {run} {task} --attempt {attempt} --as done`. If not: `houseplan settle {run} {task} --attempt {attempt} --as not-done`; a new Job is made then")
        .explained("
A Job that was deleted takes its pods and their logs along, so whether it was complete cannot be seen any more.
houseplan makes its Jobs without `ttlSecondsAfterFinished`, so none goes away by itself before its end is on record;
with `delete: never` the template's own is given back then. With `effect: idempotent` a new Job is made by itself.");

    IN_DOUBT = Entry::new("houseplan::job::in_doubt", "it is unknown what the Job `{job}` has done{?how}")
        .help("{?first}look at what it should have changed. If it was done: `houseplan settle {run} {task} --attempt {attempt} --as done`. If nothing of it was done: `houseplan settle {run} {task} --attempt {attempt} --as not-done`; a new Job is made then")
        .explained("
A Job does not depend on houseplan: it goes on when houseplan is killed, or when its time is over, and `houseplan
resume` finds it by its uid and follows it. One that must happen once (the default) and has failed needs your
decision: nobody knows how much it had done. Its first failed pod's last lines are shown.");

    TEMPLATE = Entry::new("houseplan::job::template", "there is no Job to make{?why}")
        .help("give a text with `kind: Job` and `spec: { template: … }`; for `from_hook`, the name of a Job that the chart renders as a hook")
        .explained("
The file, or what the chart renders, holds no Job, more than one, or none of that name.");

    STILL_AT_WORK = Entry::new("houseplan::job::still_at_work", "the Job of an earlier attempt is still at work{?which}")
        .help("wait until it has ended (or delete it, if it never will), then `houseplan resume {run}`")
        .temporary()
        .explained("
houseplan makes no second Job beside one of the same task that is not over, or whose pods are not gone yet.");
}
