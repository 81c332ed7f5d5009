//! The leaves of a step: every template, expression and target in it, each with its place and what it is there.
//!
//! One walk for all who look at them: validation, lints, the digest. Says nothing of what is right.

use serde_json::Value;

use super::{
    actions::{AllDatabases, Compare, Inspect, Inventory, KeeperAction, PlanInclusion, S3Action, Sql, StorePath},
    model::{Check, Step, TargetKind},
    text::{Expression, OneOrMany, Scalar, Template, TemplateOrList},
};
use crate::{document::Place, name::Name, template::Dialect};

/// Something at the end of a step's tree.
#[derive(Debug, Clone, Copy)]
pub enum Leaf<'a> {
    Template(&'a str, Dialect),
    Expression(&'a Expression),
    /// A target's name, where one of this kind has to stand.
    Target(&'a Name, TargetKind),
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
#[derive(Debug)]
pub struct LeafAt<'a> {
    pub leaf: Leaf<'a>,
    pub part: Part,
    pub place: Place,
}

/// All leaves of the step that stands at `place`.
pub fn of_step<'a>(step: &'a Step, place: &Place) -> Vec<LeafAt<'a>> {
    let mut walk = Walk { leaves: Vec::new(), part: Part::When };
    for (expression, key, part) in [(&step.when, "when", Part::When), (&step.for_each, "for_each", Part::ForEach)] {
        if let Some(expression) = expression {
            walk.part = part;
            walk.leaf(Leaf::Expression(expression), place.child(key));
        }
    }
    walk.part = Part::Precondition;
    walk.checks(&step.preconditions, &place.child("preconditions"));
    walk.part = Part::Action;
    walk.action(step, place);
    walk.part = Part::Postcondition;
    walk.checks(&step.postconditions, &place.child("postconditions"));
    walk.part = Part::Output;
    for (name, expression) in &step.outputs {
        walk.leaf(Leaf::Expression(expression), place.child("outputs").child(name.as_str()));
    }
    walk.leaves
}

struct Walk<'a> {
    leaves: Vec<LeafAt<'a>>,
    part: Part,
}

impl<'a> Walk<'a> {
    fn leaf(&mut self, leaf: Leaf<'a>, place: Place) {
        self.leaves.push(LeafAt { leaf, part: self.part, place });
    }

    fn text(&mut self, template: &'a Template, place: Place) {
        self.leaf(Leaf::Template(&template.0, Dialect::Text), place);
    }

    fn optional(&mut self, template: Option<&'a Template>, parent: &Place, key: &str) {
        if let Some(template) = template {
            self.text(template, parent.child(key));
        }
    }

    fn list(&mut self, templates: &'a [Template], place: &Place) {
        for (index, template) in templates.iter().enumerate() {
            self.text(template, place.item(index));
        }
    }

    fn text_or_list(&mut self, value: Option<&'a TemplateOrList>, parent: &Place, key: &str) {
        match value {
            Some(TemplateOrList::Template(template)) => self.text(template, parent.child(key)),
            Some(TemplateOrList::List(list)) => self.list(list, &parent.child(key)),
            None => {}
        }
    }

    fn target(&mut self, name: &'a Name, kind: TargetKind, place: Place) {
        self.leaf(Leaf::Target(name, kind), place);
    }

    fn targets(&mut self, names: &'a OneOrMany<Name>, kind: TargetKind, place: &Place) {
        // One that is written without a list is found at its parent: there is nothing below a scalar.
        for (index, name) in names.0.iter().enumerate() {
            self.target(name, kind, place.item(index));
        }
    }

    fn settings(&mut self, settings: &'a indexmap::IndexMap<String, Scalar>, place: &Place) {
        for (name, value) in settings {
            if let Value::String(text) = &value.0 {
                self.leaf(Leaf::Template(text, Dialect::Text), place.child(name));
            }
        }
    }

    fn all(&mut self, all: Option<&'a AllDatabases>, place: &Place) {
        if let Some(all) = all {
            self.list(&all.except, &place.child("all").child("except"));
        }
    }

    fn store_path(&mut self, to: &'a StorePath, place: &Place) {
        self.target(&to.store, TargetKind::S3, place.child("store"));
        self.text(&to.path, place.child("path"));
    }

    fn checks(&mut self, checks: &'a [Check], place: &Place) {
        for (index, check) in checks.iter().enumerate() {
            self.check(check, &place.item(index));
        }
    }

    fn check(&mut self, check: &'a Check, place: &Place) {
        let part = self.part;
        if let Some(sql) = &check.sql {
            self.sql(sql, &place.child("sql"));
        }
        if let Some(inspect) = &check.inspect {
            self.inspect(inspect, &place.child("inspect"));
        }
        if let Some(inventory) = &check.inventory {
            self.inventory(inventory, &place.child("inventory"));
        }
        if let Some(compare) = &check.compare {
            self.compare(compare, &place.child("compare"));
        }
        if let Some(keeper) = &check.keeper {
            self.keeper(keeper, &place.child("keeper"));
        }
        if let Some(s3) = &check.s3 {
            self.s3(s3, &place.child("s3"));
        }
        self.part = Part::Expect { after: part == Part::Postcondition };
        if let Some(expect) = &check.expect {
            self.leaf(Leaf::Expression(expect), place.child("expect"));
        }
        self.optional(check.otherwise.as_ref(), place, "otherwise");
        self.part = part;
    }

    fn action(&mut self, step: &'a Step, place: &Place) {
        if let Some(sql) = &step.sql {
            self.sql(sql, &place.child("sql"));
        }
        if let Some(backup) = &step.backup {
            let place = &place.child("backup");
            self.target(&backup.on, TargetKind::Clickhouse, place.child("on"));
            self.optional(backup.database.as_ref(), place, "database");
            self.text_or_list(backup.tables.as_ref(), place, "tables");
            self.all(backup.all.as_ref(), place);
            self.store_path(&backup.to, &place.child("to"));
            self.optional(backup.base.as_ref(), place, "base");
            self.settings(&backup.settings, &place.child("settings"));
        }
        if let Some(restore) = &step.restore {
            let place = &place.child("restore");
            self.target(&restore.on, TargetKind::Clickhouse, place.child("on"));
            self.text(&restore.from, place.child("from"));
            if let Some(store) = &restore.store {
                self.target(store, TargetKind::S3, place.child("store"));
            }
            self.text_or_list(restore.tables.as_ref(), place, "tables");
            self.optional(restore.database.as_ref(), place, "database");
            self.all(restore.all.as_ref(), place);
            self.settings(&restore.settings, &place.child("settings"));
        }
        if let Some(inspect) = &step.inspect {
            self.inspect(inspect, &place.child("inspect"));
        }
        if let Some(inventory) = &step.inventory {
            self.inventory(inventory, &place.child("inventory"));
        }
        if let Some(compare) = &step.compare {
            self.compare(compare, &place.child("compare"));
        }
        if let Some(checks) = &step.check {
            self.checks(checks, &place.child("check"));
        }
        if let Some(exec) = &step.exec {
            let place = &place.child("exec");
            self.target(&exec.on, TargetKind::Local, place.child("on"));
            self.list(&exec.command, &place.child("command"));
            for (name, value) in &exec.env {
                self.text(value, place.child("env").child(name));
            }
            self.optional(exec.directory.as_ref(), place, "directory");
        }
        if let Some(keeper) = &step.keeper {
            self.keeper(keeper, &place.child("keeper"));
        }
        if let Some(s3) = &step.s3 {
            self.s3(s3, &place.child("s3"));
        }
        if let Some(approve) = &step.approve {
            let place = &place.child("approve");
            self.text(&approve.show, place.child("show"));
            self.optional(approve.message.as_ref(), place, "message");
        }
        if let Some(plan) = &step.plan {
            self.leaves.extend(of_inclusion(plan, &place.child("plan")));
        }
    }

    fn sql(&mut self, sql: &'a Sql, place: &Place) {
        self.targets(&sql.on, TargetKind::Clickhouse, &place.child("on"));
        self.leaf(Leaf::Template(&sql.query.0, Dialect::Sql), place.child("query"));
        self.settings(&sql.settings, &place.child("settings"));
    }

    fn inspect(&mut self, inspect: &'a Inspect, place: &Place) {
        self.target(&inspect.on, TargetKind::S3, place.child("on"));
        self.text(&inspect.backup, place.child("backup"));
        self.optional(inspect.database.as_ref(), place, "database");
        if let Some(through) = &inspect.through {
            self.target(through, TargetKind::Clickhouse, place.child("through"));
        }
    }

    fn inventory(&mut self, inventory: &'a Inventory, place: &Place) {
        self.target(&inventory.on, TargetKind::Clickhouse, place.child("on"));
        self.text(&inventory.database, place.child("database"));
        self.text_or_list(inventory.except.as_ref(), place, "except");
    }

    fn compare(&mut self, compare: &'a Compare, place: &Place) {
        self.text(&compare.left, place.child("left"));
        self.target(&compare.right, TargetKind::Clickhouse, place.child("right"));
        self.optional(compare.database.as_ref(), place, "database");
    }

    fn keeper(&mut self, keeper: &'a KeeperAction, place: &Place) {
        self.target(&keeper.on, TargetKind::Keeper, place.child("on"));
        self.text_or_list(keeper.remove.as_ref(), place, "remove");
        self.optional(keeper.exists.as_ref(), place, "exists");
        if let Some(through) = &keeper.through {
            self.target(through, TargetKind::Clickhouse, place.child("through"));
        }
    }

    fn s3(&mut self, s3: &'a S3Action, place: &Place) {
        self.target(&s3.on, TargetKind::S3, place.child("on"));
        for (key, template) in
            [("probe", &s3.probe), ("exists", &s3.exists), ("list", &s3.list), ("remove", &s3.remove)]
        {
            self.optional(template.as_ref(), place, key);
        }
        if let Some(through) = &s3.through {
            self.targets(through, TargetKind::Clickhouse, &place.child("through"));
        }
    }
}

/// The templates in the values that an inclusion gives to the inputs of what it includes.
pub fn of_inclusion<'a>(plan: &'a PlanInclusion, place: &Place) -> Vec<LeafAt<'a>> {
    let mut leaves = Vec::new();
    for (name, value) in &plan.with {
        of_value(value, place.child("with").child(name.as_str()), &mut leaves);
    }
    leaves
}

/// The templates in a free value.
pub fn of_value<'a>(value: &'a Value, place: Place, leaves: &mut Vec<LeafAt<'a>>) {
    match value {
        Value::String(text) => {
            leaves.push(LeafAt { leaf: Leaf::Template(text, Dialect::Text), part: Part::Action, place });
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                of_value(item, place.item(index), leaves);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                of_value(item, place.child(key), leaves);
            }
        }
        _ => {}
    }
}
