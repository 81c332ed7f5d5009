//! The parts of BACKUP, RESTORE and their settings, for the builders of what is sent.

use indexmap::IndexMap;
use serde_json::Value;

use super::{Action, AllDatabases};
use crate::{
    name::{Name, item_label},
    plan::{
        describe::RenderContext,
        text::{Scalar, TemplateOrList, TemplateText},
    },
    statements::{AsReviewed, ReviewedName, ReviewedPlace, ReviewedValue, Settings, Subject, setting_text},
    template::{self, Dialect, Expression},
};

/// Where a template says that a backup is.
pub(super) enum Origin {
    /// Where this step makes or finds one.
    Step { store: Name, path: String },
    /// At this path of the store that is named beside it.
    Path(String),
    /// What this expression gives.
    Unknown(String),
}

impl RenderContext<'_> {
    /// A place in a store, by the environment's own name where it is not known where that is.
    pub fn place(&self, store: &Name, path: &str) -> ReviewedPlace {
        let target = self.target(store);
        let url = target.and_then(|it| it.url.clone());
        let url = url.unwrap_or_else(|| format!("<{}>", self.scope().target(store)));
        ReviewedPlace::new(&url, path, target.map(|it| it.access.clone()).unwrap_or_default())
    }

    /// Where a backup is: what its step says, or a path in `store`.
    pub fn backup(&self, from: &TemplateText, store: Option<&Name>) -> ReviewedPlace {
        match (self.origin(from), store) {
            (Origin::Step { store, path }, _) => self.place(&store, &path),
            (Origin::Path(path), Some(store)) => self.place(store, &path),
            (Origin::Path(symbol), None) | (Origin::Unknown(symbol), _) => ReviewedPlace::Unknown(symbol),
        }
    }

    pub(super) fn origin(&self, from: &TemplateText) -> Origin {
        let parsed = template::Template::parse(&from.0, Dialect::Text);
        let Some(expression) = parsed.as_ref().ok().and_then(template::Template::whole) else {
            return Origin::Path(self.text(from));
        };
        // What a run gives may name another store than the one beside it; its `path` alone does not.
        let (outputs, of_path) = match expression.source().strip_suffix(".path") {
            Some(outputs) => (outputs, true),
            None => (expression.source(), false),
        };
        match (self.made_by(expression, outputs), of_path) {
            (Some(Origin::Step { path, .. }), true) => Origin::Path(path),
            (Some(origin), false) => origin,
            (None, false) if expression.references().iter().any(|it| it.namespace() != "inputs") => {
                Origin::Unknown(self.text(from))
            }
            _ => Origin::Path(self.text(from)),
        }
    }

    /// Where the backup is of a step whose outputs these are (`steps.backup`).
    fn made_by(&self, expression: &Expression, outputs: &str) -> Option<Origin> {
        match self.step_of(expression, outputs)? {
            Action::Backup(backup) => {
                Some(Origin::Step { store: backup.to.store.clone(), path: self.text(&backup.to.path) })
            }
            Action::Inspect(inspect) => Some(match self.origin(&inspect.backup) {
                Origin::Path(path) => Origin::Step { store: inspect.on.clone(), path },
                origin => origin,
            }),
            _ => None,
        }
    }

    fn step_of(&self, expression: &Expression, outputs: &str) -> Option<&Action> {
        let [reference] = expression.references() else { return None };
        let step = reference.step().filter(|step| outputs == format!("steps.{step}"))?;
        let id = self.scope().step(step);
        let made = self.plan.steps.iter().find(|it| it.id == id)?;
        // Outputs of its own may put others in these places.
        let its_own = !["store", "path"].iter().any(|output| made.outputs.contains_key(*output));
        its_own.then_some(&made.action)
    }

    pub fn name(&self, template: &TemplateText) -> ReviewedName {
        ReviewedName::Text(self.text(template))
    }

    pub fn names(&self, list: &TemplateOrList) -> Vec<ReviewedName> {
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

    pub fn all(&self, databases: &AllDatabases) -> Subject<AsReviewed> {
        Subject::AllExcept(databases.except.iter().map(|it| self.name(it)).collect())
    }

    /// The value of a setting with its type, where no run is needed for it.
    fn value(&self, scalar: &Scalar) -> ReviewedValue {
        let Value::String(text) = &scalar.0 else { return ReviewedValue::Known(scalar.0.clone()) };
        let whole = template::Template::parse(text, Dialect::Text).is_ok_and(|it| it.whole().is_some());
        match self.known(text) {
            Some(value) => ReviewedValue::Known(value),
            None if whole => ReviewedValue::Symbol(self.text(&TemplateText(text.clone()))),
            None => ReviewedValue::Known(Value::String(self.text(&TemplateText(text.clone())))),
        }
    }

    pub fn tracked(&self, of_plan: &IndexMap<String, Scalar>) -> Settings<AsReviewed> {
        let of_plan = of_plan.iter().map(|(name, value)| (name.clone(), self.value(value))).collect();
        Settings { id: "<run>/<task>/<attempt>".to_owned(), of_plan, known: () }
    }

    /// The settings of a statement in whose URL they are sent.
    pub fn settings(&self, settings: &IndexMap<String, Scalar>) -> IndexMap<String, String> {
        let shown = |value: &Scalar| match self.value(value) {
            ReviewedValue::Known(value) => setting_text(&value),
            ReviewedValue::Symbol(symbol) => symbol,
        };
        settings.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
    }
}
