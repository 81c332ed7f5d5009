//! Tests on a genuine Kubernetes: the bed's (`bed/`), or with `anywhere` alone the one of a kubeconfig that the user names.
//! `make test-kubernetes` runs them.

mod alone;
mod anywhere;
mod connections;
mod copy_then_switch;
mod exec;
mod facts;
mod guides_order;
mod helm;
mod job;
mod keeper;
#[path = "../it/support/operator.rs"]
#[expect(dead_code, reason = "the other integration binary uses the rest of it")]
mod operator;
mod pod_exec;
mod retain;
mod scale;
mod secret;
mod support;
mod transport_exec;
mod writers;
