//! What the state machine knows of a plan: the graph and a few flags of each step, nothing of what steps do.

use std::{collections::HashMap, time::Duration};

use thiserror::Error;

use crate::{
    graph::Graph,
    name::StepId,
    plan::{
        actions::Check,
        expanded::{Action, ExpandedPlan},
        model::OnFailure,
    },
};

/// One step, as far as the order of things is concerned.
#[derive(Debug, Clone, PartialEq)]
pub struct StepSpec {
    pub id: StepId,
    /// Indices of earlier steps; those of a `finally` step that are not themselves in `finally` are disregarded.
    pub needs: Vec<usize>,
    /// The start of the inclusion that it lies in, or that it ends: where that is skipped, so is this.
    pub enclosing: Option<usize>,
    /// The start of the inclusion that it ends.
    pub closes: Option<usize>,
    pub finally: bool,
    pub irreversible: bool,
    /// Whether it may change something outside houseplan's own records.
    pub changes: bool,
    /// Whether it destroys, member by member: on a resume its preconditions are read again for what nothing was done to yet.
    pub recheck: bool,
    /// How long one attempt, or one settlement, may take.
    pub timeout: Option<Duration>,
    pub retry: RetrySpec,
    pub before: ChecksSpec,
    pub after: ChecksSpec,
}

impl StepSpec {
    /// A step that needs nothing and has nothing around it.
    pub fn new(id: impl Into<std::sync::Arc<str>>) -> Self {
        Self {
            id: StepId::new(id),
            needs: Vec::new(),
            enclosing: None,
            closes: None,
            finally: false,
            irreversible: false,
            changes: true,
            recheck: false,
            timeout: None,
            retry: RetrySpec::default(),
            before: ChecksSpec::default(),
            after: ChecksSpec::default(),
        }
    }
}

/// Which checks stand on one side of a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChecksSpec {
    /// Some are read once, for the step as a whole.
    pub once: bool,
    /// Some name `member` or `item`, and are read for each task.
    pub each: bool,
}

/// How often a task is tried in one process, and how long is waited between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetrySpec {
    pub attempts: u32,
    pub delay: Duration,
    pub max_delay: Duration,
}

impl Default for RetrySpec {
    fn default() -> Self {
        Self { attempts: 1, delay: Duration::from_secs(1), max_delay: Duration::from_secs(60) }
    }
}

impl RetrySpec {
    /// The wait after the `used`th attempt (counted from one): doubled each time, up to the longest.
    pub fn wait(&self, used: u32) -> Duration {
        let doublings = used.saturating_sub(1).min(31);
        self.delay.saturating_mul(1 << doublings).min(self.max_delay)
    }
}

/// All steps of a run, with what follows from their order.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSpec {
    pub steps: Vec<StepSpec>,
    pub on_failure: OnFailure,
    /// How much is under way at once: tasks, checks and settlements together.
    pub max_parallel: usize,
    index: HashMap<StepId, u32>,
    graph: Graph,
    chains: Vec<u32>,
}

/// The steps are no graph that can be run. A plan that was expanded never gives this.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpecError {
    #[error("step `{0}` needs a step that does not come before it")]
    Order(StepId),
    #[error("step `{0}` is there twice")]
    Duplicate(StepId),
    #[error("step `{step}` needs `{need}`, which is in `finally`")]
    NeedsFinally { step: StepId, need: StepId },
}

impl RunSpec {
    /// Checks the order of the steps and computes what the state machine asks of it, in linear time.
    pub fn new(mut steps: Vec<StepSpec>, on_failure: OnFailure, max_parallel: usize) -> Result<Self, SpecError> {
        let mut index = HashMap::with_capacity(steps.len());
        for i in 0..steps.len() {
            let mut needs = std::mem::take(&mut steps[i].needs);
            needs.extend(steps[i].enclosing);
            needs.extend(steps[i].closes);
            needs.sort_unstable();
            needs.dedup();
            if needs.last().is_some_and(|last| *last >= i) {
                return Err(SpecError::Order(steps[i].id.clone()));
            }
            if steps[i].finally {
                needs.retain(|need| steps[*need].finally);
            } else if let Some(need) = needs.iter().find(|need| steps[**need].finally) {
                return Err(SpecError::NeedsFinally { step: steps[i].id.clone(), need: steps[*need].id.clone() });
            }
            steps[i].needs = needs;
            if index.insert(steps[i].id.clone(), i as u32).is_some() {
                return Err(SpecError::Duplicate(steps[i].id.clone()));
            }
        }
        let graph = Graph::new(steps.iter().map(|step| step.needs.as_slice()));
        let chains = graph.chains();
        Ok(Self { steps, on_failure, max_parallel: max_parallel.max(1), index, graph, chains })
    }

    /// The order of an expanded plan. `names_task` says of a check whether it names `member` or `item`.
    pub fn from_plan(
        plan: &ExpandedPlan,
        max_parallel: usize,
        names_task: impl Fn(&Check) -> bool,
    ) -> Result<Self, SpecError> {
        let checks = |checks: &[Check]| ChecksSpec {
            once: checks.iter().any(|check| !names_task(check)),
            each: checks.iter().any(&names_task),
        };
        let steps = plan.steps.iter().map(|step| {
            let closes = match step.action {
                Action::IncludeEnd(start) => Some(start),
                _ => None,
            };
            let defaults = RetrySpec::default();
            StepSpec {
                id: step.id.clone(),
                needs: step.needs.clone(),
                enclosing: step.enclosing,
                closes,
                finally: step.finally,
                irreversible: step.irreversible,
                changes: step.action.changes(),
                recheck: step.destroys(),
                timeout: step.timeout,
                retry: step.retry.map_or(defaults, |retry| RetrySpec {
                    attempts: retry.attempts,
                    delay: retry.delay.map_or(defaults.delay, |delay| delay.0),
                    max_delay: retry.max_delay.map_or(defaults.max_delay, |delay| delay.0),
                }),
                before: ChecksSpec {
                    once: step.compares_tables() || step.preconditions.iter().any(|check| !names_task(check)),
                    ..checks(&step.preconditions)
                },
                after: checks(&step.postconditions),
            }
        });
        Self::new(steps.collect(), plan.on_failure, max_parallel)
    }

    /// The step of this name.
    pub fn position(&self, step: &StepId) -> Option<usize> {
        self.index.get(step).map(|i| *i as usize)
    }

    /// The steps that need this one.
    pub fn dependents(&self, step: usize) -> impl Iterator<Item = usize> {
        self.graph.dependents(step)
    }

    /// How many steps this one needs.
    pub(super) fn needed(&self, step: usize) -> u32 {
        self.steps[step].needs.len() as u32
    }

    /// How many steps stand on the longest way from this one (included) to an end: what is done first where not all can.
    pub fn chain(&self, step: usize) -> u32 {
        self.chains[step]
    }
}
