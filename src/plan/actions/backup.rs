//! `backup`: BACKUP to a store, tracked by its id.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionSpec, Destruction, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, StoreUse, Written,
    backup_place::Origin, spec::exactly_one, store_use::OF_BACKUP,
};
use crate::{
    document::Problem,
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement},
        model::TargetKind,
        permission::Permission,
        text::{Scalar, TemplateOrList, TemplateText},
        visit::{TargetRole, Visitor},
    },
    statements::{self, AsReviewed, ReviewedPlace, Subject},
};

/// BACKUP of a database, of tables, or of everything. Outputs: `store`, `path`, `id`, `num_files`, `total_size`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// The ClickHouse target, of one server.
    pub on: Name,
    /// The database to back up.
    #[serde(default)]
    pub database: Option<TemplateText>,
    /// Only these tables of the database.
    #[serde(default)]
    pub tables: Option<TemplateOrList>,
    /// Everything on the server but the system's databases and houseplan's own.
    #[serde(default)]
    pub all: Option<AllDatabases>,
    /// Where the backup goes; nothing may be there yet.
    pub to: StorePath,
    /// An earlier backup that this one builds on: a `backup` step's outputs, or `{ store, path }` of the same store.
    #[serde(default)]
    pub base: Option<TemplateText>,
    /// Settings of BACKUP, as in `max_backup_bandwidth`.
    #[serde(default)]
    pub settings: IndexMap<String, Scalar>,
}

/// Every database but those of the system and these.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllDatabases {
    /// Databases that are left out.
    #[serde(default)]
    pub except: Vec<TemplateText>,
}

/// A place in a store.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorePath {
    /// The store.
    pub store: Name,
    /// The path in it.
    pub path: TemplateText,
}

impl AllDatabases {
    pub(super) fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.key("all", |it| it.texts("except", &self.except));
    }
}

impl ActionSpec for Backup {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Clickhouse, TargetRole::Subject);
        visitor.optional_text("database", self.database.as_ref());
        visitor.list("tables", self.tables.as_ref());
        if let Some(all) = &self.all {
            all.visit(visitor);
        }
        visitor.key("to", |it| {
            it.target("store", &self.to.store, TargetKind::S3, TargetRole::Store);
            it.store_path("path", &self.to.path);
        });
        visitor.optional_store_path("base", self.base.as_ref());
        visitor.settings(&self.settings);
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        let keys = [("database", self.database.is_some()), ("all", self.all.is_some())];
        exactly_one("a backup", &keys, &at.place, problems);
        if self.tables.is_some() && self.database.is_none() {
            problems.push(Problem::at_key(at.place.child("tables"), "tables of which database? add `database`"));
        }
    }

    fn repeat(&self) -> Option<Repeat> {
        Some(Repeat::Tracked)
    }

    fn fan_out(&self) -> FanOut {
        FanOut::One
    }

    fn destroys(&self) -> Vec<Destruction<'_>> {
        Vec::new()
    }

    fn makes_tables(&self) -> MakesTables<'_> {
        MakesTables::On(Vec::new())
    }

    fn fills(&self) -> Option<Fill<'_>> {
        None
    }

    fn databases(&self) -> Vec<(&Name, &TemplateText)> {
        self.database.as_ref().map(|database| (&self.on, database)).into_iter().collect()
    }

    fn uses_stores(&self, context: &RenderContext<'_>) -> Vec<StoreUse> {
        vec![StoreUse::of(context, &self.to.store, OF_BACKUP)]
    }

    fn proves(&self) -> Proof<'_> {
        Proof::BackupOf(&self.on)
    }

    fn expects(&self) -> Option<&'static str> {
        None
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfTask(&[
            "store",
            "path",
            "url",
            "id",
            "num_files",
            "total_size",
            "uncompressed_size",
            "compressed_size",
            "start_time",
            "end_time",
        ])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Backup(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let subject = match (&self.all, &self.tables, &self.database) {
            (Some(databases), _, _) => context.all(databases),
            (None, Some(tables), database) => Subject::Tables {
                database: database.as_ref().map(|it| context.name(it)),
                tables: context.names(tables),
            },
            (None, None, Some(database)) => Subject::Database(context.name(database)),
            (None, None, None) => return Vec::new(),
        };
        // Of another backup's outputs only the path is taken: a backup builds on one in the same store.
        let base = |base: &TemplateText| match context.origin(base) {
            Origin::Step { path, .. } | Origin::Path(path) => context.place(&self.to.store, &path),
            Origin::Unknown(symbol) => ReviewedPlace::Unknown(symbol),
        };
        let backup = statements::Backup::<AsReviewed> {
            subject,
            to: context.place(&self.to.store, &context.text(&self.to.path)),
            base: self.base.as_ref().map(base),
            settings: context.tracked(&self.settings),
        };
        vec![ShownStatement::sql(context.on_first(&self.on), backup.text())]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}
