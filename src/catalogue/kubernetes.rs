//! Kubernetes: the way to it, and what it allows.

use super::Entry;

entries! {
    CONFIG = Entry::new("houseplan::kubernetes::config", "there is no way to Kubernetes")
        .help("check `kubeconfig` and `context` of the target in the environment; `kubectl --context CONTEXT get --raw /version` uses the same ones")
        .explained("
houseplan reads the kubeconfig that the environment's target of kind `kubernetes` names, or the one that `KUBECONFIG`
names, or `~/.kube/config`; in a pod without one it takes the pod's service account. Nothing could be sent: the file or
the context is not there, a certificate in it is not readable, or the program that it names for credentials has failed.");

    UNREACHABLE = Entry::new("houseplan::kubernetes::unreachable", "the API server of Kubernetes cannot be reached")
        .help("check that `kubectl get --raw /version` with the same kubeconfig and context answers from this machine")
        .temporary()
        .explained("
No connection to the API server was made, so nothing was sent. The server may be down, a VPN may be missing, or the
kubeconfig may be of a cluster that is gone.");

    LOST = Entry::new("houseplan::kubernetes::lost", "the API server of Kubernetes has not answered")
        .help("`houseplan resume {run}` finds out what became of it before anything is sent again")
        .temporary()
        .explained("
A request was sent and its answer did not come: the connection broke, or it took longer than 30 s. It may have been
carried out. What houseplan changes through the API server it looks at again before it sends it a second time.");

    UNAUTHORIZED = Entry::new("houseplan::kubernetes::unauthorized", "Kubernetes does not accept who asks")
        .help("renew the credentials of the kubeconfig's user (log in again with your cluster's tool), then try again")
        .explained("
The API server answered 401: the token or the certificate is expired, or of another cluster.");

    FORBIDDEN = Entry::new("houseplan::kubernetes::forbidden", "Kubernetes does not allow it")
        .help("grant the right that is missing; `houseplan rbac PLAN --env ENV` prints the least Role for the plan, and with `--check` says which rights are missing")
        .explained("
The API server answered 403: the account that houseplan works as lacks a right. `houseplan rbac` prints a Role with
exactly the rights that the steps of a plan need, in the environment that is given.");

    NOT_FOUND = Entry::new("houseplan::kubernetes::not_found", "something is not there in Kubernetes")
        .help("check the name and the namespace in the environment, and whether the context leads to the right cluster")
        .explained("
A pod, a Secret or another object that the environment or the plan names does not exist in the cluster of Kubernetes
that the kubeconfig leads to.");

    REFUSED = Entry::new("houseplan::kubernetes::refused", "the API server of Kubernetes refuses it")
        .help("the API server's own words say why")
        .explained("
The API server understood the request and refused it, as by 409 (somebody else owns a field, or has changed the object
in between) or 422 (the object is not valid).");

    OTHER_CLUSTER = Entry::new("houseplan::kubernetes::other_cluster", "`{target}` is another cluster of Kubernetes than when the run started")
        .help("use the kubeconfig and the context of the cluster that the run started on; nothing was sent")
        .explained("
A run remembers the uid of the namespace `kube-system`, which every cluster has and which is no other cluster's. A
context's name proves nothing: the same name may lead elsewhere on another machine, or after somebody has edited the
kubeconfig. What the run has done, it has done in the first cluster.");
}
