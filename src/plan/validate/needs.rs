//! The graph of `needs`: names that are there, no cycle, and who comes before whom.

use std::{
    cell::RefCell,
    collections::{HashMap, hash_map::Entry},
};

use petgraph::{algo::kosaraju_scc, graph::DiGraph, graph::NodeIndex};

use super::{Body, StepAt};
use crate::{
    document::{Problem, suggestion},
    name::Name,
};

/// Unknown needs and cycles.
pub(super) fn check(body: &Body<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for at in body.all_steps() {
        if at.finally && body.steps.contains_key(at.name) {
            problems.push(Problem::at_key(
                at.place.clone(),
                format!("`{}` is among `steps` already; choose another name", at.name),
            ));
        }
        names(&at, body, &mut problems);
    }
    cycles(body, &mut problems);
    problems
}

fn names(at: &StepAt<'_>, body: &Body<'_>, problems: &mut Vec<Problem>) {
    let own = if at.finally { body.finally.unwrap_or(body.steps) } else { body.steps };
    for (index, need) in at.step.needs.iter().enumerate() {
        let place = at.place.child("needs").item(index);
        let message = if need == at.name {
            format!("`{need}` cannot need itself")
        } else if at.step.needs[..index].contains(need) {
            format!("`{need}` stands here a second time")
        } else if own.contains_key(need) {
            continue;
        } else if at.finally && body.steps.contains_key(need) {
            format!("`{need}` is over when `finally` runs; leave it out, and read `steps.{need}.succeeded` in `when`")
        } else if body.finally.is_some_and(|finally| finally.contains_key(need)) {
            format!("`{need}` runs in `finally`, after every step")
        } else {
            format!("no step `{need}`{}", suggestion(need.as_str(), own.keys().map(Name::as_str)))
        };
        problems.push(Problem::at(place, message));
    }
}

fn cycles(body: &Body<'_>, problems: &mut Vec<Problem>) {
    let steps: Vec<StepAt<'_>> = body.all_steps().collect();
    let indices: HashMap<(&str, bool), usize> =
        steps.iter().enumerate().map(|(index, at)| ((at.name.as_str(), at.finally), index)).collect();
    let mut graph: DiGraph<usize, ()> = DiGraph::with_capacity(steps.len(), steps.len());
    for index in 0..steps.len() {
        graph.add_node(index);
    }
    for (index, at) in steps.iter().enumerate() {
        let known = at.step.needs.iter().filter(|need| *need != at.name);
        for need in known.filter_map(|need| indices.get(&(need.as_str(), at.finally))) {
            graph.add_edge(NodeIndex::new(index), NodeIndex::new(*need), ());
        }
    }
    for component in kosaraju_scc(&graph).into_iter().filter(|component| component.len() > 1) {
        let first = component.iter().min().copied().unwrap_or_default();
        let path = shortest_cycle(&graph, first);
        let names: Vec<&str> = path.iter().map(|node| steps[node.index()].name.as_str()).collect();
        let at = &steps[first.index()];
        let back = path.get(1).map_or("", |node| steps[node.index()].name.as_str());
        let index = at.step.needs.iter().position(|need| need.as_str() == back).unwrap_or(0);
        problems.push(Problem::at(
            at.place.child("needs").item(index),
            format!("a cycle, so none of these can begin: {} (each needs the next)", names.join(" → ")),
        ));
    }
}

/// The shortest way from a node back to itself, both ends included.
fn shortest_cycle(graph: &DiGraph<usize, ()>, start: NodeIndex) -> Vec<NodeIndex> {
    let mut came_from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        // petgraph gives the latest edge first; the first need is what people look at.
        let mut neighbours: Vec<NodeIndex> = graph.neighbors(node).collect();
        neighbours.reverse();
        for next in neighbours {
            if next == start {
                let mut path = vec![start, node];
                while let Some(before) = came_from.get(path.last().unwrap_or(&start)) {
                    path.push(*before);
                }
                if node == start {
                    path.pop();
                }
                path.reverse();
                return path;
            }
            if let Entry::Vacant(vacant) = came_from.entry(next) {
                vacant.insert(node);
                queue.push_back(next);
            }
        }
    }
    vec![start]
}

/// Whether one step comes before another, directly or through others.
///
/// Most are neighbours, so a short search comes first; for what is further away the steps after a step are found once and
/// kept, so that a plan whose every step reads one of the first is still checked in linear time.
pub struct Ancestry {
    needs: Vec<Vec<usize>>,
    dependents: Vec<Vec<usize>>,
    after: RefCell<HashMap<usize, Vec<bool>>>,
}

impl Ancestry {
    /// From the needs of each step, by index.
    pub fn new(needs: Vec<Vec<usize>>) -> Self {
        let mut dependents = vec![Vec::new(); needs.len()];
        for (index, list) in needs.iter().enumerate() {
            for need in list {
                dependents[*need].push(index);
            }
        }
        Self { needs, dependents, after: RefCell::new(HashMap::new()) }
    }

    pub fn comes_before(&self, first: usize, then: usize) -> bool {
        const NEAR: usize = 64;
        let mut seen = vec![then];
        let mut next = 0;
        while next < seen.len() {
            for need in &self.needs[seen[next]] {
                if *need == first {
                    return true;
                }
                if !seen.contains(need) {
                    seen.push(*need);
                }
            }
            next += 1;
            if seen.len() > NEAR {
                return self.after.borrow_mut().entry(first).or_insert_with(|| self.reach(first))[then];
            }
        }
        false
    }

    fn reach(&self, first: usize) -> Vec<bool> {
        let mut reached = vec![false; self.needs.len()];
        let mut stack = vec![first];
        while let Some(step) = stack.pop() {
            for dependent in &self.dependents[step] {
                if !std::mem::replace(&mut reached[*dependent], true) {
                    stack.push(*dependent);
                }
            }
        }
        reached
    }
}
