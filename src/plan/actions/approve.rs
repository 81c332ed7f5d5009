//! `approve`: waits for a person.

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
        permission::Permission,
        text::TemplateText,
        visit::Visitor,
    },
};

/// Waits until a person has approved what is shown.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// What the person is to see; the approval is valid for exactly this.
    pub show: TemplateText,
    /// What is asked.
    #[serde(default)]
    pub message: Option<TemplateText>,
}

impl ActionSpec for Approve {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.text("show", &self.show);
        visitor.optional_text("message", self.message.as_ref());
    }

    fn validate(&self, _: &Written<'_>, _: &mut Vec<Problem>) {}

    fn repeat(&self) -> Option<Repeat> {
        None
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
        Proof::Approval
    }

    fn expects(&self) -> Option<&'static str> {
        None
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfTask(&["by", "digest"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Approve(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let message = self.message.as_ref().map_or_else(|| "approve".to_owned(), |it| context.text(it));
        vec![ShownStatement::words("a person", format!("{}\nshown: {}", message.trim_end(), context.text(&self.show)))]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}
