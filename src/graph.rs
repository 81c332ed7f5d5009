//! The DAG of an expanded plan: as a picture, and its critical path.
//!
//! Its order is that of [`ExpandedPlan::steps`]; who runs what, and when, is the engine's.

use std::fmt::{self, Write};

use petgraph::{graph::DiGraph, graph::NodeIndex};

use crate::plan::expanded::{Action, ExpandedPlan, ExpandedStep};

/// How a graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Mermaid,
    Dot,
}

/// Steps, and edges from what is needed to what needs it.
pub struct Graph<'a> {
    graph: DiGraph<&'a ExpandedStep, ()>,
}

impl<'a> Graph<'a> {
    pub fn new(plan: &'a ExpandedPlan) -> Self {
        let mut graph = DiGraph::with_capacity(plan.steps.len(), plan.steps.len());
        for step in &plan.steps {
            graph.add_node(step);
        }
        for (index, step) in plan.steps.iter().enumerate() {
            for need in &step.needs {
                graph.add_edge(NodeIndex::new(*need), NodeIndex::new(index), ());
            }
        }
        Self { graph }
    }

    /// The longest chain of steps by `weight` (of one step, by its index): what the run as a whole waits for.
    pub fn critical_path(&self, weight: impl Fn(usize) -> u64) -> Vec<usize> {
        let mut best: Vec<(u64, Option<usize>)> = Vec::with_capacity(self.graph.node_count());
        // The steps are in topological order: what a step needs has been looked at before it.
        for node in self.graph.node_indices() {
            let before = self.graph.neighbors_directed(node, petgraph::Direction::Incoming).map(NodeIndex::index);
            let longest = before.map(|need| (best[need].0, Some(need))).max().unwrap_or((0, None));
            best.push((longest.0.saturating_add(weight(node.index())), longest.1));
        }
        let last = (0..best.len()).max_by_key(|index| best[*index].0);
        let mut path: Vec<usize> = std::iter::successors(last, |index| best[*index].1).collect();
        path.reverse();
        path
    }

    pub fn write(&self, format: Format, out: &mut String) -> fmt::Result {
        match format {
            Format::Mermaid => self.mermaid(out),
            Format::Dot => self.dot(out),
        }
    }

    fn mermaid(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "flowchart TD")?;
        for (index, step) in self.graph.node_weights().enumerate() {
            let (open, close) = match step.action {
                Action::IncludeStart | Action::IncludeEnd(_) => ("([", "])"),
                Action::Check(_) | Action::Compare(_) | Action::Inspect(_) => ("{{", "}}"),
                Action::Approve(_) => ("[/", "/]"),
                _ => ("[", "]"),
            };
            let class = if step.finally {
                ":::finally"
            } else if step.irreversible {
                ":::irreversible"
            } else {
                ""
            };
            writeln!(out, "    s{index}{open}\"{}<br/><small>{}</small>\"{close}{class}", step.id, step.action.word())?;
        }
        for edge in self.graph.raw_edges() {
            writeln!(out, "    s{} --> s{}", edge.source().index(), edge.target().index())?;
        }
        writeln!(out, "    classDef irreversible stroke:#c00,stroke-width:3px")?;
        writeln!(out, "    classDef finally stroke-dasharray:4 4")
    }

    fn dot(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "digraph plan {{\n    node [shape=box fontname=\"sans-serif\"]")?;
        for (index, step) in self.graph.node_weights().enumerate() {
            let style = if step.finally {
                " style=dashed"
            } else if step.irreversible {
                " color=red penwidth=2"
            } else {
                ""
            };
            writeln!(out, "    s{index} [label=\"{}\\n{}\"{style}]", step.id, step.action.word())?;
        }
        for edge in self.graph.raw_edges() {
            writeln!(out, "    s{} -> s{}", edge.source().index(), edge.target().index())?;
        }
        writeln!(out, "}}")
    }
}
