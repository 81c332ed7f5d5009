//! Workloads of Kubernetes that are scaled.

use super::Entry;

entries! {
    NOT_REMEMBERED = Entry::new("houseplan::scale::not_remembered", "it is not known how many pods there were before: {workloads}")
        .cause("each has 0 replicas, and no annotation `houseplan/scaled`: houseplan has not scaled it, or it was made anew since")
        .help("write the number instead of `previous`: the run that scaled it has it among the outputs of its step (`houseplan report RUN --format json`), and the chart's values have it")
        .explained("
What a workload was before houseplan scaled it stands in an annotation of the workload itself, so that another step, or
another run, can give it back. A workload that has pods is left as it is by `to: previous`. One that has none, and no such
annotation, may be meant to have none; houseplan does not guess.");

    PODS_REMAIN = Entry::new("houseplan::scale::pods_remain", "pods are still there after {time}")
        .help("look at the pods (`kubectl describe pod`): one on a node that is gone stays until the node is deleted; then `houseplan resume {run}`, or give the step more time with `within`")
        .explained("
A workload with 0 replicas still has pods, for as long as they take to end, and they write as long. So the step ends only
when none is left. The workloads stay at 0, and are held; a resume goes on waiting.");

    NOT_READY = Entry::new("houseplan::scale::not_ready", "not all pods are ready after {time}")
        .help("look at the pods (`kubectl describe pod`, `kubectl logs`), fix the cause, then `houseplan resume {run}`, or give the step more time with `within`")
        .explained("
The workloads have the number of pods that they should, but not all of them have become ready. The hold is not over yet:
`.spec.replicas` is still houseplan's, and KEDA is still paused. A resume goes on waiting.");

    SCALED_AGAIN = Entry::new("houseplan::scale::scaled_again", "somebody else scales the workload too")
        .help("find out who it is (`kubectl get --show-managed-fields`), stop it, then `houseplan resume {run}`")
        .explained("
While the step waited for its pods, the workload's number was changed to something else: by a person, an operator, a tool
like Argo CD, or an autoscaler that was not paused. Whoever it is may start writers at any time.");
}
