//! `known_bugs`: whether a RESTORE would meet a bug of ClickHouse that is known to lose rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionSpec, Destruction, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, StoreUse, Written,
    spec::exactly_one,
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

/// Whether a RESTORE on a target would meet a bug of ClickHouse that is known: by its servers' versions, and by what is restored.
/// Gives one row a bug, member and table: `member`, `version`, `bug`, `affected`, `table`, `met`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownBugs {
    /// The ClickHouse target that is restored to.
    pub on: Name,
    /// The database there.
    pub database: TemplateText,
    /// The ClickHouse target that the rows come from, where there is no backup yet.
    #[serde(default)]
    pub source: Option<Name>,
    /// The backup that the rows come from: an `inspect` step with `contents`.
    #[serde(default)]
    pub backup: Option<TemplateText>,
    /// Tables that are not restored.
    #[serde(default)]
    pub except: Option<TemplateOrList>,
    /// Whether the tables are made anew as the backup defines them, whatever is there; false where it is left out.
    #[serde(default)]
    pub anew: Option<TemplateText>,
}

impl ActionSpec for KnownBugs {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Clickhouse, TargetRole::Subject);
        visitor.text("database", &self.database);
        if let Some(source) = &self.source {
            visitor.target("source", source, TargetKind::Clickhouse, TargetRole::Subject);
        }
        visitor.optional_text("backup", self.backup.as_ref());
        visitor.list("except", self.except.as_ref());
        visitor.optional_text("anew", self.anew.as_ref());
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        let keys = [("source", self.source.is_some()), ("backup", self.backup.is_some())];
        exactly_one("a look for known bugs", &keys, &at.place, problems);
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

    fn uses_stores(&self, _: &RenderContext<'_>) -> Vec<StoreUse> {
        Vec::new()
    }

    fn proves(&self) -> Proof<'_> {
        Proof::Nothing
    }

    fn expects(&self) -> Option<&'static str> {
        Some("not row.met")
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfTask(&["rows"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::KnownBugs(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let from = match (&self.source, &self.backup) {
            (Some(source), _) => format!("of {} on {}", context.identifier(&self.database), context.on(source)),
            (None, Some(backup)) => format!("of the backup {}", context.text(backup)),
            (None, None) => return Vec::new(),
        };
        let except: Vec<String> = self.except.iter().flat_map(|it| context.list(it)).collect();
        let except = if except.is_empty() { String::new() } else { format!(", except {}", except.join(", ")) };
        let text = format!("whether a RESTORE {from}{except} would meet a known bug of this version");
        vec![ShownStatement::words(context.on(&self.on), text)]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}
