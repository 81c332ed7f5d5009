//! `plan`: the steps of another plan; and the two ends that any inclusion becomes, which nobody writes.

use indexmap::IndexMap;
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

/// The steps of another plan, inlined.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanInclusion {
    /// A shipped plan's name, or a path beside this file.
    pub name: String,
    /// Values for its inputs; templates may use this plan's `inputs.` and `run.`.
    #[serde(default)]
    pub with: IndexMap<Name, serde_json::Value>,
    /// Its targets, each by the name it has here; a target that is left out has the same name here.
    #[serde(default)]
    pub targets: IndexMap<Name, Name>,
}

impl PlanInclusion {
    /// The templates in the values that it gives to the inputs of the plan.
    pub fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.key("with", |it| {
            self.with.iter().for_each(|(name, value)| it.key(name.as_str(), |it| it.value(value)));
        });
    }
}

/// An end of an inclusion: it does nothing by itself, and has nothing that could be wrong.
macro_rules! end_of_inclusion {
    ($end:ident, $makes_tables:expr, $describe:expr) => {
        impl ActionSpec for $end {
            fn visit<'a>(&'a self, _: &mut Visitor<'a, '_>) {}

            fn validate(&self, _: &Written<'_>, _: &mut Vec<Problem>) {}

            fn repeat(&self) -> Option<Repeat> {
                None
            }

            fn fan_out(&self) -> FanOut {
                FanOut::None
            }

            fn destroys(&self) -> Vec<Destruction<'_>> {
                Vec::new()
            }

            fn makes_tables(&self) -> MakesTables<'_> {
                $makes_tables
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
                Outputs::OfStep(&[])
            }

            fn steps(&self) -> Vec<StepOf> {
                Vec::new()
            }

            fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
                $describe(context)
            }

            fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
                Vec::new()
            }

            fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
                Vec::new()
            }
        }
    };
}

/// Starts an inclusion.
pub(super) struct IncludeStart;

/// Ends it. What lies between may be the environment's own steps.
pub(super) struct IncludeEnd;

end_of_inclusion!(IncludeStart, MakesTables::On(Vec::new()), |_| Vec::new());
end_of_inclusion!(IncludeEnd, MakesTables::Unknown, what_is_missing);

/// That nothing lies between the ends, and why.
fn what_is_missing(context: &RenderContext<'_>) -> Vec<ShownStatement> {
    let step = context.step();
    match step.action {
        // What lies between is needed by the end.
        Action::IncludeEnd(start) if step.needs == [start] => {
            let what = match context.environment {
                Some(environment) => {
                    format!("no steps are defined for this procedure in environment `{}`", environment.name)
                }
                None => "what the environment defines for it".to_owned(),
            };
            vec![ShownStatement::words("houseplan", what)]
        }
        _ => Vec::new(),
    }
}
