//! Expansion: `plan:` and `procedure:` inlined, scopes made, needs resolved, steps put in order.
//!
//! Works on a valid bundle and is linear in the number of steps. Evaluates nothing: what a template says is only known later.

use std::{collections::HashMap, time::Duration};

use indexmap::IndexMap;

use super::{Bundle, order};

use crate::{
    document::{Place, Problem},
    name::{Name, StepId},
    plan::{
        actions::{Action, PlanInclusion, StepOf},
        expanded::{ExpandedPlan, ExpandedStep, Scope},
        model::{PlanDocument, Step},
    },
};

/// As many steps a plan may have with all that it includes; inclusions multiply.
const MOST_STEPS: usize = 2_000_000;

/// The plan of the bundle, flat. A procedure that no environment binds is an inclusion of nothing.
pub fn expand(bundle: &Bundle) -> Result<ExpandedPlan, Problem> {
    let main = bundle.plan();
    let plan = &main.document;
    let there = |name: &Name| bundle.target_names().get(name).unwrap_or(name).clone();
    let mut expander = Expander { bundle, scopes: Vec::new(), steps: Vec::new() };
    expander.scopes.push(Scope {
        prefix: None,
        parent: None,
        inputs: None,
        targets: own_targets(plan).into_keys().map(|name| (name.clone(), there(&name))).collect(),
        place: Place::new(main.file, ""),
    });
    let context =
        Context { scope: 0, enclosing: None, waits: true, finally: false, irreversible: false, timeout: None };
    let root = Place::new(main.file, "");
    expander.section(&plan.steps, &root.child("steps"), context)?;
    expander.section(&plan.finally, &root.child("finally"), Context { finally: true, ..context })?;
    Ok(ExpandedPlan {
        metadata: plan.metadata.clone(),
        on_failure: plan.on_failure,
        inputs: plan.inputs.clone(),
        targets: plan.targets.iter().map(|(name, requirement)| (there(name), *requirement)).collect(),
        scopes: expander.scopes,
        steps: order::topological(expander.steps),
    })
}

fn own_targets(plan: &PlanDocument) -> IndexMap<Name, Name> {
    let local = Name::from("local");
    plan.targets.keys().chain([&local]).map(|name| (name.clone(), name.clone())).collect()
}

/// What steps have from what includes them.
#[derive(Debug, Clone, Copy)]
struct Context {
    scope: usize,
    enclosing: Option<usize>,
    /// Whether they wait for the start of the inclusion.
    waits: bool,
    finally: bool,
    irreversible: bool,
    timeout: Option<Duration>,
}

/// The two ends of what a step became; one and the same for most.
#[derive(Debug, Clone, Copy)]
struct Ends {
    first: usize,
    last: usize,
}

struct Expander<'a> {
    bundle: &'a Bundle,
    scopes: Vec<Scope>,
    steps: Vec<ExpandedStep>,
}

impl Expander<'_> {
    /// Adds the steps of one map, wired among themselves; gives the ends of each.
    fn section(&mut self, steps: &IndexMap<Name, Step>, place: &Place, context: Context) -> Result<Vec<Ends>, Problem> {
        let mut ends: HashMap<&Name, Ends> = HashMap::with_capacity(steps.len());
        // Where steps say themselves which of them cannot be taken back, the others can.
        let marked = steps.values().any(|step| step.irreversible);
        let context = Context { irreversible: context.irreversible && !marked, ..context };
        for (name, step) in steps {
            let place = place.child(name.as_str());
            let id = self.scopes[context.scope].step(name.as_str());
            if self.steps.len() > MOST_STEPS {
                let message = format!("with all that it includes, the plan grows beyond {MOST_STEPS} steps here");
                return Err(Problem::at_key(place, message));
            }
            let added = self.step(id, step, place, context)?;
            ends.insert(name, added);
        }
        for (name, step) in steps {
            let first = ends[name].first;
            let needs = step.needs.iter().filter_map(|need| ends.get(need)).map(|need| need.last);
            self.steps[first].needs.extend(needs);
        }
        Ok(steps.keys().map(|name| ends[name]).collect())
    }

    fn step(&mut self, id: StepId, step: &Step, place: Place, context: Context) -> Result<Ends, Problem> {
        if step.procedure.is_some() || step.plan.is_some() {
            return self.inclusion(&id, step, &place, context);
        }
        // The schema has seen that there is one action; one that is not found must never pass for one that does nothing.
        let Some((_, action)) = step.spec() else {
            return Err(Problem::at_key(place, "houseplan does not know what this step does"));
        };
        let mut parts = action.steps();
        match parts.as_mut_slice() {
            [StepOf { name: None, .. }] => {
                let action = parts.remove(0).action;
                let expanded = ExpandedStep {
                    when: step.when.clone(),
                    preconditions: step.preconditions.clone(),
                    postconditions: step.postconditions.clone(),
                    outputs: step.outputs.clone(),
                    ..self.bare(id, step, place, context, action)
                };
                Ok(self.add(expanded))
            }
            _ => Ok(self.in_phases(&id, step, parts, &place, context)),
        }
    }

    fn add(&mut self, step: ExpandedStep) -> Ends {
        self.steps.push(step);
        let index = self.steps.len() - 1;
        Ends { first: index, last: index }
    }

    /// A step with what it has from its context and with what tells how it runs, and nothing around it.
    fn bare(&self, id: StepId, step: &Step, place: Place, context: Context, action: Action) -> ExpandedStep {
        let is_gate = matches!(action, Action::IncludeStart | Action::IncludeEnd(_));
        ExpandedStep {
            id,
            scope: context.scope,
            place,
            needs: context.enclosing.filter(|_| context.waits).into_iter().collect(),
            enclosing: context.enclosing,
            finally: context.finally,
            when: None,
            for_each: if is_gate { None } else { step.for_each.clone() },
            preconditions: Vec::new(),
            postconditions: Vec::new(),
            retry: if is_gate { None } else { step.retry },
            timeout: step.timeout.map(|timeout| timeout.0).or(context.timeout),
            stalled_after: step.stalled_after.map(|time| time.0),
            irreversible: step.irreversible || (context.irreversible && (is_gate || action.changes())),
            outputs: IndexMap::new(),
            accepts: step.accepts.clone(),
            action,
        }
    }

    fn open(&mut self, id: &StepId, step: &Step, place: &Place, context: Context) -> usize {
        let bounds = ExpandedStep {
            when: step.when.clone(),
            preconditions: step.preconditions.clone(),
            // Nothing happens here yet: what is irreversible is what lies between the two.
            irreversible: context.irreversible,
            ..self.bare(id.join("begin"), step, place.clone(), context, Action::IncludeStart)
        };
        self.add(bounds).first
    }

    fn close(
        &mut self,
        id: &StepId,
        step: &Step,
        place: &Place,
        context: Context,
        start: usize,
        inner: Vec<usize>,
    ) -> Ends {
        let bounds = ExpandedStep {
            postconditions: step.postconditions.clone(),
            outputs: step.outputs.clone(),
            needs: std::iter::once(start).chain(inner).collect(),
            enclosing: Some(start),
            ..self.bare(id.clone(), step, place.clone(), context, Action::IncludeEnd(start))
        };
        Ends { first: start, last: self.add(bounds).last }
    }

    fn inclusion(&mut self, id: &StepId, step: &Step, place: &Place, context: Context) -> Result<Ends, Problem> {
        let start = self.open(id, step, place, context);
        let scope = self.scopes.len();
        let inside = Context {
            scope,
            enclosing: Some(start),
            waits: true,
            finally: context.finally,
            irreversible: step.irreversible || context.irreversible,
            timeout: step.timeout.map(|timeout| timeout.0).or(context.timeout),
        };
        let mut inner = Vec::new();
        let procedure = step.procedure.as_ref().and_then(|name| Some((name, self.bundle.procedure(name)?)));
        let environment_file = self.bundle.environment().map(|environment| environment.file);
        match (&step.plan, procedure, environment_file) {
            (Some(inclusion), _, _) => inner = self.plan(id, inclusion, &place.child("plan"), inside)?,
            (None, Some((name, procedure)), Some(file)) => {
                let bound = Place::new(file, "/procedures").child(name.as_str());
                if let Some(inclusion) = &procedure.plan {
                    inner = self.plan(id, inclusion, &bound.child("plan"), inside)?;
                } else if let Some(steps) = &procedure.steps {
                    let mut targets = self.scopes[context.scope].targets.clone();
                    // A plan need not know that an installation is on Kubernetes; what the installation itself says may use it.
                    let own = self.bundle.environment().into_iter().flat_map(|it| it.document.own_targets());
                    for name in own {
                        targets.entry(name.clone()).or_insert_with(|| name.clone());
                    }
                    self.scopes.push(Scope {
                        prefix: Some(id.clone()),
                        parent: Some(context.scope),
                        inputs: None,
                        targets,
                        place: bound.clone(),
                    });
                    inner = self.section(steps, &bound.child("steps"), inside)?;
                }
            }
            // Not bound: there is no environment. The start and the end stand for it.
            _ => {}
        }
        let lasts = inner.into_iter().map(|ends| ends.last).collect();
        Ok(self.close(id, step, place, context, start, lasts))
    }

    fn plan(
        &mut self,
        id: &StepId,
        inclusion: &PlanInclusion,
        place: &Place,
        inside: Context,
    ) -> Result<Vec<Ends>, Problem> {
        let Some(included) = self.bundle.included(place.file, &inclusion.name) else {
            return Err(Problem::at(place.child("name"), "this plan was not loaded"));
        };
        let parent = self.steps[inside.enclosing.unwrap_or_default()].scope;
        let outer = &self.scopes[parent];
        let targets = own_targets(&included.document)
            .into_keys()
            .map(|name| {
                let here = inclusion.targets.get(&name).unwrap_or(&name);
                let there = outer.target(here).clone();
                (name, there)
            })
            .collect();
        self.scopes.push(Scope {
            prefix: Some(id.clone()),
            parent: Some(parent),
            inputs: Some((included.document.inputs.clone(), inclusion.with.clone())),
            targets,
            place: place.clone(),
        });
        let root = Place::new(included.file, "");
        let ends = self.section(&included.document.steps, &root.child("steps"), inside)?;
        // What an included plan does at its end is done at the end of the whole. It is skipped with its start, but it does
        // not wait for it: an abandoned run may never have come that far.
        let finally = Context { finally: true, waits: inside.finally, ..inside };
        self.section(&included.document.finally, &root.child("finally"), finally)?;
        Ok(ends)
    }

    /// One phase after the other, as an inclusion of them.
    fn in_phases(&mut self, id: &StepId, step: &Step, phases: Vec<StepOf>, place: &Place, context: Context) -> Ends {
        let start = self.open(id, step, place, context);
        let inside = Context { enclosing: Some(start), waits: true, ..context };
        let mut last = None;
        for phase in phases {
            let id = phase.name.map_or_else(|| id.clone(), |name| id.join(name));
            let mut expanded = self.bare(id, step, place.clone(), inside, phase.action);
            expanded.needs.extend(last);
            last = Some(self.add(expanded).last);
        }
        self.close(id, step, place, context, start, last.into_iter().collect())
    }
}
