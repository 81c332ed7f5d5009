//! The places of a document's nodes, kept small: a generated plan has millions of them.
//!
//! Nodes lie in one array and know their neighbours by index. Pointers are walked when somebody asks.

use std::{collections::HashMap, ops::Range};

use super::take_out::tokens;

/// An index into [`Tree::nodes`].
pub(super) type NodeIndex = u32;

/// No node.
pub(super) const NONE: NodeIndex = NodeIndex::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeKind {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
    /// Its children are the items.
    List,
    /// Its children are keys and values, in turn.
    Map,
    /// Its `first` is the node that it stands for.
    Alias,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub start: u32,
    pub end: u32,
    pub first: NodeIndex,
    pub next: NodeIndex,
    pub kind: NodeKind,
}

#[derive(Debug, Default)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    /// The text of keys that is not the text in the file (they have escapes).
    pub odd_keys: HashMap<NodeIndex, Box<str>>,
}

/// A node found by its pointer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub key: Option<NodeIndex>,
    pub node: NodeIndex,
}

impl Tree {
    pub fn node(&self, index: NodeIndex) -> Node {
        self.nodes[index as usize]
    }

    pub fn range(&self, index: NodeIndex) -> Range<usize> {
        let node = self.node(index);
        node.start as usize..node.end as usize
    }

    /// The node at `pointer`, or the nearest one above it that is there.
    pub fn find(&self, text: &str, pointer: &str) -> Option<Found> {
        let mut found = Found { key: None, node: 0 };
        self.nodes.first()?;
        for token in tokens(pointer) {
            match self.child(text, found.node, &token) {
                Some(child) => found = child,
                None => break,
            }
        }
        Some(found)
    }

    pub fn child(&self, text: &str, parent: NodeIndex, token: &str) -> Option<Found> {
        let mut parent = self.node(parent);
        while parent.kind == NodeKind::Alias {
            parent = self.node(parent.first);
        }
        let mut children = self.siblings(parent.first);
        match parent.kind {
            NodeKind::List => {
                let node = children.nth(token.parse().ok()?)?;
                Some(Found { key: None, node })
            }
            NodeKind::Map => {
                while let (Some(key), Some(value)) = (children.next(), children.next()) {
                    if self.key_text(text, key) == token {
                        return Some(Found { key: Some(key), node: value });
                    }
                }
                None
            }
            _ => None,
        }
    }

    fn siblings(&self, first: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        std::iter::successors(Some(first).filter(|index| *index != NONE), |index| {
            Some(self.node(*index).next).filter(|next| *next != NONE)
        })
    }

    fn key_text<'a>(&'a self, text: &'a str, key: NodeIndex) -> &'a str {
        match self.odd_keys.get(&key) {
            Some(odd) => odd,
            None => text.get(self.range(key)).unwrap_or_default(),
        }
    }
}
