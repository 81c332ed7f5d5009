//! `inventory`: what a database holds, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionSpec, Destruction, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, StoreUse, Written,
};
use crate::{
    document::Problem,
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement},
        model::TargetKind,
        permission::Permission,
        text::{TemplateOrList, TemplateText},
        visit::{TargetRole, Visitor},
    },
};

/// What a database holds. Outputs: `database`, `tables`, `nondeterministic` (columns that are another at each reading),
/// `zookeeper_paths`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// The ClickHouse target; all its members are asked.
    pub on: Name,
    /// The database.
    pub database: TemplateText,
    /// Tables that are left out.
    #[serde(default)]
    pub except: Option<TemplateOrList>,
    /// Whether the rows are counted; else only definitions are read.
    #[serde(default = "yes")]
    pub rows: bool,
    /// Whether the rows are read to make a checksum of them; else they are only counted.
    #[serde(default)]
    pub checksum: bool,
}

fn yes() -> bool {
    true
}

impl ActionSpec for Inventory {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Clickhouse, TargetRole::Subject);
        visitor.text("database", &self.database);
        visitor.list("except", self.except.as_ref());
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        if self.checksum && !self.rows {
            let message = "a checksum counts the rows as well; leave out `rows: false`, or `checksum`";
            problems.push(Problem::at_key(at.place.child("rows"), message));
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
        vec![(&self.on, &self.database)]
    }

    fn uses_stores(&self, _: &RenderContext<'_>) -> Vec<StoreUse> {
        Vec::new()
    }

    fn proves(&self) -> Proof<'_> {
        Proof::Nothing
    }

    fn expects(&self) -> Option<&'static str> {
        None
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfTask(&[
            "target",
            "members",
            "database",
            "database_engine",
            "except",
            "checksum",
            "taken",
            "tables",
            "nondeterministic",
            "zookeeper_paths",
            "notes",
        ])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Inventory(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let except: Vec<String> = self.except.iter().flat_map(|it| context.list(it)).collect();
        let except = if except.is_empty() { String::new() } else { format!(", except {}", except.join(", ")) };
        let what = match (self.rows, self.checksum) {
            (_, true) => "columns, engine, rows and their checksum (all rows are read)",
            (true, false) => "columns, engine and rows",
            (false, false) => "columns and engine",
        };
        let text = format!("inventory of {}{except}: {what} of each table", context.identifier(&self.database));
        vec![ShownStatement::words(context.on(&self.on), text)]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}
