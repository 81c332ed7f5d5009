//! `restore`: RESTORE from a store, tracked by its id, in the phases that [`Restore::phases`] tells.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::statements::Into;

use super::{
    Action, ActionSpec, AllDatabases, Destruction, FanOut, Fill, MakesTables, Outputs, PhaseName, Proof, Repeat,
    RestoreMembers, RestorePhase, RestoreStatements, StepOf, StoreUse, Written, store_use::OF_READING,
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
    statements::{self, AsReviewed, Subject},
};

/// RESTORE from a backup, onto a target of one shard.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// The ClickHouse target.
    pub on: Name,
    /// A `backup` step's outputs, or a path in `store`.
    pub from: TemplateText,
    /// The store, where `from` is a path.
    #[serde(default)]
    pub store: Option<Name>,
    /// The tables to restore, each one a task with its own journal entries: an inventory's `tables`, or names.
    #[serde(default)]
    pub tables: Option<TemplateOrList>,
    /// The database of the tables; where there are no `tables`, the whole of it in one statement.
    #[serde(default)]
    pub database: Option<TemplateText>,
    /// Everything that is in the backup, in one statement (RESTORE ALL EXCEPT the system's databases).
    #[serde(default)]
    pub all: Option<AllDatabases>,
    /// Tables of the database that are not restored, where the whole of it comes in one statement.
    #[serde(default)]
    pub except: Option<TemplateOrList>,
    /// What the world has to be.
    pub into: Into,
    /// One phase of `into: absent` alone, where other steps have to come between the tables and their rows.
    #[serde(default)]
    pub only: Option<PhaseName>,
    /// Settings of RESTORE.
    #[serde(default)]
    pub settings: IndexMap<String, Scalar>,
    /// Which of its phases a step of the expanded plan is; `None` in a document, where it cannot be written.
    #[serde(skip)]
    pub phase: Option<RestorePhase>,
}

impl Restore {
    /// The phase that it is, or starts with.
    pub fn phase(&self) -> RestorePhase {
        self.phase.unwrap_or_else(|| self.phases()[0])
    }

    /// A backup is one server's. Restored on every shard its rows would be there as often as there are shards, and restored
    /// on one they would not be spread.
    fn one_shard(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        let target = at.targets.and_then(|targets| targets.get(&self.on));
        let shards = target.and_then(|target| target.shards);
        if shards.is_some_and(|shards| shards.max.is_none_or(|most| most > 1)) {
            problems.push(Problem::at(
                at.place.child("on"),
                format!(
                    "`{0}` may have several shards, and restored on each of them the rows would be multiplied; leave \
                     `shards` out of `targets.{0}`, or give each shard a target of its own",
                    self.on
                ),
            ));
        }
    }
}

impl ActionSpec for Restore {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Clickhouse, TargetRole::Subject);
        visitor.store_path("from", &self.from);
        if let Some(store) = &self.store {
            visitor.target("store", store, TargetKind::S3, TargetRole::Store);
        }
        visitor.list("tables", self.tables.as_ref());
        visitor.optional_text("database", self.database.as_ref());
        visitor.list("except", self.except.as_ref());
        if let Some(all) = &self.all {
            all.visit(visitor);
        }
        visitor.settings(&self.settings);
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        let place = &at.place;
        let of_tables = self.tables.is_some() || self.database.is_some();
        if !of_tables && self.all.is_none() {
            problems.push(Problem::at_key(place.clone(), "a restore takes `tables`, `database` or `all`"));
        }
        if of_tables && self.all.is_some() {
            let message = "`all` cannot be used together with `tables` or `database`; remove one of them";
            problems.push(Problem::at_key(place.child("all"), message));
        }
        if self.into == Into::Append && self.tables.is_none() {
            problems.push(Problem::at(
                place.child("into"),
                "`append` may double what is there, so its tables are named; add `tables`",
            ));
        }
        if self.except.is_some() && self.database.is_none() {
            problems.push(Problem::at(place.child("except"), "tables of which database? add `database`"));
        }
        if self.only.is_some() && (self.into != Into::Absent || self.all.is_some()) {
            problems.push(Problem::at(
                place.child("only"),
                "only `into: absent` of a database has phases; remove `only` here",
            ));
        }
        let is_path = !self.from.0.trim_start().starts_with("{{ steps.");
        if self.store.is_none() && is_path {
            problems.push(Problem::at(
                place.child("from"),
                "a path in which store? add `store`, or name a `backup` step's outputs",
            ));
        }
        self.one_shard(at, problems);
    }

    fn repeat(&self) -> Option<Repeat> {
        Some(Repeat::Tracked)
    }

    fn fan_out(&self) -> FanOut {
        FanOut::ByPhase
    }

    fn destroys(&self) -> Vec<Destruction<'_>> {
        Vec::new()
    }

    fn makes_tables(&self) -> MakesTables<'_> {
        MakesTables::On(if self.phase().structure_only { vec![&self.on] } else { Vec::new() })
    }

    fn fills(&self) -> Option<Fill<'_>> {
        (!self.phase().structure_only).then_some(Fill {
            target: &self.on,
            into: self.into,
            all: self.all.is_some(),
            named: self.tables.is_some(),
        })
    }

    fn databases(&self) -> Vec<(&Name, &TemplateText)> {
        self.database.as_ref().map(|database| (&self.on, database)).into_iter().collect()
    }

    fn uses_stores(&self, context: &RenderContext<'_>) -> Vec<StoreUse> {
        vec![StoreUse::of_backup(context, &self.from, self.store.as_ref(), OF_READING)]
    }

    fn proves(&self) -> Proof<'_> {
        Proof::Nothing
    }

    fn expects(&self) -> Option<&'static str> {
        None
    }

    fn outputs(&self) -> Outputs {
        // In phases it is an inclusion, which gives nothing by itself.
        Outputs::OfStep(if self.phases()[0].name.is_some() { &[] } else { &["restored"] })
    }

    fn steps(&self) -> Vec<StepOf> {
        let step = |phase: RestorePhase| StepOf {
            name: phase.name,
            action: Action::Restore(Box::new(Self { phase: Some(phase), ..self.clone() })),
        };
        self.phases().into_iter().map(step).collect()
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let phase = self.phase();
        let database = || self.database.as_ref().map(|it| context.name(it));
        let subjects: Vec<Subject<AsReviewed>> = match phase.statements {
            RestoreStatements::All => self.all.iter().map(|it| context.all(it)).collect(),
            RestoreStatements::Database => {
                let except = || self.except.iter().flat_map(|except| context.names(except)).collect();
                database().into_iter().map(|name| Subject::database(name, except())).collect()
            }
            RestoreStatements::EachTable => {
                let names = self.tables.iter().flat_map(|tables| context.names(tables));
                names.map(|name| Subject::Tables { database: database(), tables: vec![name] }).collect()
            }
        };
        let a_table = if phase.statements == RestoreStatements::EachTable { ", one statement a table" } else { "" };
        let on = match phase.members {
            RestoreMembers::Every => context.on(&self.on),
            RestoreMembers::OneOfEachShard => format!("{} (one replica of each shard{a_table})", context.on(&self.on)),
        };
        let statement = |subject| {
            let restore = statements::Restore::<AsReviewed> {
                subject,
                from: context.backup(&self.from, self.store.as_ref()),
                into: phase.into,
                structure_only: phase.structure_only,
                settings: context.tracked(&self.settings),
            };
            ShownStatement::sql(on.clone(), restore.text())
        };
        subjects.into_iter().map(statement).collect()
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}
