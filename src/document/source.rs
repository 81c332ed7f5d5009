//! A file as it was read, and as a document whose places can be found.

use std::{ops::Range, sync::Arc};

use super::{
    invalid::{Finding, Problem},
    offsets,
    place::Place,
    tree::{NodeKind, Tree},
};

/// A file as it was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// How the file is called towards the user: the path as given, or `plans/x.yaml (shipped)`.
    pub name: Arc<str>,
    pub text: Arc<str>,
    /// The keys behind which a secret may stand: what does is shown in no report.
    pub secret_keys: Vec<&'static str>,
    /// Other bytes of it that are shown in no report.
    pub concealed: Vec<Range<usize>>,
}

/// A file that is YAML: its text, and where each node stands in it. The value goes its own way.
#[derive(Debug)]
pub struct Document {
    pub source: Source,
    pub(super) tree: Tree,
    /// What is wrong with the YAML itself and did not keep it from being read.
    pub(super) findings: Vec<Finding>,
}

impl Document {
    /// What is wrong with the YAML itself and did not keep it from being read: duplicate keys, tags, aliases of nothing.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The bytes to point at for `place`; those of the nearest node above it where it is not there.
    ///
    /// A list or map in block style is pointed at by its key, for it may be hundreds of lines long.
    pub fn span(&self, place: &Place, at_key: bool) -> Range<usize> {
        let text = &*self.source.text;
        let Some(found) = self.tree.find(text, &place.pointer) else { return 0..0 };
        let key = found.key.map(|key| self.tree.range(key));
        if at_key && let Some(key) = key {
            return key;
        }
        let node = self.tree.node(found.node);
        let range = self.tree.range(found.node);
        if let Some(within) = &place.within
            && let Some(part) = offsets::locate(text, range.clone(), node.kind, within.clone())
        {
            return first_line(text, part);
        }
        let is_block = match node.kind {
            NodeKind::List | NodeKind::Map => text.get(range.clone()).is_none_or(|slice| slice.contains('\n')),
            _ => range.is_empty(),
        };
        match key {
            Some(key) if is_block => key,
            _ => first_line(text, range),
        }
    }

    /// Keeps the value at `place` out of all reports.
    pub fn conceal(&mut self, place: &Place) {
        if let Some(found) = self.tree.find(&self.source.text, &place.pointer) {
            self.source.concealed.push(self.tree.range(found.node));
        }
    }

    /// The problem, with its place in this file.
    pub fn finding(&self, problem: &Problem) -> Finding {
        let finding = Finding::new(self.span(&problem.place, problem.at_key), problem.message.clone());
        Finding { code: problem.code, ..finding }
    }
}

/// What of `range` stands on its first line, without the space at its end.
fn first_line(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = text.get(range.clone()).unwrap_or_default();
    let line = slice.lines().next().unwrap_or_default().trim_end();
    range.start..range.start + line.len()
}
