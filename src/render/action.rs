//! What each action will send or run, in words a reviewer can judge.
//!
//! The statements of BACKUP and RESTORE are built by their actions; here they are shown in the same shape, with what only a
//! run knows as `<run>`, and every credential as where it comes from.

use indexmap::IndexMap;

use super::{Files, ShownStatement, StatementKind, named};
use crate::{
    environment::model::EnvironmentDocument,
    name::{Name, StepId},
    plan::{
        actions::{
            self, Absent, AllDatabases, Approve, Aspect, Backup, Compare, Effect, Exec, Extra, Inspect, Inventory,
            KeeperAction, Restore, S3Action, Sql,
        },
        expanded::{Action, ExpandedPlan},
        model::Check,
        text::{Scalar, Template, TemplateOrList},
    },
    sql,
    targets::{Target, s3},
    template::{self, Dialect, InputValues, Reference, identifier, without_placeholders},
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

    /// The environment's name of a target, and its members.
    fn target(&self, name: &Name) -> (Name, Vec<&Name>) {
        let own = self.plan.scopes[self.scope].targets.get(name).unwrap_or(name).clone();
        let target = self.environment.and_then(|it| it.targets.get(&own));
        (own, target.map(Target::members).unwrap_or_default())
    }

    /// `cluster: replica1, replica2`
    fn on(&self, name: &Name) -> String {
        let (name, members) = self.target(name);
        if members.is_empty() {
            return name.to_string();
        }
        format!("{name}: {}", members.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", "))
    }

    fn settings(&self, settings: &IndexMap<String, Scalar>) -> IndexMap<String, String> {
        let shown = |value: &Scalar| match &value.0 {
            serde_json::Value::String(text) => sql::quote_string(&self.symbolic(text, Dialect::Text)),
            serde_json::Value::Bool(flag) => u8::from(*flag).to_string(),
            other => other.to_string(),
        };
        settings.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
    }

    /// `S3('url/path', 'key', '[HIDDEN]')`
    fn s3(&self, store: &Name, path: &str) -> String {
        let (name, _) = self.target(store);
        let target = self.environment.and_then(|it| it.targets.get(&name));
        let target = target.and_then(Target::as_store);
        let url = target.map_or_else(|| format!("<{name}>"), s3::Keys::shown);
        let url = sql::quote_string(&format!("{}/{path}", url.trim_end_matches('/')));
        match target.and_then(|it| it.access_key_id.as_ref()) {
            Some(key) => format!("S3({url}, '[{key}]', '[HIDDEN]')"),
            None => format!("S3({url})"),
        }
    }

    /// Where a backup is: what its `backup` step says, or a path in `store`.
    fn backup(&self, from: &Template, store: Option<&Name>) -> String {
        let made = template::Template::parse(&from.0, Dialect::Text).ok().and_then(|it| self.made_by(it.references()));
        match (made, store) {
            (Some(backup), _) => self.s3(&backup.to.store, &self.text(&backup.to.path)),
            (None, Some(store)) => self.s3(store, &self.text(from)),
            (None, None) => format!("S3(<{}>)", self.text(from)),
        }
    }

    /// The backup step that a template refers to.
    fn made_by(&self, references: &[Reference]) -> Option<&Backup> {
        let step = references.iter().find_map(Reference::step)?;
        let prefix = self.plan.scopes[self.scope].prefix.as_ref();
        let id = prefix.map_or_else(|| StepId::new(step), |prefix| prefix.join(step));
        match &self.plan.steps.iter().find(|it| it.id == id)?.action {
            Action::Backup(backup) => Some(backup),
            _ => None,
        }
    }

    /// A BACKUP or RESTORE with its settings, `id` first.
    fn tracked(&self, statement: &str, own: &[(&str, &str)], settings: &IndexMap<String, Scalar>) -> String {
        let own = own.iter().map(|(name, value)| format!("{name} = {value}"));
        let given = self.settings(settings).into_iter().map(|(name, value)| format!("{name} = {value}"));
        let id = std::iter::once("id = '<run>/<task>/<attempt>'".to_owned());
        let settings = id.chain(own).chain(given).collect::<Vec<_>>().join(", ");
        format!("{statement} SETTINGS {settings} /* and retries against S3, where the server knows them */ ASYNC")
    }
}

impl ShownStatement {
    fn new(kind: StatementKind, on: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind, on: on.into(), text: text.into(), settings: IndexMap::new(), files: Vec::new() }
    }

    pub(super) fn words(on: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(StatementKind::Words, on, text)
    }
}

/// What repeating a action would do.
pub(super) fn effect(action: &Action) -> Option<&'static str> {
    match action {
        Action::Sql(sql) => Some(sql.effect().word()),
        Action::Exec(exec) => Some(exec.effect().word()),
        Action::Backup(_) | Action::Restore { .. } => Some("tracked by its id"),
        Action::Inspect(_) | Action::Inventory(_) | Action::Compare(_) | Action::Check(_) => Some("read"),
        Action::Keeper(_) | Action::S3(_) | Action::Approve(_) | Action::IncludeStart | Action::IncludeEnd(_) => None,
    }
}

/// The action that a check is.
pub(super) fn as_check(check: &Check) -> Option<Action> {
    let check = check.clone();
    let read = |sql: Sql| Action::Sql(Sql { effect: Some(Effect::Read), ..sql });
    None.or(check.sql.map(read))
        .or(check.inspect.map(Action::Inspect))
        .or(check.inventory.map(Action::Inventory))
        .or(check.compare.map(Action::Compare))
        .or(check.keeper.map(Action::Keeper))
        .or(check.s3.map(Action::S3))
}

impl Describe for Action {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        match self {
            Self::Sql(it) => it.describe(site),
            Self::Backup(it) => it.describe(site),
            Self::Restore { restore, structure } => restore_statements(restore, *structure, site),
            Self::Inspect(it) => it.describe(site),
            Self::Inventory(it) => it.describe(site),
            Self::Compare(it) => it.describe(site),
            Self::Check(checks) => checks.iter().filter_map(as_check).flat_map(|it| it.describe(site)).collect(),
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
        if self.effect == Some(Effect::Read) {
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

fn all(databases: &AllDatabases, site: &Site<'_>) -> String {
    let own = ["system", "information_schema", "INFORMATION_SCHEMA", "houseplan_claim"].map(str::to_owned);
    let except = own.into_iter().chain(databases.except.iter().map(|it| site.text(it)));
    let except: Vec<String> = except.map(|it| identifier(&it).unwrap_or(it)).collect();
    format!("ALL EXCEPT DATABASES {}", except.join(", "))
}

fn table(database: Option<&Template>, table: &str, site: &Site<'_>) -> String {
    let name = match identifier(table) {
        Ok(name) if !table.contains("{{") => name,
        _ => format!("<each of {table}>"),
    };
    database.map_or_else(|| format!("TABLE {name}"), |it| format!("TABLE {}.{name}", site.identifier(it)))
}

impl Describe for Backup {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let what = match (&self.all, &self.tables, &self.database) {
            (Some(databases), _, _) => all(databases, site),
            (_, Some(tables), database) => {
                let tables = site.list(tables);
                tables.iter().map(|it| table(database.as_ref(), it, site)).collect::<Vec<_>>().join(", ")
            }
            (_, _, Some(database)) => format!("DATABASE {}", site.identifier(database)),
            _ => String::new(),
        };
        let to = site.s3(&self.to.store, &site.text(&self.to.path));
        let base = self.base.as_ref().map(|base| site.backup(base, Some(&self.to.store)));
        let own: Vec<(&str, &str)> = base.iter().map(|base| ("base_backup", base.as_str())).collect();
        let statement = site.tracked(&format!("BACKUP {what} TO {to}"), &own, &self.settings);
        vec![ShownStatement::new(StatementKind::Sql, site.on(&self.on), statement)]
    }
}

fn restore_statements(restore: &Restore, structure: bool, site: &Site<'_>) -> Vec<ShownStatement> {
    let from = site.backup(&restore.from, restore.store.as_ref());
    let what = match (&restore.all, &restore.tables, &restore.database) {
        (Some(databases), _, _) => vec![all(databases, site)],
        (_, Some(tables), database) => site.list(tables).iter().map(|it| table(database.as_ref(), it, site)).collect(),
        (_, _, Some(database)) => vec![format!("DATABASE {}", site.identifier(database))],
        _ => Vec::new(),
    };
    let mut own: Vec<(&str, &str)> = Vec::new();
    if restore.into != actions::Into::Absent {
        own.extend([("allow_different_table_def", "1"), ("create_table", "'must exist'")]);
    }
    if restore.into == actions::Into::Append {
        own.push(("allow_non_empty_tables", "1"));
    }
    if structure {
        own.push(("structure_only", "1"));
    }
    let on = format!("{} (one replica of each shard, one statement a table)", site.on(&restore.on));
    what.into_iter()
        .map(|what| {
            let statement = site.tracked(&format!("RESTORE {what} FROM {from}"), &own, &restore.settings);
            ShownStatement::new(StatementKind::Sql, on.clone(), statement)
        })
        .collect()
}

impl Describe for Inspect {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let through = self.through.as_ref().map_or_else(|| "houseplan".to_owned(), |it| site.on(it));
        let backup = site.backup(&self.backup, Some(&self.on));
        let text = format!("read .backup of {backup}, and that every file in it is there with its size");
        vec![ShownStatement::words(format!("{} through {through}", site.on(&self.on)), text)]
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
        let by: Vec<&str> = self
            .by
            .iter()
            .map(|aspect| match aspect {
                Aspect::Columns => "columns",
                Aspect::Rows => "rows",
                Aspect::Checksum => "checksum",
            })
            .collect();
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
        let remove = self.remove.iter().flat_map(|paths| site.list(paths)).map(|path| {
            let statement =
                format!("SYSTEM DROP REPLICA '<each that is dead>' FROM ZKPATH {}", sql::quote_string(&path));
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
        let through: Vec<String> = self.through.iter().flat_map(|it| &it.0).map(|it| site.on(it)).collect();
        let through = if through.is_empty() { String::new() } else { format!(" through {}", through.join("; ")) };
        let on = format!("{}{through}", site.on(&self.on));
        let actions = [
            ("put, read, list and delete a small object below", &self.probe),
            ("exists", &self.exists),
            ("list what lies below", &self.list),
            ("delete everything below", &self.remove),
        ];
        let shown = |(words, path): (&str, &Option<Template>)| {
            path.as_ref().map(|path| ShownStatement::words(on.clone(), format!("{words} {}", site.text(path))))
        };
        actions.into_iter().filter_map(shown).collect()
    }
}

impl Describe for Approve {
    fn describe(&self, site: &Site<'_>) -> Vec<ShownStatement> {
        let message = self.message.as_ref().map_or_else(|| "approve".to_owned(), |it| site.text(it));
        vec![ShownStatement::words("a person", format!("{}\nshown: {}", message.trim_end(), site.text(&self.show)))]
    }
}
