//! How much a document may hold before it is refused.

/// Bounds on a document, so that no file can eat the machine. Generated plans raise them on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The size of the file.
    pub bytes: usize,
    /// Keys and values together, those behind aliases counted each time that they are used.
    pub nodes: usize,
    /// How deep lists and maps may stand in one another.
    pub depth: usize,
}

impl Limits {
    /// The bytes that a document of the default number of nodes may have.
    const BYTES: usize = 10 << 20;
    const NODES: usize = 20_000;
    /// Documents have some ten levels by design; recursion over a value must never exhaust the stack.
    const DEPTH: usize = 64;

    /// Room for `nodes` nodes, and for as many bytes as that many nodes may fairly have.
    pub fn with_nodes(nodes: usize) -> Self {
        Self { bytes: Self::BYTES.max(nodes.saturating_mul(256)), nodes, depth: Self::DEPTH }
    }

    /// For what was within its limits when it was first read.
    pub fn none() -> Self {
        Self::with_nodes(usize::MAX >> 16)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: Self::BYTES, nodes: Self::NODES, depth: Self::DEPTH }
    }
}
