//! Things that need one another: the one graph of a plan's steps, on petgraph.
//!
//! It finds cycles, puts in order, says what comes before what and how long the chains are, and draws. It knows things by their
//! index alone and nothing of what they are; everything but [`Ancestry`] is linear in things and needs.

mod ancestry;
mod cycle;
mod drawing;
#[cfg(test)]
mod tests;

use petgraph::{
    Direction,
    graph::{DiGraph, NodeIndex},
    visit::{Dfs, DfsPostOrder, Reversed},
};

pub use self::{
    ancestry::Ancestry,
    drawing::{Emphasis, Format, Node, Shape},
};

/// Things `0..n`, with an edge from each that is needed to what needs it.
#[derive(Debug, Clone)]
pub struct Graph {
    edges: DiGraph<(), ()>,
}

/// Edges are added in one order only, so equal graphs have them in equal places.
impl PartialEq for Graph {
    fn eq(&self, other: &Self) -> bool {
        let (own, others) = (self.edges.raw_edges(), other.edges.raw_edges());
        let mut pairs =
            own.iter().zip(others).map(|(one, two)| one.source() == two.source() && one.target() == two.target());
        self.len() == other.len() && own.len() == others.len() && pairs.all(|equal| equal)
    }
}

impl Graph {
    /// From what each thing needs, by index. A need twice is one; needing oneself is a cycle. Panics where a need is no thing.
    pub fn new<'a>(needs: impl DoubleEndedIterator<Item = &'a [usize]> + ExactSizeIterator) -> Self {
        let mut edges = DiGraph::with_capacity(needs.len(), needs.len());
        for _ in 0..needs.len() {
            edges.add_node(());
        }
        // petgraph walks the edges of a node from the latest to the first. Added in this order, what needs a thing is walked
        // upwards, and what a thing needs downwards, so that a stack takes it upwards.
        let mut sorted = Vec::new();
        for (then, needs) in needs.enumerate().rev() {
            sorted.extend_from_slice(needs);
            sorted.sort_unstable();
            sorted.dedup();
            for first in sorted.drain(..) {
                edges.add_edge(NodeIndex::new(first), NodeIndex::new(then), ());
            }
        }
        Self { edges }
    }

    fn len(&self) -> usize {
        self.edges.node_count()
    }

    /// What needs this one, upwards.
    pub fn dependents(&self, of: usize) -> impl Iterator<Item = usize> {
        self.edges.neighbors(NodeIndex::new(of)).map(NodeIndex::index)
    }

    /// What this one needs, downwards.
    fn needs(&self, of: usize) -> impl Iterator<Item = usize> {
        self.edges.neighbors_directed(NodeIndex::new(of), Direction::Incoming).map(NodeIndex::index)
    }

    /// All that this one needs, directly and through others. Walked anew each time.
    pub fn before(&self, of: usize) -> Vec<usize> {
        let needs = Reversed(&self.edges);
        let mut walk = Dfs::new(needs, NodeIndex::new(of));
        let all = std::iter::from_fn(|| walk.next(needs)).map(NodeIndex::index);
        all.filter(|at| *at != of).collect()
    }

    /// All that `wanted` names and needs, in an order in which nothing stands before what it needs, and which is `wanted` where
    /// that allows it: each stands at its place, or where it is needed earlier, right before the first that needs it. What lies
    /// on a cycle is there too, somewhere.
    pub fn order(&self, wanted: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let needs = Reversed(&self.edges);
        let mut walk = DfsPostOrder::empty(needs);
        let mut order = Vec::with_capacity(self.len());
        for next in wanted {
            walk.move_to(NodeIndex::new(next));
            while let Some(node) = walk.next(needs) {
                order.push(node.index());
            }
        }
        order
    }

    /// For each, how many stand on the longest chain from it (itself counted) to one that nothing needs.
    pub fn chains(&self) -> Vec<u32> {
        let mut chains = vec![0; self.len()];
        for at in self.order(0..self.len()).into_iter().rev() {
            chains[at] = 1 + self.dependents(at).map(|then| chains[then]).max().unwrap_or(0);
        }
        chains
    }
}
