//! What each action will send or run, in words a reviewer can judge.
//!
//! The statements that houseplan makes by itself come from the builders of what is sent ([`statements`]), with what only a run
//! knows as `<run>`, and every credential as where it comes from.

use indexmap::IndexMap;
use serde_json::Value;

use super::{Files, ShownStatement, StatementKind, backup, named};

use crate::{
    environment::model::{EnvironmentDocument, SecretSource},
    name::{Name, item_label},
    plan::{
        actions::{
            Absent, Action, Approve, Check, CheckAction, Compare, Effect, Exec, Extra, Inventory, KeeperAction,
            S3Action, Sql,
        },
        expanded::ExpandedPlan,
        text::{Template, TemplateOrList},
    },
    sql,
    statements::{self, AsReviewed, drop_replica},
    template::{self, Dialect, InputValues, identifier, without_placeholders},
};

/// Something whose doing can be shown.
pub(super) trait Describe {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement>;
}

/// Where a action stands: what its names mean.
pub(super) struct Site<'a> {
    pub(super) plan: &'a ExpandedPlan,
    pub(super) environment: Option<&'a EnvironmentDocument>,
    pub(super) scope: usize,
    /// Of every scope.
    pub(super) inputs: &'a [InputValues],
    pub(super) files: &'a Files,
}

impl Site<'_> {
    /// A template as far as it is known.
    pub(super) fn text(&self, template: &Template) -> String {
        self.symbolic(&template.0, Dialect::Text)
    }

    /// A template's value with its type, where no run is needed for it and no secret is in it.
    pub(super) fn known(&self, text: &str) -> Option<Value> {
        let scope = template::Scope::of_inputs(&self.inputs[self.scope]);
        template::Template::parse(text, Dialect::Text).ok()?.value(&scope).ok()
    }

    fn symbolic(&self, text: &str, dialect: Dialect) -> String {
        let scope = template::Scope::of_inputs(&self.inputs[self.scope]);
        match template::Template::parse(text, dialect) {
            Ok(template) => template.symbolic(&scope),
            Err(_) => text.to_owned(),
        }
    }

    fn identifier(&self, template: &Template) -> String {
        let name = self.text(template);
        identifier(&name).unwrap_or(name)
    }

    fn list(&self, list: &TemplateOrList) -> Vec<String> {
        match list {
            TemplateOrList::Template(template) => vec![self.text(template)],
            TemplateOrList::List(items) => items.iter().map(|it| self.text(it)).collect(),
        }
    }

    /// The paths of a list, or that they are each of a list which only a run knows.
    fn paths(&self, list: &TemplateOrList) -> Vec<String> {
        match list {
            TemplateOrList::List(items) => items.iter().map(|it| self.text(it)).collect(),
            TemplateOrList::Template(template) => match self.known(&template.0) {
                Some(Value::Array(items)) => items.iter().enumerate().map(|(at, item)| item_label(item, at)).collect(),
                _ => vec![format!("<each of {}>", self.text(template))],
            },
        }
    }

    /// The environment's name of a target, and its members.
    pub(super) fn target(&self, name: &Name) -> (Name, Vec<&Name>) {
        let own = self.plan.scopes[self.scope].target(name).clone();
        let target = self.environment.and_then(|it| it.targets.get(&own));
        let members = target.and_then(|it| it.members.as_ref()).map(|it| it.keys().collect()).unwrap_or_default();
        (own, members)
    }

    /// `cluster: replica1, replica2`
    pub(super) fn on(&self, name: &Name) -> String {
        self.on_members(name, usize::MAX)
    }

    /// `cluster: replica1`: the member that does what is done once.
    pub(super) fn on_first(&self, name: &Name) -> String {
        self.on_members(name, 1)
    }

    fn on_members(&self, name: &Name, most: usize) -> String {
        let (name, members) = self.target(name);
        if members.is_empty() {
            return name.to_string();
        }
        format!("{name}: {}", members.iter().take(most).map(|it| it.as_str()).collect::<Vec<_>>().join(", "))
    }
}

/// Where a secret comes from.
pub(super) fn source(source: &SecretSource) -> String {
    match source {
        SecretSource::Env(name) => format!("env {name}"),
        SecretSource::File(path) => format!("file {path}"),
    }
}

impl ShownStatement {
    pub(super) fn new(kind: StatementKind, on: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind, on: on.into(), text: text.into(), settings: IndexMap::new(), files: Vec::new() }
    }

    pub(super) fn words(on: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(StatementKind::Words, on, text)
    }
}

impl Describe for CheckAction<'_> {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        match self {
            Self::Sql(it) => it.describe(site),
            Self::Inspect(it) => it.describe(site),
            Self::Inventory(it) => it.describe(site),
            Self::Compare(it) => it.describe(site),
            Self::Keeper(it) => it.describe(site),
            Self::S3(it) => it.describe(site),
        }
    }
}

impl Describe for Action {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        match self {
            Self::Sql(it) => it.describe(site),
            Self::Backup(it) => it.describe(site),
            Self::Restore(it) => backup::restore(it, it.phase(), site),
            Self::Inspect(it) => it.describe(site),
            Self::Inventory(it) => it.describe(site),
            Self::Compare(it) => it.describe(site),
            Self::Check(checks) => checks.iter().filter_map(Check::action).flat_map(|it| it.describe(site)).collect(),
            Self::Exec(it) => it.describe(site),
            Self::Keeper(it) => it.describe(site),
            Self::S3(it) => it.describe(site),
            Self::Approve(it) => it.describe(site),
            Self::IncludeStart | Self::IncludeEnd(_) => Vec::new(),
        }
    }
}

impl Describe for Sql {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let query = site.symbolic(&self.query.0, Dialect::Sql);
        let mut settings = site.settings(&self.settings);
        if self.effect() == Effect::Read {
            settings.insert("readonly".to_owned(), "2".to_owned());
        }
        let on = self.on.0.iter().map(|it| site.on(it)).collect::<Vec<_>>().join("; ");
        let absent = self.absent.map_or("", |Absent::Skip| " (passed over where it cannot be reached)");
        let on = format!("{on}{absent}");
        // A placeholder that is not bound yet may hold a semicolon in a string of its own.
        let masked = without_placeholders(&query);
        sql::split(&masked)
            .into_iter()
            .map(|it| ShownStatement {
                settings: settings.clone(),
                ..ShownStatement::new(StatementKind::Sql, on.clone(), &query[it.range])
            })
            .collect()
    }
}

impl Describe for Inventory {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let except: Vec<String> = self.except.iter().flat_map(|it| site.list(it)).collect();
        let except = if except.is_empty() { String::new() } else { format!(", except {}", except.join(", ")) };
        let checksum = if self.checksum { ", rows and their checksum (all rows are read)" } else { " and rows" };
        let text = format!(
            "inventory of {}{except}: columns, engine{checksum} of each table",
            site.identifier(&self.database)
        );
        vec![ShownStatement::words(site.on(&self.on), text)]
    }
}

impl Describe for Compare {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let by: Vec<&str> = self.by.iter().map(|aspect| aspect.word()).collect();
        let database = self.database.as_ref().map_or_else(String::new, |it| format!(" in {}", site.identifier(it)));
        let extra = match self.extra {
            Extra::Refuse => "",
            Extra::Ignore => "; tables that are only here are left out",
        };
        let text = format!("compare with {}{database} by {}{extra}", site.text(&self.left), by.join(", "));
        vec![ShownStatement::words(site.on(&self.right), text)]
    }
}

impl Describe for Exec {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let directory = self.directory.as_ref().map_or_else(String::new, |it| format!(" in {}", site.text(it)));
        let variables = self.env.iter().map(|(name, value)| format!("{name}={}", argument(&site.text(value))));
        let command =
            variables.chain(self.command.iter().map(|it| argument(&site.text(it)))).collect::<Vec<_>>().join(" ");
        let files = named::of_exec(self, site).iter().filter_map(|it| named::words(it, site.files)).collect();
        let on = format!("{}{directory}", site.on(&self.on));
        vec![ShownStatement { files, ..ShownStatement::new(StatementKind::Command, on, command) }]
    }
}

/// An argument as a shell would have it, so that a reader sees where each ends; no shell is used.
fn argument(text: &str) -> String {
    let plain = |it: char| it.is_alphanumeric() || "-_./:=,@%+".contains(it);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

impl Describe for KeeperAction {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let through = self.through.as_ref().map_or_else(|| site.on(&self.on), |it| site.on(it));
        let through = format!("{through} (the first of them that does it)");
        let remove = self.remove.iter().flat_map(|paths| site.paths(paths)).map(|path| {
            let statement = drop_replica("<each that is dead>", &path);
            ShownStatement::new(StatementKind::Sql, through.clone(), statement)
        });
        let exists = self
            .exists
            .iter()
            .map(|path| ShownStatement::words(site.on(&self.on), format!("exists {}", site.text(path))));
        remove.chain(exists).collect()
    }
}

impl Describe for S3Action {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let servers: Vec<&Name> = self.through.iter().flat_map(|it| &it.0).collect();
        let store = site.on(&self.on);
        let first =
            servers.first().map_or_else(|| store.clone(), |it| format!("{store} through {}", site.on_first(it)));
        let words = |on: &str, words: &str, path: &Option<Template>| {
            path.as_ref().map(|path| ShownStatement::words(on, format!("{words} {}", site.text(path))))
        };
        let probes = self.probe.iter().flat_map(|path| probes(&self.on, &servers, &site.text(path), site));
        let looks = [
            words(&first, "exists", &self.exists),
            words(&first, "list what lies below", &self.list),
            // No server has a statement that deletes an object.
            words(&store, "delete everything below", &self.remove),
        ];
        probes.chain(looks.into_iter().flatten()).collect()
    }
}

/// Through servers a probe is a BACKUP by each of them; without any, this machine probes.
fn probes(store: &Name, servers: &[&Name], path: &str, site: &Site<'_>) -> Vec<ShownStatement> {
    let below = format!("below {path}");
    if servers.is_empty() {
        let text = format!("put, read, list and delete a small object {below}");
        return vec![ShownStatement::words(site.on(store), text)];
    }
    let place = site.place(store, &format!("{path}/.probe-<member>-<random>"));
    let text = statements::probe::<AsReviewed>(&place, &());
    let through = servers.iter().map(|it| site.on(it)).collect::<Vec<_>>().join("; ");
    let then = format!("read back what that has written {below}, and delete it");
    vec![
        ShownStatement::new(StatementKind::Sql, through.clone(), text),
        ShownStatement::words(format!("{} through {through}", site.on(store)), then),
    ]
}

impl Describe for Approve {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let message = self.message.as_ref().map_or_else(|| "approve".to_owned(), |it| site.text(it));
        vec![ShownStatement::words("a person", format!("{}\nshown: {}", message.trim_end(), site.text(&self.show)))]
    }
}
