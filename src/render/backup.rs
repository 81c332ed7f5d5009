//! BACKUP, RESTORE and what reads a backup, by the very builders of what is sent.

use indexmap::IndexMap;
use serde_json::Value;

use super::{
    ShownStatement, StatementKind,
    action::{Describe, Site, source},
};
use crate::{
    name::{Name, item_label},
    plan::{
        actions::{AllDatabases, Backup, Inspect, Restore, RestoreMembers, RestorePhase, RestoreStatements},
        expanded::Action,
        text::{Scalar, Template, TemplateOrList},
    },
    statements::{
        self, AsReviewed, ReviewedName, ReviewedPlace, ReviewedValue, SettingRefused, Settings, Subject, setting_text,
    },
    template::{self, Dialect, Expression},
};

/// Where a template says that a backup is.
enum Origin {
    /// Where this step makes or finds one.
    Step { store: Name, path: String },
    /// At this path of the store that is named beside it.
    Path(String),
    /// What this expression gives.
    Unknown(String),
}

impl Site<'_> {
    /// A place in a store, by the environment's own name where it is not known where that is.
    pub(super) fn place(&self, store: &Name, path: &str) -> ReviewedPlace {
        let (name, _) = self.target(store);
        let target = self.environment.and_then(|it| it.targets.get(&name));
        let url = target.and_then(|it| it.url.as_deref());
        let url = url.map_or_else(|| format!("<{name}>"), super::without_credentials);
        ReviewedPlace::new(&url, path, target.and_then(|it| it.access_key_id.as_ref()).map(source))
    }

    /// Where a backup is: what its step says, or a path in `store`.
    fn backup(&self, from: &Template, store: Option<&Name>) -> ReviewedPlace {
        match (self.origin(from), store) {
            (Origin::Step { store, path }, _) => self.place(&store, &path),
            (Origin::Path(path), Some(store)) => self.place(store, &path),
            (Origin::Path(symbol), None) | (Origin::Unknown(symbol), _) => ReviewedPlace::Unknown(symbol),
        }
    }

    fn origin(&self, from: &Template) -> Origin {
        let parsed = template::Template::parse(&from.0, Dialect::Text);
        let Some(expression) = parsed.as_ref().ok().and_then(template::Template::whole) else {
            return Origin::Path(self.text(from));
        };
        let reads_run = expression.references().iter().any(|it| it.namespace() != "inputs");
        match self.outputs_of(expression) {
            Some(Action::Backup(backup)) => {
                Origin::Step { store: backup.to.store.clone(), path: self.text(&backup.to.path) }
            }
            Some(Action::Inspect(inspect)) => match self.origin(&inspect.backup) {
                Origin::Path(path) => Origin::Step { store: inspect.on.clone(), path },
                origin => origin,
            },
            // What a run gives there may name another store than the one beside it; a `path` does not.
            _ if reads_run && !expression.source().ends_with(".path") => Origin::Unknown(self.text(from)),
            _ => Origin::Path(self.text(from)),
        }
    }

    /// What the step does of which an expression is all outputs (`steps.backup`).
    fn outputs_of(&self, expression: &Expression) -> Option<&Action> {
        let [reference] = expression.references() else { return None };
        let step = reference.step().filter(|step| expression.source() == format!("steps.{step}"))?;
        let id = self.plan.scopes[self.scope].step(step);
        Some(&self.plan.steps.iter().find(|it| it.id == id)?.action)
    }

    fn name(&self, template: &Template) -> ReviewedName {
        ReviewedName::Text(self.text(template))
    }

    fn names(&self, list: &TemplateOrList) -> Vec<ReviewedName> {
        let known = |items: Vec<Value>| {
            items.iter().enumerate().map(|(index, item)| ReviewedName::Text(item_label(item, index))).collect()
        };
        match list {
            TemplateOrList::List(items) => items.iter().map(|it| self.name(it)).collect(),
            TemplateOrList::Template(template) => match self.known(&template.0) {
                Some(Value::Array(items)) => known(items),
                _ => vec![ReviewedName::EachOf(self.text(template))],
            },
        }
    }

    fn all(&self, databases: &AllDatabases) -> Subject<AsReviewed> {
        Subject::AllExcept(databases.except.iter().map(|it| self.name(it)).collect())
    }

    /// The value of a setting with its type, where no run is needed for it.
    fn value(&self, scalar: &Scalar) -> ReviewedValue {
        let Value::String(text) = &scalar.0 else { return ReviewedValue::Known(scalar.0.clone()) };
        let whole = template::Template::parse(text, Dialect::Text).is_ok_and(|it| it.whole().is_some());
        match self.known(text) {
            Some(value) => ReviewedValue::Known(value),
            None if whole => ReviewedValue::Symbol(self.text(&Template(text.clone()))),
            None => ReviewedValue::Known(Value::String(self.text(&Template(text.clone())))),
        }
    }

    fn tracked(&self, of_plan: &IndexMap<String, Scalar>) -> Settings<AsReviewed> {
        let of_plan = of_plan.iter().map(|(name, value)| (name.clone(), self.value(value))).collect();
        Settings { id: "<run>/<task>/<attempt>".to_owned(), of_plan, known: () }
    }

    /// The settings of a statement in whose URL they are sent.
    pub(super) fn settings(&self, settings: &IndexMap<String, Scalar>) -> IndexMap<String, String> {
        let shown = |value: &Scalar| match self.value(value) {
            ReviewedValue::Known(value) => setting_text(&value),
            ReviewedValue::Symbol(symbol) => symbol,
        };
        settings.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
    }
}

/// A statement, or why it is never sent.
fn shown(on: String, text: Result<String, SettingRefused>) -> ShownStatement {
    match text {
        Ok(text) => ShownStatement::new(StatementKind::Sql, on, text),
        Err(refused) => ShownStatement::words(on, format!("nothing is sent: {refused}")),
    }
}

impl Describe for Backup {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let subject = match (&self.all, &self.tables, &self.database) {
            (Some(databases), _, _) => site.all(databases),
            (None, Some(tables), database) => {
                Subject::Tables { database: database.as_ref().map(|it| site.name(it)), tables: site.names(tables) }
            }
            (None, None, Some(database)) => Subject::Database(site.name(database)),
            (None, None, None) => return Vec::new(),
        };
        // Of another backup's outputs only the path is taken: a backup builds on one in the same store.
        let base = |base: &Template| match site.origin(base) {
            Origin::Step { path, .. } | Origin::Path(path) => site.place(&self.to.store, &path),
            Origin::Unknown(symbol) => ReviewedPlace::Unknown(symbol),
        };
        let backup = statements::Backup::<AsReviewed> {
            subject,
            to: site.place(&self.to.store, &site.text(&self.to.path)),
            base: self.base.as_ref().map(base),
            settings: site.tracked(&self.settings),
        };
        vec![shown(site.on_first(&self.on), backup.text())]
    }
}

/// What a restore sends in one of its phases.
pub(super) fn restore(restore: &Restore, phase: RestorePhase, site: &Site<'_>) -> Vec<ShownStatement> {
    let database = || restore.database.as_ref().map(|it| site.name(it));
    let subjects: Vec<Subject<AsReviewed>> = match phase.statements {
        RestoreStatements::All => restore.all.iter().map(|it| site.all(it)).collect(),
        RestoreStatements::Database => database().into_iter().map(Subject::Database).collect(),
        RestoreStatements::EachTable => {
            let names = restore.tables.iter().flat_map(|tables| site.names(tables));
            names.map(|name| Subject::Tables { database: database(), tables: vec![name] }).collect()
        }
    };
    let a_table = if phase.statements == RestoreStatements::EachTable { ", one statement a table" } else { "" };
    let on = match phase.members {
        RestoreMembers::Every => site.on(&restore.on),
        RestoreMembers::OneOfEachShard => format!("{} (one replica of each shard{a_table})", site.on(&restore.on)),
    };
    let statement = |subject| {
        let restore = statements::Restore::<AsReviewed> {
            subject,
            from: site.backup(&restore.from, restore.store.as_ref()),
            into: phase.into,
            structure_only: phase.structure_only,
            settings: site.tracked(&restore.settings),
        };
        shown(on.clone(), restore.text())
    };
    subjects.into_iter().map(statement).collect()
}

impl Describe for Inspect {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let through = self.through.as_ref().map_or_else(|| "houseplan".to_owned(), |it| site.on_first(it));
        let backup = site.backup(&self.backup, Some(&self.on)).sql();
        let text = format!("read .backup of {backup}, and that every file in it is there with its size");
        vec![ShownStatement::words(format!("{} through {through}", site.on(&self.on)), text)]
    }
}
