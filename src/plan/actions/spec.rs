//! What the language asks of every action.

use std::ops::Range;

use indexmap::IndexMap;

use super::{Action, Effect, Into, StoreUse};
use crate::{
    document::{Place, Problem, one_of},
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement},
        model::TargetRequirement,
        permission::Permission,
        text::TemplateText,
        visit::Visitor,
    },
};

/// An action as people write it. No method has a default: whoever adds an action is asked each of these by the compiler.
pub trait ActionSpec {
    /// Hands on every template, expression and target in it: what is left out here is not validated, not locked, not seen.
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>);

    /// What is wrong with it beyond its schema and its names.
    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>);

    /// What doing it again would do; `None` where it does nothing by itself.
    fn repeat(&self) -> Option<Repeat>;

    /// Of which tasks a step with it is made.
    fn fan_out(&self) -> FanOut;

    /// What of people's data is gone afterwards.
    fn destroys(&self) -> Vec<Destruction<'_>>;

    /// Where it makes tables that rows can be restored into.
    fn makes_tables(&self) -> MakesTables<'_>;

    /// Which tables it brings rows into, without making them itself.
    fn fills(&self) -> Option<Fill<'_>>;

    /// The databases that it can only deal with where they are Atomic, each with its target, as the step's scope calls it.
    fn databases(&self) -> Vec<(&Name, &TemplateText)>;

    /// Which rights it takes in which stores, and for what.
    fn uses_stores(&self, context: &RenderContext<'_>) -> Vec<StoreUse>;

    /// What is known once it has succeeded.
    fn proves(&self) -> Proof<'_>;

    /// What it expects by itself of what it reads, in words: where that is not so, it stops the run. `None` where a check that
    /// reads with it has to say what it expects.
    fn expects(&self) -> Option<&'static str>;

    /// What later steps can read of it.
    fn outputs(&self) -> Outputs;

    /// The steps that it becomes in the expanded plan, in their order: itself, unless it has phases.
    fn steps(&self) -> Vec<StepOf>;

    /// What it will send or run, in words that a reviewer can judge.
    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement>;

    /// The files that it names: what it runs or reads, and the plan does not say.
    fn files(&self, context: &RenderContext<'_>) -> Vec<NamedFile>;

    /// What it has to be allowed in Kubernetes, besides reaching pods and Secrets that the environment names.
    fn permissions(&self, context: &RenderContext<'_>) -> Vec<Permission>;
}

/// Where an action stands in a document.
#[derive(Debug)]
pub struct Written<'a> {
    /// Of the action itself.
    pub place: Place,
    pub around: Around,
    /// The targets of its scope, where they are known.
    pub targets: Option<&'a IndexMap<Name, TargetRequirement>>,
}

/// What an action is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    Step,
    /// A step of `finally`.
    Finally,
    Check,
}

/// What doing something again would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It changes nothing.
    Read,
    /// It ends in the same state.
    Idempotent,
    /// It does harm.
    Once,
    /// It is found again by its id, and never sent while that is possible.
    Tracked,
}

impl Repeat {
    /// As a reviewer reads it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Idempotent => "idempotent",
            Self::Once => "once",
            Self::Tracked => "tracked by its id",
        }
    }
}

impl From<Effect> for Repeat {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Read => Self::Read,
            Effect::Idempotent => Self::Idempotent,
            Effect::Once => Self::Once,
        }
    }
}

/// Of which tasks a step is made, for each item of its `for_each`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FanOut {
    /// Of none.
    None,
    One,
    /// Of one for each member of its targets; what becomes of one member is no matter of another's.
    EachMember,
    /// As the phases of a restore say.
    ByPhase,
}

/// Something that is gone afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destruction<'a> {
    /// As the step's scope calls it.
    pub target: &'a Name,
    /// What destroys it, as in `DROP DATABASE`.
    pub what: String,
    /// The statement in the action's `query`.
    pub range: Option<Range<usize>>,
}

/// Where tables are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MakesTables<'a> {
    /// On these targets, as the step's scope calls them.
    On(Vec<&'a Name>),
    /// It may do anything anywhere: a process, or the environment's own steps for a procedure.
    Unknown,
}

/// Rows that are brought into tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill<'a> {
    /// As the step's scope calls it.
    pub target: &'a Name,
    /// What has to be so of the tables.
    pub into: Into,
    /// Whether everything that is in a backup comes, as it was there.
    pub all: bool,
    /// Whether the tables are named, so that all of them can be compared before the first is filled.
    pub named: bool,
}

/// What is known of a backup, or of what a person means, once an action has succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof<'a> {
    Nothing,
    /// That there is a backup of this target; not yet that it is whole.
    BackupOf(&'a Name),
    /// That a backup is whole.
    BackupWhole,
    /// That a person approves.
    Approval,
}

/// What later steps can read of a step, besides its own `outputs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outputs {
    /// Of one task. Where there are several, for a `for_each`, they are in a list, `results`.
    OfTask(&'static [&'static str]),
    /// Of all its tasks together.
    OfStep(&'static [&'static str]),
}

/// A step of the expanded plan.
#[derive(Debug, Clone)]
pub struct StepOf {
    /// Its name below the step's own; `None` where it is the step itself.
    pub name: Option<&'static str>,
    pub action: Action,
}

impl StepOf {
    /// The step itself.
    pub(super) fn whole(action: Action) -> Vec<Self> {
        vec![Self { name: None, action }]
    }
}

/// Exactly one of some keys.
pub(super) fn exactly_one(what: &str, keys: &[(&str, bool)], place: &Place, problems: &mut Vec<Problem>) {
    let present: Vec<&str> = keys.iter().filter(|(_, is_there)| *is_there).map(|(key, _)| *key).collect();
    match present.as_slice() {
        [_] => {}
        [] => problems.push(Problem::at_key(
            place.clone(),
            format!("{what} takes one of {}", one_of(keys.iter().map(|(key, _)| *key))),
        )),
        [first, second, ..] => problems.push(Problem::at_key(
            place.child(second),
            format!("{what} takes one of {}; `{first}` is here already", one_of(keys.iter().map(|(key, _)| *key))),
        )),
    }
}
