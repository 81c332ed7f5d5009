//! `inspect`: reads a backup in a store, and whether it is whole.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionSpec, Destruction, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, StoreUse, Written,
    store_use::OF_READING,
};
use crate::{
    document::Problem,
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement},
        model::TargetKind,
        permission::Permission,
        text::TemplateText,
        visit::{TargetRole, Visitor},
    },
};

/// Reads a backup in a store. Gives one row: `complete`, `id`, `missing`, `files`, `size`; with `database` also `tables`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inspect {
    /// The store.
    pub on: Name,
    /// A `backup` step's outputs, or a path.
    pub backup: TemplateText,
    /// The ClickHouse target whose server reads the store for us; where it is left out, houseplan reads it itself.
    #[serde(default)]
    pub through: Option<Name>,
    /// The database whose tables in the backup are listed as well, as `tables`.
    #[serde(default)]
    pub database: Option<TemplateText>,
    /// Whether it is told of each of those tables what it is and how many rows the backup holds of it: their definitions and their
    /// parts' `count.txt` are read.
    #[serde(default)]
    pub contents: bool,
}

impl ActionSpec for Inspect {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::S3, TargetRole::Store);
        visitor.store_path("backup", &self.backup);
        visitor.optional_text("database", self.database.as_ref());
        if let Some(through) = &self.through {
            visitor.target("through", through, TargetKind::Clickhouse, TargetRole::Through);
        }
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        if self.contents && self.database.is_none() {
            problems.push(Problem::at(at.place.child("contents"), "the contents of which database? add `database`"));
        }
    }

    fn repeat(&self) -> Option<Repeat> {
        Some(Repeat::Read)
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
        Vec::new()
    }

    fn uses_stores(&self, context: &RenderContext<'_>) -> Vec<StoreUse> {
        vec![StoreUse::of_backup(context, &self.backup, Some(&self.on), OF_READING)]
    }

    fn proves(&self) -> Proof<'_> {
        Proof::BackupWhole
    }

    fn expects(&self) -> Option<&'static str> {
        Some("row.complete, and the id is the backup's")
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfTask(&[
            "complete",
            "exists",
            "id",
            "uuid",
            "timestamp",
            "made_by",
            "files",
            "size",
            "stored_size",
            "base",
            "missing",
            "missing_count",
            "wrong_size",
            "wrong_size_count",
            "unchecked",
            "unidentified",
            "store",
            "path",
            "database",
            "tables",
            "acting",
        ])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Inspect(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let through = self.through.as_ref().map_or_else(|| "houseplan".to_owned(), |it| context.on_first(it));
        let backup = context.backup(&self.backup, Some(&self.on)).sql();
        let contents = if self.contents { "; its tables' definitions, and the rows of their parts" } else { "" };
        let text = format!("read .backup of {backup}, and that every file in it is there with its size{contents}");
        vec![ShownStatement::words(format!("{} through {through}", context.on(&self.on)), text)]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}
