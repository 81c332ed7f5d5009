//! A graph as a picture, in Mermaid or in the language of Graphviz.

use std::fmt::Write;

use super::Graph;

/// How a graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Mermaid,
    Dot,
}

/// How one thing is drawn.
#[derive(Debug, Clone)]
pub struct Node {
    /// Taken as it is: no quotes, no markup.
    pub title: String,
    /// In small letters below the title; taken as it is.
    pub subtitle: &'static str,
    pub shape: Shape,
    pub emphasis: Option<Emphasis>,
}

/// The outline of a node. Graphviz draws all as boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Box,
    /// A start or an end.
    Round,
    /// A question.
    Hexagon,
    /// A person's part.
    Slanted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emphasis {
    Dashed,
    Red,
}

impl Graph {
    /// The picture; `node` says how a thing is drawn, by its index.
    pub fn draw(&self, format: Format, node: impl Fn(usize) -> Node) -> String {
        match format {
            Format::Mermaid => self.mermaid(node),
            Format::Dot => self.dot(node),
        }
    }

    /// From what is needed to what needs it, in the order of the latter.
    fn arrows(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len()).flat_map(|then| {
            let mut needs: Vec<usize> = self.needs(then).collect();
            needs.reverse();
            needs.into_iter().map(move |first| (first, then))
        })
    }

    fn mermaid(&self, node: impl Fn(usize) -> Node) -> String {
        let mut out = "flowchart TD\n".to_owned();
        for index in 0..self.len() {
            let Node { title, subtitle, shape, emphasis } = node(index);
            let (open, close) = match shape {
                Shape::Box => ("[", "]"),
                Shape::Round => ("([", "])"),
                Shape::Hexagon => ("{{", "}}"),
                Shape::Slanted => ("[/", "/]"),
            };
            let class = match emphasis {
                Some(Emphasis::Dashed) => ":::finally",
                Some(Emphasis::Red) => ":::irreversible",
                None => "",
            };
            let _ = writeln!(out, "    s{index}{open}\"{title}<br/><small>{subtitle}</small>\"{close}{class}");
        }
        for (first, then) in self.arrows() {
            let _ = writeln!(out, "    s{first} --> s{then}");
        }
        out + "    classDef irreversible stroke:#c00,stroke-width:3px\n    classDef finally stroke-dasharray:4 4\n"
    }

    fn dot(&self, node: impl Fn(usize) -> Node) -> String {
        let mut out = "digraph plan {\n    node [shape=box fontname=\"sans-serif\"]\n".to_owned();
        for index in 0..self.len() {
            let Node { title, subtitle, emphasis, .. } = node(index);
            let style = match emphasis {
                Some(Emphasis::Dashed) => " style=dashed",
                Some(Emphasis::Red) => " color=red penwidth=2",
                None => "",
            };
            let _ = writeln!(out, "    s{index} [label=\"{title}\\n{subtitle}\"{style}]");
        }
        for (first, then) in self.arrows() {
            let _ = writeln!(out, "    s{first} -> s{then}");
        }
        out + "}\n"
    }
}
