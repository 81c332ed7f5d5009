//! What needs nothing but a cluster. With `HOUSEPLAN_TEST_KUBECONFIG` these run on yours, and nothing else does.

use crate::support::bed::Bed;

#[test]
fn an_account_may_do_what_it_was_given_and_nothing_else() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 1);
    namespace.secret("credentials", &[("password", "pa ss")]);
    let account = namespace.limited_account(&[("deployments.apps/scale", "get patch"), ("deployments.apps", "get")]);
    account.kubectl(&["scale", "deployment", "writers", "--replicas=2"]).with(0);
    assert_eq!(namespace.kubectl(&["get", "deployment", "writers", "-o=jsonpath={.spec.replicas}"]), "2");
    account.kubectl(&["get", "secret", "credentials"]).with(1).has("cannot get resource \"secrets\"");
    account.may_also("kube-system", &[("namespaces", "get")]);
    account.kubectl(&["get", "namespace", "kube-system"]).with(0);
}

#[test]
fn a_command_in_a_pod_has_its_own_exit_code() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.pod("lives", "sleep infinity");
    let said = namespace.try_kubectl(&["exec", "lives", "--", "sh", "-c", "echo out; echo err >&2; exit 3"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(3), "out\n"));
    said.has("err");
}

#[test]
fn a_job_that_fails_is_told_from_one_that_ends() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.job("good", "echo done");
    namespace.job("bad", "echo the cause; exit 1");
    namespace.kubectl(&["wait", "--for=condition=Complete", "--timeout=60s", "job/good"]);
    namespace.kubectl(&["wait", "--for=condition=Failed", "--timeout=60s", "job/bad"]);
    assert_eq!(namespace.kubectl(&["logs", "job/bad"]), "the cause");
}
