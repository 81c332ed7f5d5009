//! Tests on a genuine Kubernetes: the bed's (`bed/`), or with `anywhere` alone the one of a kubeconfig that the user names.
//! `make test-kubernetes` runs them.

mod alone;
mod anywhere;
mod connections;
mod facts;
mod guides_order;
mod helm;
mod job;
#[path = "../it/support/operator.rs"]
#[expect(dead_code, reason = "the other integration binary uses the rest of it")]
mod operator;
mod retain;
mod scale;
mod secret;
mod support;
mod writers;
