//! Cycles: things that need one another in a circle, so that none of them can be first.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use petgraph::{algo::kosaraju_scc, graph::NodeIndex};

use super::Graph;

impl Graph {
    /// One cycle of each knot of cycles: the shortest through its lowest thing, which stands at both ends. Each needs the next.
    pub fn cycles(&self) -> Vec<Vec<usize>> {
        let is_knot = |nodes: &Vec<NodeIndex>| nodes.len() > 1 || self.edges.contains_edge(nodes[0], nodes[0]);
        let knots = kosaraju_scc(&self.edges).into_iter().filter(is_knot);
        let mut lowest: Vec<usize> = knots.filter_map(|knot| knot.into_iter().map(NodeIndex::index).min()).collect();
        lowest.sort_unstable();
        lowest.into_iter().filter_map(|start| self.shortest_cycle(start)).collect()
    }

    fn shortest_cycle(&self, start: usize) -> Option<Vec<usize>> {
        let mut came_from = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            // Of two that are as short, the one by the lower need.
            let mut needs: Vec<usize> = self.needs(at).collect();
            needs.reverse();
            for need in needs {
                if need == start {
                    let mut path: Vec<usize> =
                        std::iter::successors(Some(at), |step| came_from.get(step).copied()).collect();
                    path.reverse();
                    path.push(start);
                    return Some(path);
                }
                if let Entry::Vacant(vacant) = came_from.entry(need) {
                    vacant.insert(at);
                    queue.push_back(need);
                }
            }
        }
        None
    }
}
