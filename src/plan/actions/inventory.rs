//! `inventory`: what a database holds, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionSpec, CheckSpec, Destruction, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, Written,
};
use crate::{
    document::Problem,
    name::Name,
    plan::{
        model::TargetKind,
        text::{Template, TemplateOrList},
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
    pub database: Template,
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

    fn proves(&self) -> Proof<'_> {
        Proof::Nothing
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
        StepOf::whole(Action::Inventory(self.clone()))
    }
}

impl CheckSpec for Inventory {
    fn expects(&self) -> Option<&'static str> {
        None
    }
}
