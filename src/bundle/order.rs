//! The order of an expanded plan: nothing before what it needs, and else as in the document.

use crate::{
    graph::Graph,
    plan::expanded::{Action, ExpandedStep},
};

/// Puts the steps in order, those of `finally` last, and renumbers what they say of one another. A cycle cannot be here:
/// validation refuses it.
pub(super) fn topological(steps: Vec<ExpandedStep>) -> Vec<ExpandedStep> {
    let order = order(&steps);
    let mut position = vec![0; steps.len()];
    for (new, old) in order.iter().enumerate() {
        position[*old] = new;
    }
    let mut sorted = if position.is_sorted() {
        steps
    } else {
        let mut slots: Vec<Option<ExpandedStep>> = steps.into_iter().map(Some).collect();
        order.iter().filter_map(|old| slots[*old].take()).collect()
    };
    for step in &mut sorted {
        for need in &mut step.needs {
            *need = position[*need];
        }
        step.needs.sort_unstable();
        step.needs.dedup();
        step.enclosing = step.enclosing.map(|start| position[start]);
        if let Action::IncludeEnd(start) = &mut step.action {
            *start = position[*start];
        }
    }
    sorted
}

fn order(steps: &[ExpandedStep]) -> Vec<usize> {
    let finally = |wanted: bool| (0..steps.len()).filter(move |index| steps[*index].finally == wanted);
    Graph::new(steps.iter().map(|step| step.needs.as_slice())).order(finally(false).chain(finally(true)))
}
