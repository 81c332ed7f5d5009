//! The order of an expanded plan: nothing before what it needs, and else as in the document.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::expanded::{Action, ExpandedStep};

/// Puts the steps in order, those of `finally` last, and renumbers what they say of one another. A cycle cannot be here:
/// validation refuses it; were there one, its steps would stay at the end, in the document's order.
pub(super) fn topological(steps: Vec<ExpandedStep>) -> Vec<ExpandedStep> {
    let order = order(&steps);
    let mut position = vec![0; steps.len()];
    for (new, old) in order.iter().enumerate() {
        position[*old] = new;
    }
    let mut slots: Vec<Option<ExpandedStep>> = steps.into_iter().map(Some).collect();
    let take = |old: &usize| slots[*old].take();
    let mut sorted: Vec<ExpandedStep> = order.iter().filter_map(take).collect();
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
    let mut dependents = vec![Vec::new(); steps.len()];
    let mut waits_for = vec![0_usize; steps.len()];
    for (index, step) in steps.iter().enumerate() {
        waits_for[index] = step.needs.len();
        for need in &step.needs {
            dependents[*need].push(index);
        }
    }
    let ready = |index: &usize| Reverse((steps[*index].finally, *index));
    let mut heap: BinaryHeap<_> =
        (0..steps.len()).filter(|index| waits_for[*index] == 0).map(|index| ready(&index)).collect();
    let mut order = Vec::with_capacity(steps.len());
    let mut placed = vec![false; steps.len()];
    while let Some(Reverse((_, index))) = heap.pop() {
        order.push(index);
        placed[index] = true;
        for dependent in &dependents[index] {
            waits_for[*dependent] -= 1;
            if waits_for[*dependent] == 0 {
                heap.push(ready(dependent));
            }
        }
    }
    order.extend((0..steps.len()).filter(|index| !placed[*index]));
    order
}
