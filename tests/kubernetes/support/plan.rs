//! Small plans that act on Kubernetes alone.

use serde_json::Value;

use crate::operator::{Operator, Said};

/// An environment whose one target is the cluster, with this namespace.
pub fn environment(namespace: &str) -> String {
    format!(
        "apiVersion: houseplan/v1\nkind: Environment\nmetadata: {{ name: {namespace} }}\n\
         targets: {{ kubernetes: {{ kind: kubernetes, namespace: {namespace} }} }}\n"
    )
}

/// A plan of these steps, written in flow style; what it takes as inputs stands before them.
pub fn plan(operator: &Operator, name: &str, inputs: &str, steps: &str) -> String {
    let text = format!(
        "apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: {name} }}\n{inputs}\
         targets: {{ kubernetes: {{ kind: kubernetes }} }}\nsteps:\n  {steps}\n"
    );
    operator.write(&format!("{name}.yaml"), &text)
}

/// Runs it. A run that has stopped or failed is abandoned, so that the next one finds the cluster free.
pub async fn run(operator: &Operator, file: &str) -> Said {
    let said = operator.does(&["run", file]).await;
    if said.code != Some(0)
        && let Some(run) = operator.all_runs().pop()
    {
        operator.does(&["abandon", &run]).await;
    }
    said
}

/// What a task of the last run gave.
#[track_caller]
pub fn output(operator: &Operator, task: &str) -> Value {
    let given = operator.events().into_iter().rev().find(|it| it["event"] == "task_acted" && it["task"] == task);
    given.unwrap_or_else(|| panic!("{task} has not acted"))["output"].take()
}
