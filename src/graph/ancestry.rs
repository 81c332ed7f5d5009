//! Whether one thing comes before another, directly or through others.

use std::{cell::RefCell, collections::HashMap};

use petgraph::{
    graph::{DiGraph, NodeIndex},
    visit::{Dfs, VisitMap, Visitable},
};

use super::Graph;

/// Answers for many pairs of one graph.
///
/// Most are neighbours, so a short search comes first; for what is further away, all that comes after a thing is found once and
/// kept, so that a plan whose every step reads one of the first is still checked in linear time.
pub struct Ancestry {
    graph: Graph,
    after: RefCell<HashMap<usize, <DiGraph<(), ()> as Visitable>::Map>>,
}

impl Ancestry {
    pub fn new(graph: Graph) -> Self {
        Self { graph, after: RefCell::new(HashMap::new()) }
    }

    /// Whether `then` needs `first`. Of two on a cycle nothing is promised.
    pub fn comes_before(&self, first: usize, then: usize) -> bool {
        const NEAR: usize = 64;
        let mut seen = vec![then];
        let mut next = 0;
        while next < seen.len() {
            for need in self.graph.needs(seen[next]) {
                if need == first {
                    return true;
                }
                if !seen.contains(&need) {
                    seen.push(need);
                }
            }
            next += 1;
            if seen.len() > NEAR {
                let mut after = self.after.borrow_mut();
                let reached = after.entry(first).or_insert_with(|| self.reach(first));
                return first != then && reached.is_visited(&NodeIndex::<u32>::new(then));
            }
        }
        false
    }

    fn reach(&self, first: usize) -> <DiGraph<(), ()> as Visitable>::Map {
        let mut walk = Dfs::new(&self.graph.edges, NodeIndex::new(first));
        while walk.next(&self.graph.edges).is_some() {}
        walk.discovered
    }
}
