//! The faults that the bed can give its Kubernetes do what they are called. Each of these has the bed alone.

use std::time::{Duration, Instant};

use crate::support::bed::{Bed, BedAlone, Server};

const SHORT: &str = "--request-timeout=2s";

#[test]
fn a_killed_apiserver_refuses_and_what_it_stored_is_there_afterwards() {
    let bed = Bed::alone();
    let namespace = bed.namespace();
    namespace.secret("kept", &[("key", "value")]);
    bed.kill(Server::Apiserver);
    bed.try_kubectl(&["get", "namespaces", SHORT]).with(1).has("refused");
    bed.start(Server::Apiserver);
    assert_eq!(namespace.kubectl(&["get", "secret", "kept", "-o=jsonpath={.data.key}"]), "dmFsdWU=");
}

#[test]
fn a_stalled_apiserver_takes_connections_and_answers_nothing() {
    let bed = Bed::alone();
    bed.stall(Server::Apiserver);
    let began = Instant::now();
    bed.try_kubectl(&["get", "namespaces", SHORT]).with(1).has_not("refused");
    assert!(began.elapsed() >= Duration::from_secs(2));
    bed.resume(Server::Apiserver);
    bed.kubectl(&["get", "namespaces"]);
}

#[test]
fn without_the_way_to_the_kubelet_the_api_goes_on_and_no_command_reaches_a_pod() {
    let bed = Bed::alone();
    let namespace = bed.namespace();
    namespace.pod("lives", "sleep infinity");
    bed.kill(Server::V5Front);
    namespace.try_kubectl(&["exec", "lives", "--", "true"]).with(1);
    namespace.kubectl(&["get", "pod", "lives"]);
    bed.start(Server::V5Front);
    namespace.kubectl(&["exec", "lives", "--", "true"]);
}

#[test]
fn without_its_controllers_nothing_is_scaled() {
    let bed = Bed::alone();
    let namespace = bed.namespace();
    namespace.deployment("writers", 1);
    bed.kill(Server::ControllerManager);
    namespace.kubectl(&["scale", "deployment", "writers", "--replicas=0"]);
    let pods = || namespace.kubectl(&["get", "pods", "-o=name"]);
    std::thread::sleep(Duration::from_secs(2));
    assert!(!pods().is_empty());
    bed.start(Server::ControllerManager);
    crate::support::command::wait_until("the pod is gone", || pods().is_empty());
}

#[test]
fn a_dead_etcd_is_an_apiserver_that_cannot_answer() {
    let bed = Bed::alone();
    bed.kill(Server::Etcd);
    bed.try_kubectl(&["get", "namespaces", "--request-timeout=5s"]).with(1);
    bed.start(Server::Etcd);
    bed.start(Server::Apiserver);
    bed.kubectl(&["get", "namespaces"]);
}

/// What is broken by a test that fails is whole for the next one.
#[test]
fn what_was_broken_is_mended() {
    let broken: BedAlone = Bed::alone();
    broken.stall(Server::Apiserver);
    broken.kill(Server::Kubelet);
    drop(broken);
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.pod("lives", "sleep infinity");
}

/// A client that offers nothing but v5 is refused then, as by a server before Kubernetes 1.30; kubectl goes back to SPDY.
#[test]
fn exec_speaks_v5_and_can_be_taken_back_to_v4() {
    let bed = Bed::alone();
    let namespace = bed.namespace();
    namespace.pod("lives", "sleep infinity");
    let log = bed.folder().join("logs/v5front.log");
    let exec = |code: &str| {
        namespace
            .try_kubectl(&["exec", "lives", "--", "sh", "-c", &format!("exit {code}")])
            .with(code.parse().expect("a code"));
        let log = std::fs::read_to_string(&log).expect("its log");
        let offer = log.lines().rfind(|line| line.contains("v5.channel.k8s.io")).expect("an offer").to_owned();
        offer.ends_with("answered here: true")
    };
    assert!(exec("3"));
    bed.exec_by_v4_alone();
    assert!(!exec("4"));
}
