//! A plan as a picture: its steps, with those that it includes, and what they need.

use crate::{
    graph::{Emphasis, Format, Graph, Node, Shape},
    plan::{
        actions::{FanOut, Proof},
        expanded::{ExpandedPlan, ExpandedStep},
    },
};

/// The picture of a plan's steps.
pub fn drawing(plan: &ExpandedPlan, format: Format) -> String {
    let graph = Graph::new(plan.steps.iter().map(|step| step.needs.as_slice()));
    graph.draw(format, |index| node(&plan.steps[index]))
}

fn node(step: &ExpandedStep) -> Node {
    let action = step.action.spec();
    let shape = match action.proves() {
        _ if action.fan_out() == FanOut::None => Shape::Round,
        _ if action.expects().is_some() => Shape::Hexagon,
        Proof::Approval => Shape::Slanted,
        Proof::Nothing | Proof::BackupOf(_) | Proof::BackupWhole => Shape::Box,
    };
    let emphasis = match step {
        ExpandedStep { finally: true, .. } => Some(Emphasis::Dashed),
        ExpandedStep { irreversible: true, .. } => Some(Emphasis::Red),
        _ => None,
    };
    Node { title: step.id.to_string(), subtitle: step.action.word(), shape, emphasis }
}
