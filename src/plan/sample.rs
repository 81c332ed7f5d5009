//! Small plans for tests, from YAML: a stand-in for the real expansion that knows its shape and checks nothing.

use indexmap::IndexMap;
use serde::de::DeserializeOwned;

use super::{
    expanded::{Action, ExpandedPlan, ExpandedStep, Scope},
    model::{PlanDocument, Step},
};
use crate::{
    document::Place,
    name::{Name, StepId},
};

/// The design's move, whole.
pub(crate) const MOVE: &str = include_str!("sample/move.yaml");

pub(crate) fn document<T: DeserializeOwned>(yaml: &str) -> T {
    let value: serde_json::Value = serde_saphyr::from_str(yaml).expect("the sample is YAML");
    serde_json::from_value(value).expect("the sample is a document")
}

/// The plan, with these steps for each of its procedures.
pub(crate) fn plan(yaml: &str, procedures: &[(&str, &str)]) -> ExpandedPlan {
    let document: PlanDocument = document(yaml);
    let targets = document.targets.keys().map(|name| (name.clone(), name.clone())).collect::<IndexMap<_, _>>();
    let scope = Scope { prefix: None, parent: None, inputs: None, targets, place: Place::new(0, "") };
    let mut expansion = Expansion {
        procedures: procedures.iter().map(|(name, yaml)| ((*name).into(), self::document(yaml))).collect(),
        plan: ExpandedPlan {
            metadata: document.metadata,
            on_failure: document.on_failure,
            inputs: document.inputs,
            targets: document.targets,
            scopes: vec![scope],
            steps: Vec::new(),
        },
    };
    expansion.steps(&document.steps, &Around { pointer: "/steps", ..Around::default() });
    expansion.steps(&document.finally, &Around { pointer: "/finally", finally: true, ..Around::default() });
    expansion.plan
}

struct Expansion {
    procedures: IndexMap<Name, IndexMap<Name, Step>>,
    plan: ExpandedPlan,
}

/// What steps lie in.
#[derive(Default)]
struct Around<'a> {
    pointer: &'a str,
    prefix: Option<StepId>,
    scope: usize,
    enclosing: Option<usize>,
    finally: bool,
    irreversible: bool,
}

impl Expansion {
    /// Adds steps that stand in an order of their needs.
    fn steps(&mut self, steps: &IndexMap<Name, Step>, around: &Around<'_>) -> Vec<usize> {
        let mut indices: IndexMap<Name, usize> = IndexMap::new();
        let marked = steps.values().any(|step| step.irreversible);
        let around = &Around { prefix: around.prefix.clone(), irreversible: around.irreversible && !marked, ..*around };
        for (name, step) in steps {
            let id =
                around.prefix.as_ref().map_or_else(|| StepId::new(name.as_str()), |prefix| prefix.join(name.as_str()));
            let mut needs: Vec<usize> = step.needs.iter().map(|need| indices[need]).collect();
            needs.extend(around.enclosing);
            let mut expanded = expanded(step, id, around);
            expanded.needs = needs;
            expanded.place = Place::new(0, format!("{}/{name}", around.pointer));
            let index = match &step.procedure {
                None => self.push(expanded),
                Some(procedure) => self.inclusion(procedure, expanded, around),
            };
            indices.insert(name.clone(), index);
        }
        indices.into_values().collect()
    }

    fn inclusion(&mut self, procedure: &Name, step: ExpandedStep, around: &Around<'_>) -> usize {
        let included = self.procedures[procedure].clone();
        let mut scope = self.plan.scopes[around.scope].clone();
        scope.prefix = Some(step.id.clone());
        scope.parent = Some(around.scope);
        self.plan.scopes.push(scope);
        let mut close = step.clone();
        let open = self.push(ExpandedStep {
            id: step.id.join("begin"),
            action: Action::IncludeStart,
            postconditions: Vec::new(),
            outputs: IndexMap::new(),
            ..step
        });
        let inside = Around {
            pointer: &format!("/procedures/{procedure}/steps"),
            prefix: Some(close.id.clone()),
            scope: self.plan.scopes.len() - 1,
            enclosing: Some(open),
            finally: around.finally,
            irreversible: close.irreversible,
        };
        close.needs = std::iter::once(open).chain(self.steps(&included, &inside)).collect();
        close.action = Action::IncludeEnd(open);
        close.preconditions = Vec::new();
        close.when = None;
        self.push(close)
    }

    fn push(&mut self, step: ExpandedStep) -> usize {
        self.plan.steps.push(step);
        self.plan.steps.len() - 1
    }
}

fn expanded(step: &Step, id: StepId, around: &Around<'_>) -> ExpandedStep {
    ExpandedStep {
        id,
        scope: around.scope,
        place: Place::new(0, ""),
        needs: Vec::new(),
        enclosing: around.enclosing,
        finally: around.finally,
        when: step.when.clone(),
        for_each: step.for_each.clone(),
        preconditions: step.preconditions.clone(),
        postconditions: step.postconditions.clone(),
        retry: step.retry,
        timeout: step.timeout.map(|it| it.0),
        stalled_after: step.stalled_after.map(|it| it.0),
        irreversible: step.irreversible || around.irreversible,
        outputs: step.outputs.clone(),
        accepts: step.accepts.clone(),
        action: action(step).unwrap_or(Action::IncludeStart),
    }
}

fn action(step: &Step) -> Option<Action> {
    step.spec().and_then(|(_, action)| action.steps().pop()).map(|it| it.action)
}
