//! `inventory`: what a database holds, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, ActionSpec, Destruction, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, Written};
use crate::{
    document::Problem,
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement},
        model::TargetKind,
        text::{TemplateOrList, TemplateText},
        visit::{TargetRole, Visitor},
    },
};

/// What a database holds. Outputs: `database`, `tables`, `zookeeper_paths`.
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
    /// Whether the rows are read to make a checksum of them; else they are only counted.
    #[serde(default)]
    pub checksum: bool,
}

impl ActionSpec for Inventory {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Clickhouse, TargetRole::Subject);
        visitor.text("database", &self.database);
        visitor.list("except", self.except.as_ref());
    }

    fn validate(&self, _: &Written<'_>, _: &mut Vec<Problem>) {}

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
        let checksum = if self.checksum { ", rows and their checksum (all rows are read)" } else { " and rows" };
        let text = format!(
            "inventory of {}{except}: columns, engine{checksum} of each table",
            context.identifier(&self.database)
        );
        vec![ShownStatement::words(context.on(&self.on), text)]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }
}
