//! The one walk over a step: every template, expression and target in it, each with what it is there and its place.
//!
//! Validation, lints, the targets that a run locks, what later steps read of a step and whether a check is read around each
//! task are all told from it, so that what one of them sees, all see. It says nothing of what is right. Every action walks
//! over itself ([`super::actions::ActionSpec::visit`]).

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    actions::{ActionSpec, Check, PlanInclusion},
    expanded::ExpandedStep,
    model::{Step, TargetKind},
    text::{ExpressionText, OneOrMany, Scalar, TemplateOrList, TemplateText},
};
use crate::{
    document::Place,
    name::Name,
    template::{self, Dialect, Reference},
};

/// Something at the end of a step's tree.
#[derive(Debug, Clone, Copy)]
pub enum Leaf<'a> {
    Template(&'a str, Dialect),
    Expression(&'a ExpressionText),
    /// A path in a store, which was handed on as a template as well; the template may give something else than a path.
    StorePath(&'a str),
    Target(TargetLeaf<'a>),
}

/// A target's name, where one of this kind has to stand.
#[derive(Debug, Clone, Copy)]
pub struct TargetLeaf<'a> {
    /// As the step's scope calls it.
    pub name: &'a Name,
    pub kind: TargetKind,
    pub role: TargetRole,
    /// Whether the step can do without members of it that cannot be reached.
    pub may_be_absent: bool,
}

/// What a target is to an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetRole {
    /// It is acted on, or read.
    Subject,
    /// A backup lies in it.
    Store,
    /// Its servers do it, to the subject.
    Through,
}

/// What part of a step a leaf stands in; it says which names are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    When,
    ForEach,
    Precondition,
    Action,
    Postcondition,
    /// The `expect` or `otherwise` of any check: `row` and `rows` are there as well.
    Expect {
        after: bool,
    },
    Output,
}

/// A leaf, where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Visited<'a, 'p> {
    pub leaf: Leaf<'a>,
    pub part: Part,
    path: &'p [Segment<'a>],
}

#[derive(Debug, Clone, Copy)]
enum Segment<'a> {
    Key(&'a str),
    Item(usize),
}

impl Visited<'_, '_> {
    /// Its place, in the step (or whatever was walked over) that stands at `root`.
    pub fn place(&self, root: &Place) -> Place {
        let mut pointer = root.pointer.clone();
        for segment in self.path {
            match segment {
                Segment::Key(key) => _ = write!(pointer, "/{}", key.replace('~', "~0").replace('/', "~1")),
                Segment::Item(index) => _ = write!(pointer, "/{index}"),
            }
        }
        Place::new(root.file, pointer)
    }

    /// What it refers to; nothing where it is a target, or no template at all.
    pub fn references(&self) -> Vec<Reference> {
        match self.leaf {
            Leaf::Template(text, dialect) => {
                template::Template::parse(text, dialect).map(|it| it.references().to_vec()).unwrap_or_default()
            }
            Leaf::Expression(expression) => {
                template::Expression::parse(&expression.0).map(|it| it.references().to_vec()).unwrap_or_default()
            }
            Leaf::StorePath(_) | Leaf::Target(_) => Vec::new(),
        }
    }
}

/// Who walks: knows where it is, and hands on each leaf.
pub struct Visitor<'a, 'v> {
    each: &'v mut dyn FnMut(Visited<'a, '_>),
    part: Part,
    path: Vec<Segment<'a>>,
}

impl<'a> Visitor<'a, '_> {
    fn leaf(&mut self, leaf: Leaf<'a>) {
        (self.each)(Visited { leaf, part: self.part, path: &self.path });
    }

    fn inside(&mut self, segment: Segment<'a>, walk: impl FnOnce(&mut Self)) {
        self.path.push(segment);
        walk(self);
        self.path.pop();
    }

    /// What stands below `key`.
    pub fn key(&mut self, key: &'a str, walk: impl FnOnce(&mut Self)) {
        self.inside(Segment::Key(key), walk);
    }

    fn items<T>(&mut self, items: &'a [T], walk: impl Fn(&mut Self, &'a T)) {
        for (index, item) in items.iter().enumerate() {
            self.inside(Segment::Item(index), |it| walk(it, item));
        }
    }

    /// A text with placeholders.
    pub fn text(&mut self, key: &'a str, template: &'a TemplateText) {
        self.key(key, |it| it.leaf(Leaf::Template(&template.0, Dialect::Text)));
    }

    pub fn optional_text(&mut self, key: &'a str, template: Option<&'a TemplateText>) {
        if let Some(template) = template {
            self.text(key, template);
        }
    }

    /// A path in a store, or a template that gives it, or that gives the outputs of a step with a `path` among them.
    pub fn store_path(&mut self, key: &'a str, template: &'a TemplateText) {
        self.text(key, template);
        self.key(key, |it| it.leaf(Leaf::StorePath(&template.0)));
    }

    pub fn optional_store_path(&mut self, key: &'a str, template: Option<&'a TemplateText>) {
        if let Some(template) = template {
            self.store_path(key, template);
        }
    }

    /// Statements.
    pub fn sql(&mut self, key: &'a str, template: &'a TemplateText) {
        self.key(key, |it| it.leaf(Leaf::Template(&template.0, Dialect::Sql)));
    }

    pub fn texts(&mut self, key: &'a str, templates: &'a [TemplateText]) {
        self.key(key, |it| it.items(templates, |it, text| it.leaf(Leaf::Template(&text.0, Dialect::Text))));
    }

    pub fn list(&mut self, key: &'a str, list: Option<&'a TemplateOrList>) {
        match list {
            Some(TemplateOrList::Template(template)) => self.text(key, template),
            Some(TemplateOrList::List(templates)) => self.texts(key, templates),
            None => {}
        }
    }

    pub fn expression(&mut self, key: &'a str, expression: &'a ExpressionText) {
        self.key(key, |it| it.leaf(Leaf::Expression(expression)));
    }

    pub fn target(&mut self, key: &'a str, name: &'a Name, kind: TargetKind, role: TargetRole) {
        self.key(key, |it| it.leaf(Leaf::Target(TargetLeaf { name, kind, role, may_be_absent: false })));
    }

    /// One that is written without a list is found at its parent: there is nothing below a scalar.
    pub fn targets(&mut self, key: &'a str, names: &'a OneOrMany<Name>, kind: TargetKind, role: TargetRole) {
        self.key(key, |it| {
            it.items(&names.0, |it, name| it.leaf(Leaf::Target(TargetLeaf { name, kind, role, may_be_absent: false })));
        });
    }

    /// The same, of targets whose members may be absent where this says so.
    pub fn servers(&mut self, key: &'a str, names: &'a OneOrMany<Name>, may_be_absent: bool) {
        let (kind, role) = (TargetKind::Clickhouse, TargetRole::Subject);
        self.key(key, |it| {
            it.items(&names.0, |it, name| it.leaf(Leaf::Target(TargetLeaf { name, kind, role, may_be_absent })));
        });
    }

    /// Settings of statements: a string among them is a template.
    pub fn settings(&mut self, settings: &'a indexmap::IndexMap<String, Scalar>) {
        self.key("settings", |it| {
            for (name, value) in settings {
                if let Value::String(text) = &value.0 {
                    it.key(name, |it| it.leaf(Leaf::Template(text, Dialect::Text)));
                }
            }
        });
    }

    /// The templates in a free value.
    pub fn value(&mut self, value: &'a Value) {
        match value {
            Value::String(text) => self.leaf(Leaf::Template(text, Dialect::Text)),
            Value::Array(items) => self.items(items, Self::value),
            Value::Object(map) => map.iter().for_each(|(key, value)| self.key(key, |it| it.value(value))),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// What a check reads, then what it expects and says.
    pub fn check(&mut self, check: &'a Check) {
        let part = self.part;
        if let Some((word, action)) = check.spec() {
            self.key(word, |it| action.visit(it));
        }
        self.part = Part::Expect { after: part == Part::Postcondition };
        if let Some(expect) = &check.expect {
            self.expression("expect", expect);
        }
        self.optional_text("otherwise", check.otherwise.as_ref());
        self.part = part;
    }

    pub fn checks(&mut self, checks: &'a [Check]) {
        self.items(checks, Self::check);
    }

    fn part(&mut self, part: Part, walk: impl FnOnce(&mut Self)) {
        self.part = part;
        walk(self);
    }
}

/// What there is to walk over, of a step as it is written and of one that was expanded.
struct Parts<'a> {
    when: Option<&'a ExpressionText>,
    for_each: Option<&'a ExpressionText>,
    preconditions: &'a [Check],
    action: Option<(&'static str, &'a dyn ActionSpec)>,
    inclusion: Option<&'a PlanInclusion>,
    postconditions: &'a [Check],
    outputs: &'a indexmap::IndexMap<Name, ExpressionText>,
}

impl<'a> Parts<'a> {
    fn visit(self, each: &mut dyn FnMut(Visited<'a, '_>)) {
        let mut visitor = Visitor { each, part: Part::When, path: Vec::new() };
        for (part, key, expression) in [(Part::When, "when", self.when), (Part::ForEach, "for_each", self.for_each)] {
            if let Some(expression) = expression {
                visitor.part(part, |it| it.expression(key, expression));
            }
        }
        visitor.part(Part::Precondition, |it| it.key("preconditions", |it| it.checks(self.preconditions)));
        visitor.part(Part::Action, |it| {
            if let Some((word, action)) = self.action {
                it.key(word, |it| action.visit(it));
            }
            if let Some(inclusion) = self.inclusion {
                it.key("plan", |it| inclusion.visit(it));
            }
        });
        visitor.part(Part::Postcondition, |it| it.key("postconditions", |it| it.checks(self.postconditions)));
        visitor.part(Part::Output, |it| {
            it.key("outputs", |it| {
                self.outputs.iter().for_each(|(name, expression)| it.expression(name.as_str(), expression));
            });
        });
    }
}

impl Step {
    /// Hands on every leaf of the step.
    pub fn visit<'a>(&'a self, each: &mut dyn FnMut(Visited<'a, '_>)) {
        let parts = Parts {
            when: self.when.as_ref(),
            for_each: self.for_each.as_ref(),
            preconditions: &self.preconditions,
            action: self.spec(),
            inclusion: self.plan.as_deref(),
            postconditions: &self.postconditions,
            outputs: &self.outputs,
        };
        parts.visit(each);
    }
}

impl ExpandedStep {
    /// Hands on every leaf of the step. What an inclusion gives to the inputs of a plan is no part of its two ends.
    pub fn visit<'a>(&'a self, each: &mut dyn FnMut(Visited<'a, '_>)) {
        let parts = Parts {
            when: self.when.as_ref(),
            for_each: self.for_each.as_ref(),
            preconditions: &self.preconditions,
            action: Some((self.action.word(), self.action.spec())),
            inclusion: None,
            postconditions: &self.postconditions,
            outputs: &self.outputs,
        };
        parts.visit(each);
    }

    /// The targets that it acts on or reads, as its scope calls them, each with the part that it stands in.
    pub fn targets(&self) -> Vec<(Part, TargetLeaf<'_>)> {
        let mut targets = Vec::new();
        self.visit(&mut |visited| {
            if let Leaf::Target(target) = visited.leaf {
                targets.push((visited.part, target));
            }
        });
        targets
    }
}

impl Check {
    /// Hands on every leaf of the check, as one that is read before a step.
    pub fn visit<'a>(&'a self, each: &mut dyn FnMut(Visited<'a, '_>)) {
        Visitor { each, part: Part::Precondition, path: Vec::new() }.check(self);
    }

    /// Whether it uses one of these namespaces (`member`, `inputs`, …).
    pub fn uses(&self, namespaces: &[&str]) -> bool {
        let mut uses = false;
        self.visit(&mut |visited| {
            uses = uses || visited.references().iter().any(|it| namespaces.contains(&it.namespace()));
        });
        uses
    }

    /// The targets whose content it reads, as its scope calls them.
    pub fn subjects(&self) -> Vec<&Name> {
        let mut subjects = Vec::new();
        self.visit(&mut |visited| {
            if let Leaf::Target(TargetLeaf { name, role: TargetRole::Subject, .. }) = visited.leaf {
                subjects.push(name);
            }
        });
        subjects
    }
}
