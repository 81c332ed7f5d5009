//! YAML events into a value and a tree of places.
//!
//! What is wrong with single nodes (a duplicate key, a tag) is noted and read over, so that it is reported together with
//! what the schema finds; what leaves no document to speak of ends the reading.

use std::{collections::HashMap, ops::Range};

use serde_json::{Map, Value};
use serde_saphyr::granit_parser::{self, ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::{
    invalid::Finding,
    limits::Limits,
    scalar,
    source::{Document, Source},
    tree::{NONE, Node, NodeIndex, NodeKind, Tree},
};

/// Reads one YAML document. The error is what leaves no document at all.
pub fn parse(source: Source, limits: &Limits) -> Result<(Document, Value), Box<(Source, Finding)>> {
    match Builder::new(&source.text, *limits).build() {
        Ok((tree, findings, value)) => Ok((Document { source, tree, findings }, value)),
        Err(finding) => Err(Box::new((source, *finding))),
    }
}

/// A list or map that is being read.
struct Frame {
    node: NodeIndex,
    anchor: usize,
    /// The nodes that were counted before it.
    counted: usize,
    height: usize,
    last_child: NodeIndex,
    content: Content,
    /// It is a placeholder without quotes, `{{ … }}`, which YAML takes for a map with a map for its key.
    is_placeholder: bool,
}

enum Content {
    List(Vec<Value>),
    Map { map: Map<String, Value>, key: Option<Key> },
}

/// A key that waits for its value; without a text where the pair is left out, for its key cannot be one.
struct Key {
    node: NodeIndex,
    text: Option<String>,
}

/// What an alias stands for.
struct Anchored {
    node: NodeIndex,
    value: Value,
    nodes: usize,
    height: usize,
}

/// A node with all that is in it.
struct Complete {
    node: NodeIndex,
    value: Value,
    height: usize,
}

struct Builder<'a> {
    text: &'a str,
    limits: Limits,
    tree: Tree,
    findings: Vec<Finding>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    counted: usize,
    root: Option<Value>,
}

type Fatal = Box<Finding>;

const UNQUOTED: &str = "write quotes around {{ … }}, and around all that belongs to it: without them, YAML reads `{{` as the start of a map";

impl<'a> Builder<'a> {
    fn new(text: &'a str, limits: Limits) -> Self {
        Self {
            text,
            limits,
            tree: Tree::default(),
            findings: Vec::new(),
            frames: Vec::new(),
            anchors: HashMap::new(),
            counted: 0,
            root: None,
        }
    }

    fn build(mut self) -> Result<(Tree, Vec<Finding>, Value), Fatal> {
        self.check_text()?;
        let options = granit_parser::options! { emit_comments: false, emit_unresolved_aliases: true };
        let mut documents = 0;
        for next in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = next.map_err(|error| self.syntax(&error))?;
            let range = span.byte_range().unwrap_or(0..0);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(fatal(range, "a second document starts here; one file holds one document"));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), &range)?,
                Event::SequenceStart(_, anchor, tag) => {
                    self.open(&range, &span, anchor, tag.as_deref(), NodeKind::List, Content::List(Vec::new()))?;
                }
                Event::MappingStart(_, anchor, tag) => {
                    let content = Content::Map { map: Map::new(), key: None };
                    self.open(&range, &span, anchor, tag.as_deref(), NodeKind::Map, content)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(range.end)?,
                Event::Alias(anchor) => self.alias(anchor, &range)?,
                Event::UnresolvedAlias(name) => {
                    self.note(range.clone(), format!("no anchor `&{name}` is defined before this alias"));
                    let node = self.push(&range, NodeKind::Plain)?;
                    self.complete(Complete { node, value: Value::Null, height: 0 });
                }
                _ => {}
            }
        }
        match self.root {
            Some(Value::Null) | None => Err(fatal(0..0, "there is nothing in this file")),
            Some(value) => Ok((self.tree, self.findings, value)),
        }
    }

    fn check_text(&self) -> Result<(), Fatal> {
        if self.text.len() > self.limits.bytes.min(u32::MAX as usize) {
            let (is, limit) = (self.text.len() >> 20, self.limits.bytes >> 20);
            return Err(fatal(
                0..0,
                format!(
                    "the file is {is} MiB long, more than the {limit} MiB that are read; a generated plan may have more with `--max-nodes`"
                ),
            ));
        }
        let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
        match self.text.char_indices().find(|(_, c)| control(*c)) {
            Some((at, c)) => Err(fatal(
                at..at + c.len_utf8(),
                format!(
                    "a control character (U+{:04X}), which YAML does not allow; write it as an escape in double quotes",
                    u32::from(c)
                ),
            )),
            None => Ok(()),
        }
    }

    fn syntax(&self, error: &ScanError) -> Fatal {
        let at = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let length = self.text[at..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        match error.kind() {
            ErrorKind::RecursionLimitExceeded => self.too_deep(at..at + length),
            _ => match self.unquoted_placeholder(at) {
                Some(range) => fatal(range, UNQUOTED),
                None => fatal(at..at + length, format!("this is not YAML: {}", error.info())),
            },
        }
    }

    /// A value that begins with a placeholder without quotes, in the line where the reading ended or in the one before: what
    /// follows the placeholder is then no YAML.
    fn unquoted_placeholder(&self, at: usize) -> Option<Range<usize>> {
        let start_of = |at: usize| self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let start = start_of(at);
        let before = self.text[..start].trim_end().len();
        [start, start_of(before)].into_iter().find_map(|start| {
            let line = self.text[start..].lines().next()?;
            let begins = line.find("{{").filter(|begins| is_start_of_value(&line[..*begins]))?;
            Some(start + begins..start + line.trim_end().len())
        })
    }

    fn note(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.findings.push(Finding::new(range, message));
    }

    /// Room for one more node, or `more` of them.
    fn count(&mut self, more: usize, range: &Range<usize>) -> Result<(), Fatal> {
        self.counted = self.counted.saturating_add(more);
        if self.counted <= self.limits.nodes {
            return Ok(());
        }
        let limit = self.limits.nodes;
        Err(fatal(
            range.clone(),
            format!(
                "here the document grows beyond {limit} keys and values; a generated plan may have more with `--max-nodes`"
            ),
        ))
    }

    fn push(&mut self, range: &Range<usize>, kind: NodeKind) -> Result<NodeIndex, Fatal> {
        self.count(1, range)?;
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let index = offset(self.tree.nodes.len());
        self.tree.nodes.push(Node {
            start: offset(range.start),
            end: offset(range.end),
            first: NONE,
            next: NONE,
            kind,
        });
        Ok(index)
    }

    fn in_key_position(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { content: Content::Map { key: None, .. }, .. }))
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        range: &Range<usize>,
    ) -> Result<(), Fatal> {
        let kind = match style {
            ScalarStyle::Plain => NodeKind::Plain,
            ScalarStyle::SingleQuoted => NodeKind::SingleQuoted,
            ScalarStyle::DoubleQuoted => NodeKind::DoubleQuoted,
            ScalarStyle::Literal => NodeKind::Literal,
            ScalarStyle::Folded => NodeKind::Folded,
        };
        if self.in_key_position() {
            return self.key(text, kind, range);
        }
        let node = self.push(range, kind)?;
        let is_text = kind != NodeKind::Plain || tag.is_some_and(|tag| tag.core_suffix() == Some("str"));
        if !is_text {
            self.refuse_tag(tag, range);
        }
        let value = if is_text {
            Value::String(text.to_owned())
        } else {
            scalar::plain(text).unwrap_or_else(|why| {
                self.note(range.clone(), why);
                Value::from(0)
            })
        };
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { node, value: value.clone(), nodes: 1, height: 0 });
        }
        self.complete(Complete { node, value, height: 0 });
        Ok(())
    }

    fn key(&mut self, text: &str, kind: NodeKind, range: &Range<usize>) -> Result<(), Fatal> {
        let node = self.push(range, kind)?;
        if kind == NodeKind::Plain && range.is_empty() {
            self.note(range.clone(), "a value without a key");
            self.wait_for_value(Key { node, text: None });
            return Ok(());
        }
        if self.text.get(range.clone()) != Some(text) {
            self.tree.odd_keys.insert(node, text.into());
        }
        if kind == NodeKind::Plain && text == "<<" {
            self.note(range.clone(), "merge keys (`<<`) are not read; write the keys out");
            self.wait_for_value(Key { node, text: None });
            return Ok(());
        }
        let first = match self.frames.last() {
            Some(Frame { content: Content::Map { map, .. }, node, .. }) if map.contains_key(text) => {
                self.tree.child(self.text, *node, text).and_then(|found| found.key)
            }
            _ => None,
        };
        let Some(first) = first else {
            self.wait_for_value(Key { node, text: Some(text.to_owned()) });
            return Ok(());
        };
        let mut finding = Finding::new(range.clone(), format!("duplicate key `{text}`; remove one"));
        finding.also.push((self.tree.range(first), format!("the first `{text}` is here")));
        self.findings.push(finding);
        self.wait_for_value(Key { node, text: None });
        Ok(())
    }

    fn wait_for_value(&mut self, waiting: Key) {
        if let Some(Frame { content: Content::Map { key, .. }, .. }) = self.frames.last_mut() {
            *key = Some(waiting);
        }
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, range: &Range<usize>) {
        if let Some(tag) = tag {
            self.note(range.clone(), format!("the tag `{}` has no meaning here; leave it out", tag.original()));
        }
    }

    fn open(
        &mut self,
        range: &Range<usize>,
        span: &Span,
        anchor: usize,
        tag: Option<&Tag>,
        kind: NodeKind,
        content: Content,
    ) -> Result<(), Fatal> {
        self.refuse_tag(tag, &span.tag_span().and_then(|span| span.byte_range()).unwrap_or_else(|| range.clone()));
        self.check_depth(1, range)?;
        if self.in_key_position() && !self.begins_placeholder(range) {
            self.note(range.clone(), "a key has to be a single word or text");
        }
        let counted = self.counted;
        let node = self.push(range, kind)?;
        let is_placeholder = false;
        self.frames.push(Frame { node, anchor, counted, height: 0, last_child: NONE, content, is_placeholder });
        Ok(())
    }

    /// Whether a `{` stands right behind the `{` of the map whose key it would be. Then that map is told once, when it ends.
    fn begins_placeholder(&mut self, range: &Range<usize>) -> bool {
        let Some(frame) = self.frames.last_mut() else { return false };
        let outer = self.tree.nodes[frame.node as usize].start as usize;
        frame.is_placeholder |= range.start == outer + 1 && self.text[outer..].starts_with("{{");
        frame.is_placeholder
    }

    fn check_depth(&self, height: usize, range: &Range<usize>) -> Result<(), Fatal> {
        if self.frames.len() + height <= self.limits.depth {
            return Ok(());
        }
        Err(self.too_deep(range.clone()))
    }

    fn too_deep(&self, range: Range<usize>) -> Fatal {
        fatal(range, format!("lists and maps are nested more than {} deep here", self.limits.depth))
    }

    fn close(&mut self, end: usize) -> Result<(), Fatal> {
        // The parser closes only what it opened.
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let node = &mut self.tree.nodes[frame.node as usize];
        node.end = u32::try_from(end).unwrap_or(u32::MAX);
        let range = node.start as usize..end;
        let value = match frame.content {
            // As it was meant, so that nothing else is wrong with it; what is all the same is told of the whole of it.
            Content::Map { .. } if frame.is_placeholder => {
                node.first = NONE;
                self.note(range.clone(), UNQUOTED);
                Value::String(self.text[range].to_owned())
            }
            Content::List(items) => Value::Array(items),
            Content::Map { map, .. } => Value::Object(map),
        };
        let height = frame.height + 1;
        if frame.anchor != 0 {
            let nodes = self.counted - frame.counted;
            self.anchors.insert(frame.anchor, Anchored { node: frame.node, value: value.clone(), nodes, height });
        }
        self.complete(Complete { node: frame.node, value, height });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, range: &Range<usize>) -> Result<(), Fatal> {
        let node = self.push(range, NodeKind::Alias)?;
        let (value, height) = match self.anchors.get(&anchor) {
            Some(anchored) => {
                let (target, nodes, height) = (anchored.node, anchored.nodes, anchored.height);
                self.check_depth(height, range)?;
                self.count(nodes, range)?;
                self.tree.nodes[node as usize].first = target;
                (self.anchors[&anchor].value.clone(), height)
            }
            None => {
                self.tree.nodes[node as usize].kind = NodeKind::Plain;
                self.note(range.clone(), "an alias for something that it is a part of");
                (Value::Null, 0)
            }
        };
        if self.in_key_position() {
            self.note(range.clone(), "an alias cannot be a key");
        }
        self.complete(Complete { node, value, height });
        Ok(())
    }

    /// Puts a node that has been read where it belongs.
    fn complete(&mut self, done: Complete) {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(done.value);
            return;
        };
        frame.height = frame.height.max(done.height);
        match &mut frame.content {
            Content::List(items) => {
                items.push(done.value);
                link(&mut self.tree, frame, done.node);
            }
            Content::Map { key: key @ None, .. } => *key = Some(Key { node: done.node, text: None }),
            Content::Map { map, key, .. } => {
                if let Some(Key { node, text: Some(text) }) = key.take() {
                    map.insert(text, done.value);
                    link(&mut self.tree, frame, node);
                    link(&mut self.tree, frame, done.node);
                }
            }
        }
    }
}

/// Whether a value starts behind this part of a line: behind a key, in a list, or as an item.
fn is_start_of_value(before: &str) -> bool {
    let quoted = before.matches('"').count() % 2 == 1 || before.matches('\'').count() % 2 == 1;
    !quoted && (before.trim_end().ends_with([':', '-', ',', '[']) || before.trim().is_empty())
}

fn link(tree: &mut Tree, frame: &mut Frame, child: NodeIndex) {
    match frame.last_child {
        NONE => tree.nodes[frame.node as usize].first = child,
        last => tree.nodes[last as usize].next = child,
    }
    frame.last_child = child;
}

fn fatal(range: Range<usize>, message: impl Into<String>) -> Fatal {
    Box::new(Finding::new(range, message))
}
