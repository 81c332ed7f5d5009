//! `compare`: an inventory held against what every member of a target has.

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

/// Compares an inventory, or the rows of a backup, with what every member of a target holds. Gives one row a table and member:
/// `member`, `table`, `equal`, `same_by`, `replicated`, `differences`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// An `inventory` step, or an `inspect` step with `contents`: of a backup the rows are compared, as they are stored.
    pub left: TemplateText,
    /// The ClickHouse target that is compared with it: each of its members.
    pub right: Name,
    /// What has to be the same.
    pub by: Vec<Aspect>,
    /// What becomes of tables that only the right has: they are differences (the default), or they are left out.
    #[serde(default)]
    pub extra: Extra,
    /// The database on the right, where it has another name than on the left.
    #[serde(default)]
    pub database: Option<TemplateText>,
    /// Of a backup: tables that are left out of the comparison.
    #[serde(default)]
    pub except: Option<TemplateOrList>,
    /// Of a backup that was added to tables with rows: how many each member's tables had before, as rows of `member`, `table` and
    /// `rows`.
    #[serde(default)]
    pub added_to: Option<TemplateText>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// The table's definition, as far as its rows depend on it: the columns' names and types, the engine and its
    /// arguments, the keys, TTLs.
    Columns,
    /// The number of rows.
    Rows,
    /// What the rows hold. Where a table has the same parts, and reads them alike, its rows are the same and not read.
    Checksum,
}

/// What becomes of tables that only the right side of a comparison has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Extra {
    /// Each is a difference.
    #[default]
    Refuse,
    /// They are left out of the comparison.
    Ignore,
}

impl Aspect {
    /// As it is written in a plan.
    pub fn word(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Rows => "rows",
            Self::Checksum => "checksum",
        }
    }
}

impl ActionSpec for Compare {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.text("left", &self.left);
        visitor.target("right", &self.right, TargetKind::Clickhouse, TargetRole::Subject);
        visitor.optional_text("database", self.database.as_ref());
        visitor.list("except", self.except.as_ref());
        visitor.optional_text("added_to", self.added_to.as_ref());
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
        Vec::new()
    }

    fn uses_stores(&self, _: &RenderContext<'_>) -> Vec<StoreUse> {
        Vec::new()
    }

    fn proves(&self) -> Proof<'_> {
        Proof::Nothing
    }

    fn expects(&self) -> Option<&'static str> {
        Some("row.equal")
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfTask(&["rows", "summary"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Compare(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let by: Vec<&str> = self.by.iter().map(|aspect| aspect.word()).collect();
        let database = self.database.as_ref().map_or_else(String::new, |it| format!(" in {}", context.identifier(it)));
        let extra = match self.extra {
            Extra::Refuse => "",
            Extra::Ignore => "; tables that are only here are left out",
        };
        let except: Vec<String> = self.except.iter().flat_map(|it| context.list(it)).collect();
        let except = if except.is_empty() { String::new() } else { format!(", except {}", except.join(", ")) };
        let added = self.added_to.as_ref().map_or_else(String::new, |it| format!(", added to {}", context.text(it)));
        let left = context.text(&self.left);
        let text = format!("compare with {left}{added}{database}{except} by {}{extra}", by.join(", "));
        vec![ShownStatement::words(context.on(&self.right), text)]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}
