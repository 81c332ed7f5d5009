//! A plan as a picture: its steps, with those that it includes, and what they need.

use crate::{
    graph::{Emphasis, Format, Graph, Node, Shape},
    plan::expanded::{Action, ExpandedPlan, ExpandedStep},
};

/// The picture of a plan's steps.
pub fn drawing(plan: &ExpandedPlan, format: Format) -> String {
    let graph = Graph::new(plan.steps.iter().map(|step| step.needs.as_slice()));
    graph.draw(format, |index| node(&plan.steps[index]))
}

fn node(step: &ExpandedStep) -> Node {
    let shape = match step.action {
        Action::IncludeStart | Action::IncludeEnd(_) => Shape::Round,
        Action::Check(_) | Action::Compare(_) | Action::Inspect(_) => Shape::Hexagon,
        Action::Approve(_) => Shape::Slanted,
        Action::Sql(_)
        | Action::Backup(_)
        | Action::Restore(_)
        | Action::Inventory(_)
        | Action::Exec(_)
        | Action::Keeper(_)
        | Action::S3(_) => Shape::Box,
    };
    let emphasis = match step {
        ExpandedStep { finally: true, .. } => Some(Emphasis::Dashed),
        ExpandedStep { irreversible: true, .. } => Some(Emphasis::Red),
        _ => None,
    };
    Node { title: step.id.to_string(), subtitle: step.action.word(), shape, emphasis }
}
