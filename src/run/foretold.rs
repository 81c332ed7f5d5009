//! What `finally` would do if a run were abandoned now: each step's condition, evaluated by what the journal says.
//!
//! A main step does nothing more once a run is abandoned, so what became of it is known already. What a step of `finally` reads
//! of another one is not, nor is a secret input, which no journal holds.

use std::sync::Arc;

use crate::{
    account::{
        Account,
        ending::{Becomes, FinallyStep},
        outline::Outline,
    },
    engine::{
        event::{Event, RunCreated},
        state::State,
    },
    journal::Record,
    plan::{
        actions::Action,
        binding::known_before_run,
        describe::{Files, KnownEnvironment, RenderContext},
        expanded::{ExpandedPlan, ExpandedStep},
        text::ExpressionText,
    },
    render::known_environment,
    run::{
        documents::{Documents, scripts},
        perform::{condition::why_false, step_facts::RunSteps},
        session::load::{created, replayed},
    },
    template::{Expression, InputValues, RunFacts, Scope},
};

/// The account of a run, from its documents and its journal.
pub fn account_of(documents: &Documents, records: &[Record<Event>]) -> Account {
    Account { finally: finally_steps(documents, records), ..Account::replay(Outline::of(&documents.plan), records) }
}

/// Nothing where the journal does not fit the documents: then nothing is claimed.
fn finally_steps(documents: &Documents, records: &[Record<Event>]) -> Vec<FinallyStep> {
    let (Ok(created), Ok(state)) = (created(records), replayed(&documents.plan, records)) else { return Vec::new() };
    let environment = documents.bundle.environment().map(|it| known_environment(&it.document));
    let foretold = Foretold {
        plan: &documents.plan,
        state: &state,
        run: RunFacts { id: created.run.clone(), started: created.started.to_string() },
        inputs: known_before_run(&documents.plan, &scripts::inputs(&created)),
        created: &created,
        environment,
    };
    (0..documents.plan.steps.len()).filter_map(|step| foretold.step(step)).collect()
}

/// What is known of the run.
struct Foretold<'a> {
    plan: &'a ExpandedPlan,
    state: &'a State,
    created: &'a RunCreated,
    run: RunFacts,
    inputs: Vec<Arc<InputValues>>,
    environment: Option<KnownEnvironment>,
}

impl Foretold<'_> {
    /// A step that is told on its own; `None` of a main step, of the start of an inclusion, and of what is told with one.
    fn step(&self, index: usize) -> Option<FinallyStep> {
        let step = &self.plan.steps[index];
        if !step.finally || matches!(step.action, Action::IncludeStart) {
            return None;
        }
        let first = match step.action {
            Action::IncludeEnd(start) => start,
            _ => index,
        };
        let start = &self.plan.steps[first];
        let around: Vec<usize> = self.plan.enclosing(first).collect();
        let runs = |start: &usize| self.becomes(&self.plan.steps[*start]) == Becomes::Runs;
        if !around.is_empty() && (start.when.is_none() || !around.iter().all(runs)) {
            return None;
        }
        Some(FinallyStep { step: step.id.clone(), becomes: self.becomes(start), by_hand: self.by_hand(index) })
    }

    fn becomes(&self, step: &ExpandedStep) -> Becomes {
        let Some(when) = &step.when else { return Becomes::Runs };
        match self.unknown(step, when) {
            Some(why) => Becomes::Unknown(why),
            None => self.evaluated(step, when),
        }
    }

    fn evaluated(&self, step: &ExpandedStep, when: &ExpressionText) -> Becomes {
        let steps = RunSteps { plan: self.plan, state: self.state, scope: step.scope };
        let scope = Scope {
            inputs: Some(&self.inputs[step.scope]),
            steps: Some(&steps),
            run: Some(&self.run),
            ..Scope::default()
        };
        let Ok(condition) = Expression::parse(&when.0) else {
            return Becomes::Unknown("its condition cannot be read".to_owned());
        };
        match condition.holds(&scope) {
            Ok(true) => Becomes::Runs,
            Ok(false) => Becomes::Skipped(why_false(&condition, &steps)),
            Err(error) => Becomes::Unknown(error.to_string()),
        }
    }

    /// What a condition reads that only the end of the run tells.
    fn unknown(&self, step: &ExpandedStep, when: &ExpressionText) -> Option<String> {
        let condition = Expression::parse(&when.0).ok()?;
        condition.references().iter().find_map(|reference| {
            let id = reference.step().map(|name| self.plan.scope_of(step).step(name));
            let finally = id.and_then(|id| self.state.step_index(&id)).is_some_and(|it| self.plan.steps[it].finally);
            let secret = reference
                .input()
                .is_some_and(|name| self.created.secret_inputs.iter().any(|secret| secret.as_str() == name));
            match (finally, secret) {
                (true, _) => Some(format!("its condition reads `{}`, which is in `finally` too", reference.step()?)),
                (_, true) => Some(format!("its condition reads the secret input `{}`", reference.input()?)),
                _ => None,
            }
        })
    }

    /// What the step sends or runs, that of the steps in it included.
    fn by_hand(&self, index: usize) -> Vec<String> {
        let files = Files::new();
        let inside = match self.plan.steps[index].action {
            Action::IncludeEnd(start) => start..index,
            _ => index..index + 1,
        };
        let steps = inside.filter(|step| self.plan.steps[*step].action.changes());
        let described = steps.flat_map(|index| {
            let environment = self.environment.as_ref();
            let context = RenderContext { plan: self.plan, index, inputs: &self.inputs, environment, files: &files };
            self.plan.steps[index].action.spec().describe(&context)
        });
        described.map(|it| format!("{}: {}", it.on, it.text)).collect()
    }
}
