//! A plan with everything that it names: inputs by scope, targets by connection.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use indexmap::IndexMap;
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    catalogue,
    connect::{
        kubernetes::Kubernetes,
        target::{Cluster, Keeper, Local, Member, Store},
    },
    engine::event::{MemberName, TaskSeed},
    failure::Failure,
    name::{Name, TaskId, item_label},
    plan::{
        expanded::{ExpandedPlan, ExpandedStep},
        store_path::wrong_path,
        text,
    },
    redact::Redactor,
    targets::Connections,
    template::{
        Dialect, Expression, InputValues, MemberFacts, Rendered, RunFacts, Scope, StepFacts, Template, TemplateFailure,
    },
};

/// Everything that does not change while a run goes on.
pub struct RunContext {
    pub plan: Arc<ExpandedPlan>,
    /// The inputs of each of the plan's scopes.
    pub inputs: Vec<Arc<InputValues>>,
    pub run: RunFacts,
    pub connections: Arc<Connections>,
    pub redactor: Arc<Redactor>,
    /// Where processes start, and files are looked for, where nothing else is said.
    pub directory: PathBuf,
    /// What the redactor looks for: none of it may stand among a process's arguments.
    pub secrets: Vec<SecretString>,
    /// The variables of our own environment that secrets come from: no process inherits them.
    pub secret_variables: Vec<String>,
    /// The members that the run is abandoned without.
    pub without: Vec<MemberName>,
    /// The attempts in doubt that were begun on another machine, and on which.
    pub elsewhere: HashMap<(TaskId, u32), String>,
}

/// What is known where a template of a step stands.
#[derive(Clone, Copy)]
pub struct EvalContext<'a> {
    pub context: &'a RunContext,
    pub step: &'a ExpandedStep,
    pub steps: &'a dyn StepFacts,
    pub member: Option<&'a MemberFacts>,
    pub item: Option<&'a Value>,
}

impl RunContext {
    /// The step with this index.
    pub fn step(&self, step: usize) -> &ExpandedStep {
        &self.plan.steps[step]
    }

    fn target<'a, T>(
        &'a self,
        scope: usize,
        name: &Name,
        of: &'a IndexMap<Name, Arc<T>>,
    ) -> Result<&'a Arc<T>, Failure> {
        let name = self.plan.scopes[scope].target(name);
        // The environment was checked against the plan before the run began.
        of.get(name).ok_or_else(|| catalogue::task::TARGET_MISSING.with("target", name).failure())
    }

    /// What is left of a cluster: without the members that the run is abandoned without.
    pub fn cluster(&self, scope: usize, name: &Name) -> Result<Arc<Cluster>, Failure> {
        let whole = self.whole_cluster(scope, name)?;
        let left = |member: &&Arc<Member>| !self.without.contains(&name_of(member));
        match whole.members.iter().all(|member| left(&member)) {
            true => Ok(whole),
            false => Ok(Arc::new(Cluster {
                members: whole.members.iter().filter(left).cloned().collect(),
                ..whole.as_ref().clone()
            })),
        }
    }

    pub fn whole_cluster(&self, scope: usize, name: &Name) -> Result<Arc<Cluster>, Failure> {
        self.target(scope, name, &self.connections.clickhouse).cloned()
    }

    pub fn store(&self, scope: usize, name: &Name) -> Result<Arc<Store>, Failure> {
        self.target(scope, name, &self.connections.stores).cloned()
    }

    pub fn keeper(&self, scope: usize, name: &Name) -> Result<Arc<Keeper>, Failure> {
        self.target(scope, name, &self.connections.keepers).cloned()
    }

    pub fn local(&self, scope: usize, name: &Name) -> Result<Arc<Local>, Failure> {
        self.target(scope, name, &self.connections.locals).cloned()
    }

    pub fn kubernetes(&self, scope: usize, name: &Name) -> Result<Arc<Kubernetes>, Failure> {
        self.target(scope, name, &self.connections.kubernetes).cloned()
    }

    /// The member of this name.
    pub fn member(&self, target: &Name, member: &Name) -> Option<Arc<Member>> {
        self.connections.clickhouse.get(target)?.members.iter().find(|it| it.name == *member).cloned()
    }

    /// What `member.` holds for this member.
    pub fn member_facts(&self, target: &Name, member: &Name) -> Option<MemberFacts> {
        let cluster = self.connections.clickhouse.get(target)?;
        let found = cluster.members.iter().find(|it| it.name == *member)?;
        let replicas = cluster.members.iter().filter(|it| it.shard == found.shard);
        let replica = replicas.take_while(|it| it.name != *member).count() + 1;
        Some(MemberFacts {
            name: member.to_string(),
            target: target.to_string(),
            shard: found.shard,
            replica: u32::try_from(replica).unwrap_or(u32::MAX),
        })
    }
}

impl<'a> EvalContext<'a> {
    /// The scope of a template that stands here.
    pub fn scope(&self) -> Scope<'a> {
        Scope {
            inputs: Some(&self.context.inputs[self.step.scope]),
            steps: Some(self.steps),
            run: Some(&self.context.run),
            member: self.member,
            item: self.item,
            variables: None,
        }
    }

    /// A template's text.
    pub fn text(&self, template: &text::TemplateText) -> Result<Rendered, Failure> {
        self.parse(&template.0, Dialect::Text)?.render(&self.scope()).map_err(failed)
    }

    /// A template's text, which must not hold a secret, for it is journalled or shown.
    pub fn plain(&self, template: &text::TemplateText) -> Result<String, Failure> {
        let rendered = self.text(template)?;
        if rendered.is_secret() {
            let what = format!("`{}`", template.0);
            return Err(catalogue::template::SECRET_NOT_ALLOWED.with("what", what).failure());
        }
        Ok(rendered.text().to_owned())
    }

    /// A path in a store, which means one thing everywhere.
    pub fn store_path(&self, template: &text::TemplateText) -> Result<String, Failure> {
        checked_store_path(self.plain(template)?)
    }

    /// Statements with their values as literals.
    pub fn sql(&self, template: &text::TemplateText) -> Result<Rendered, Failure> {
        self.parse(&template.0, Dialect::Sql)?.render(&self.scope()).map_err(failed)
    }

    /// A template's value: that of the placeholder that it wholly is, with its type, else its text.
    pub fn value(&self, template: &text::TemplateText) -> Result<Value, Failure> {
        self.parse(&template.0, Dialect::Text)?.value(&self.scope()).map_err(failed)
    }

    /// The values of a list, or of the list that a template gives.
    pub fn list(&self, templates: &text::TemplateOrList) -> Result<Vec<Value>, Failure> {
        match templates {
            text::TemplateOrList::List(items) => items.iter().map(|item| self.value(item)).collect(),
            text::TemplateOrList::Template(template) => match self.value(template)? {
                Value::Array(items) => Ok(items),
                other => {
                    let message = format!("`{}` must give a list, but gives {other}", template.0);
                    Err(catalogue::template::WRONG_TYPE.failure().with_message(message))
                }
            },
        }
    }

    /// The settings of a statement; a string among them is a template.
    pub fn settings(&self, settings: &IndexMap<String, text::Scalar>) -> Result<IndexMap<String, Value>, Failure> {
        let value = |scalar: &text::Scalar| match &scalar.0 {
            Value::String(text) => self.value(&text::TemplateText(text.clone())),
            other => Ok(other.clone()),
        };
        settings.iter().map(|(name, scalar)| Ok((name.clone(), value(scalar)?))).collect()
    }

    /// Texts that are journalled or shown.
    pub fn plain_list(&self, templates: &[text::TemplateText]) -> Result<Vec<String>, Failure> {
        templates.iter().map(|template| self.plain(template)).collect()
    }

    /// Names out of a list of names, or of things that have one.
    pub fn names(&self, templates: &text::TemplateOrList) -> Result<Vec<String>, Failure> {
        Ok(self.list(templates)?.iter().enumerate().map(|(index, value)| item_label(value, index)).collect())
    }

    /// What is left of a cluster, by its name in the step's scope: without the members that the run is abandoned without.
    pub fn cluster(&self, name: &Name) -> Result<Arc<Cluster>, Failure> {
        self.context.cluster(self.step.scope, name)
    }

    pub fn store(&self, name: &Name) -> Result<Arc<Store>, Failure> {
        self.context.store(self.step.scope, name)
    }

    pub fn keeper(&self, name: &Name) -> Result<Arc<Keeper>, Failure> {
        self.context.keeper(self.step.scope, name)
    }

    pub fn local(&self, name: &Name) -> Result<Arc<Local>, Failure> {
        self.context.local(self.step.scope, name)
    }

    pub fn kubernetes(&self, name: &Name) -> Result<Arc<Kubernetes>, Failure> {
        self.context.kubernetes(self.step.scope, name)
    }

    /// The one member of a target that has one, or the first of several: whose work is the same on any.
    pub fn first_member(&self, target: &Name) -> Result<Arc<Member>, Failure> {
        let first = self.cluster(target)?.members.first().cloned();
        first.ok_or_else(|| internal("a target has no member"))
    }

    /// The member that a task is for.
    pub fn member_of(&self, seed: &TaskSeed) -> Result<Arc<Member>, Failure> {
        let (Some(target), Some(member)) = (&seed.target, &seed.member) else {
            return Err(internal("the task names no member"));
        };
        self.context
            .member(target, member)
            .ok_or_else(|| catalogue::task::MEMBER_MISSING.with("target", target).with("member", member).failure())
    }

    fn parse(&self, text: &str, dialect: Dialect) -> Result<Template, Failure> {
        Template::parse(text, dialect).map_err(malformed)
    }
}

/// Refuses a path that would not mean one thing in a URL, in a pattern and as the key of an object.
pub fn checked_store_path(path: String) -> Result<String, Failure> {
    match wrong_path(&path) {
        None => Ok(path),
        Some(wrong) => {
            Err(catalogue::store::PATH.failure().with_message(format!("the path `{path}` cannot be used: {wrong}")))
        }
    }
}

/// The full name of a member: with its target.
pub fn name_of(member: &Member) -> MemberName {
    MemberName { target: member.target.clone(), member: member.name.clone() }
}

/// What validation should have refused.
pub fn internal(what: &str) -> Failure {
    catalogue::internal::BUG.with("what", format!(": {what}")).failure()
}

/// A bare expression of a plan.
pub fn expression(source: &text::ExpressionText) -> Result<Expression, Failure> {
    Expression::parse(&source.0).map_err(malformed)
}

/// Validation has read every template before; this is for what it could not see.
fn malformed(problems: Vec<crate::template::TemplateProblem>) -> Failure {
    let messages: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
    catalogue::template::MALFORMED.with("reason", messages.join("; ")).failure()
}

/// A template that cannot be evaluated now.
pub fn failed(failure: TemplateFailure) -> Failure {
    catalogue::template::FAILED.with("reason", failure).failure()
}
