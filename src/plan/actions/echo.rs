//! `echo`: gives back what it is told. Only tests have it: it was added by what ARCHITECTURE.md says of adding an action, and
//! shows that nothing else is needed.

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
        text::TemplateText,
        visit::{TargetRole, Visitor},
    },
};

/// Gives back what it is told. Outputs: `said`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// A `local` target, or `local` itself.
    pub on: Name,
    /// What it is told.
    pub say: TemplateText,
}

impl ActionSpec for Echo {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Local, TargetRole::Subject);
        visitor.text("say", &self.say);
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        if self.say.0.is_empty() {
            problems.push(Problem::at(at.place.child("say"), "nothing is said"));
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
        Outputs::OfTask(&["said"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Echo(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        vec![ShownStatement::words(context.on(&self.on), format!("say {}", context.text(&self.say)))]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}
