//! `check`, and the checks around any step: something that is read, and what is expected of it.

use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionSpec, Around, Compare, Destruction, FanOut, Fill, Inspect, Inventory, KeeperAction, KnownBugs,
    MakesTables, Outputs, Proof, Repeat, S3Action, Sql, StepOf, Writers, Written,
};
use crate::{
    document::{Place, Problem},
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, RenderedCheck, ShownStatement},
        model::TargetRequirement,
        permission::Permission,
        quantity::HumanDuration,
        text::{ExpressionText, TemplateText},
        visit::Visitor,
    },
    template,
};

/// Checks, as a step of their own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct CheckList(pub Vec<Check>);

impl Deref for CheckList {
    type Target = [Check];

    fn deref(&self) -> &[Check] {
        &self.0
    }
}

/// Something read, and what is expected of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What is so when the check holds, as in "no delayed drop is pending".
    pub name: String,
    /// An expression that has to hold. `row` has to hold for every row of every member, and each member has to give at least one;
    /// `rows` are all of them together.
    ///
    /// Integers, Decimals and floats of every width are numbers, exact, at any depth of a cell. Texts are: dates, times, UUIDs, IP
    /// addresses, enums, the keys of a Map, and `nan`, `inf` and `-inf`. A Bool is true or false, NULL is none wherever it stands.
    /// `<`, `>` and their like compare numbers with numbers and texts with texts; of anything else, also NULL, they are an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<ExpressionText>,
    /// How long the check is repeated until it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<HumanDuration>,
    /// What is said when it does not hold: what that means, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<TemplateText>,

    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<Sql>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspect: Option<Inspect>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<Compare>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_bugs: Option<KnownBugs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeper: Option<KeeperAction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Action>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writers: Option<Writers>,
}

impl Check {
    /// What is wrong with it beyond its schema and its names.
    fn validate(&self, place: &Place, targets: Option<&Targets>, problems: &mut Vec<Problem>) {
        let Some((word, action)) = self.spec() else { return };
        action.validate(&Written { place: place.child(word), around: Around::Check, targets }, problems);
        if self.expect.is_none() && action.expects().is_none() {
            problems.push(Problem::at_key(place.clone(), "what is expected? add `expect`, as in `expect: row.n == 0`"));
        }
    }

    /// As a person reviews it.
    pub fn describe(&self, context: &RenderContext<'_>) -> RenderedCheck {
        let action = self.spec().map(|(_, action)| action);
        let expect = self.expect.as_ref().map(|it| it.0.as_str()).or_else(|| action?.expects());
        RenderedCheck {
            name: self.name.clone(),
            expect: expect.map(str::to_owned),
            within: self.within.map(|it| it.to_string()),
            otherwise: self.otherwise.as_ref().map(|it| context.text(it)),
            reads: action.map(|action| action.describe(context)).unwrap_or_default(),
        }
    }

    /// Whether it depends on what is read: without an `expect` the check has an expectation of its own.
    pub fn can_fail(&self) -> bool {
        let reads_rows = |source: &str| {
            template::Expression::parse(source)
                .is_ok_and(|expect| expect.references().iter().any(|it| ["row", "rows"].contains(&it.namespace())))
        };
        self.expect.as_ref().is_none_or(|expect| reads_rows(&expect.0))
    }

    /// What is known once it holds.
    pub fn proves(&self) -> Proof<'_> {
        match self.spec() {
            Some((_, action)) if self.can_fail() => action.proves(),
            _ => Proof::Nothing,
        }
    }
}

type Targets = indexmap::IndexMap<Name, TargetRequirement>;

/// What is wrong with checks beyond their schema and their names.
pub fn validate_checks(checks: &[Check], place: &Place, targets: Option<&Targets>, problems: &mut Vec<Problem>) {
    for (index, check) in checks.iter().enumerate() {
        check.validate(&place.item(index), targets, problems);
    }
}

impl ActionSpec for CheckList {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.checks(self);
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        if self.is_empty() {
            problems.push(Problem::at(at.place.clone(), "no check is listed here; write at least one"));
        }
        validate_checks(self, &at.place, at.targets, problems);
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
        self.iter().filter_map(|check| check.spec()).flat_map(|(_, action)| action.databases()).collect()
    }

    fn proves(&self) -> Proof<'_> {
        let whole = self.iter().any(|check| check.proves() == Proof::BackupWhole);
        if whole { Proof::BackupWhole } else { Proof::Nothing }
    }

    fn expects(&self) -> Option<&'static str> {
        Some("each of its checks holds")
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfTask(&["held"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Check(Box::new(self.clone())))
    }

    /// Of each its question, then what it reads.
    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let one = |check: &Check| {
            let check = check.describe(context);
            let within = check.within.map_or_else(String::new, |within| format!(", within {within}"));
            let expect = check.expect.map_or_else(String::new, |expect| format!(": {expect}"));
            let otherwise = check.otherwise.map_or_else(String::new, |it| format!("\notherwise: {}", it.trim_end()));
            let question = format!("{}{expect}{within}{otherwise}", check.name);
            std::iter::once(ShownStatement::words("houseplan", question)).chain(check.reads)
        };
        self.iter().flat_map(one).collect()
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, context: &RenderContext<'_>) -> Vec<Permission> {
        self.iter().filter_map(|check| check.spec()).flat_map(|(_, action)| action.permissions(context)).collect()
    }
}
