//! Checks with their templates rendered: those around a step or a task, and those of a step of its own.

use serde_json::Value;

use super::{expectation::RenderedExpect, task::CheckStep};
use crate::{
    action::{
        Attempt,
        acting::{Acting, Around},
        context::{EvalContext, internal},
        registry::reading,
        task_seed::{one_output, one_task},
    },
    check::{CheckTask, Checks, Expect},
    engine::{
        event::TaskSeed,
        performer::{Phase, TaskRun},
        state::TaskState,
    },
    failure::Failure,
    plan::actions::{Check, CheckList},
};

/// Whether a check names `member` or `item`, and so is read around each task.
pub fn names_task(check: &Check) -> bool {
    check.uses(&["member", "item"])
}

/// The checks of a step, or of one of its tasks.
pub fn render<'c>(
    at: EvalContext<'_>,
    checks: impl Iterator<Item = &'c Check>,
    phase: Option<Phase>,
    around: &Around<'_>,
) -> Result<Vec<CheckTask>, Failure> {
    checks.map(|check| one(at, check, phase, around)).collect()
}

fn one(at: EvalContext<'_>, check: &Check, phase: Option<Phase>, around: &Around<'_>) -> Result<CheckTask, Failure> {
    let expect = match &check.expect {
        Some(expect) => Some(Box::new(RenderedExpect::new(at, expect)?) as Box<dyn Expect>),
        None => None,
    };
    let reading = reading(check).ok_or_else(|| internal("a check reads nothing"))?;
    Ok(CheckTask {
        name: check.name.clone(),
        reading: reading.reading(at, around)?,
        expect,
        within: check.within.map(|within| within.0),
        otherwise: check.otherwise.as_ref().map(|otherwise| at.plain(otherwise)).transpose()?,
        phase,
        pace: Default::default(),
    })
}

impl Acting for &CheckList {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        let around = Around { task: None, past: &[], attempt: &attempt };
        Ok(Box::new(CheckStep(Checks(render(at, self.iter(), None, &around)?))))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        one_output(at, tasks)
    }

    fn summary(&self, _: &Value, _: &[TaskState]) -> Option<String> {
        Some(match self.len() {
            1 => "1 check holds".to_owned(),
            several => format!("{several} checks hold"),
        })
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &[]
    }
}
