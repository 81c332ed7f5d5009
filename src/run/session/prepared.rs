//! What a run is made of, before anything is asked of any server.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use camino::Utf8Path;
use indexmap::IndexMap;
use serde_json::Value;

use super::databases::to_be_atomic;

use crate::{
    action::{
        check::names_task,
        context::{RunContext, name_of},
    },
    claims::{self, ClaimStore, lease::LeaseClaim},
    connect::{
        kubernetes::Kubernetes,
        target::{Cluster, Member},
    },
    engine::{recorder::Recorder, spec::RunSpec, state::State},
    journal::Journal,
    name::Name,
    plan::{
        binding::InputSources,
        expanded::{ExpandedPlan, ExpandedStep},
    },
    redact::Redactor,
    run::{
        documents::{Connected, Documents, Wanted, branches::Branches, secret_inputs, targets::used_by},
        error::SessionError,
    },
    targets::{Connections, LocatedTarget, secret::SecretRef},
    template::{InputValue, InputValues, RunFacts},
    world::Expectation,
};

/// A plan with its inputs bound, its secrets read and its targets connected.
pub(in crate::run) struct PreparedRun {
    pub context: RunContext,
    pub spec: Arc<RunSpec>,
    /// What keeps two processes of this machine off the servers that the plan uses.
    pub locks: Vec<String>,
    used: HashSet<Name>,
    /// Whether any step may change something; a plan that only reads needs no claim.
    pub writes: bool,
    /// The clusters of Kubernetes that steps act on, or that servers and secrets are in.
    pub kubernetes: Vec<Kubernetes>,
    /// What the Leases in them are called.
    environment: String,
}

impl PreparedRun {
    /// `is_left` says of a step whether it is still to be done.
    pub async fn new(
        documents: &Documents,
        given: &InputSources,
        run: RunFacts,
        directory: &Utf8Path,
        max_parallel: usize,
        is_left: &dyn Fn(&ExpandedStep) -> bool,
    ) -> Result<Self, SessionError> {
        let inputs = documents.bind(given, &run)?;
        let plan = &documents.plan;
        let branches = Branches { plan, inputs: &inputs, run: &run };
        let (mut used, mut needed): (HashSet<Name>, HashSet<Name>) = (HashSet::new(), HashSet::new());
        for (_, step) in plan.steps.iter().enumerate().filter(|(index, _)| branches.may_happen(*index)) {
            for (name, may_be_absent) in used_by(plan, step) {
                needed.extend((!may_be_absent && is_left(step)).then(|| name.clone()));
                used.insert(name);
            }
        }
        let wanted = |name: &Name| match (used.contains(name), needed.contains(name)) {
            (false, _) => Wanted::No,
            (true, false) => Wanted::IfPossible,
            (true, true) => Wanted::Needed,
        };
        let connected = documents.connect(directory, &run.id, &wanted).await?;
        let Connected { mut targets, connections, mut secrets } = connected;
        let spec = Arc::new(RunSpec::from_plan(plan, max_parallel, names_task)?);
        secrets.extend(secret_inputs(&inputs));
        let redactor = Arc::new(Redactor::new(&secrets));
        for credentials in connections.stores.values().filter_map(|store| store.credentials.as_ref()) {
            let redactor = Arc::clone(&redactor);
            credentials.tell(move |keys| {
                redactor.learn(std::iter::once(&keys.secret_access_key).chain(&keys.session_token));
            });
        }
        if let Some(what) = altered(&redactor, &targets, &inputs) {
            return Err(SessionError::SecretInName(what));
        }
        let environment = documents.bundle.environment().map(|it| it.document.metadata.name.clone());
        Ok(Self {
            kubernetes: kubernetes(&mut targets, &used, &connections),
            environment: environment.unwrap_or_default(),
            locks: locks(&targets, |name| used.contains(name)),
            writes: plan.steps.iter().any(|step| step.action.changes()),
            context: RunContext {
                plan: Arc::clone(plan),
                inputs,
                run,
                connections: Arc::new(connections),
                directory: directory.as_std_path().to_owned(),
                redactor,
                secrets,
                secret_variables: documents.secret_variables(),
                without: Vec::new(),
                elsewhere: HashMap::new(),
            },
            spec,
            used,
        })
    }

    fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        let clusters = self.context.connections.clickhouse.values();
        clusters.filter(|cluster| self.used.contains(&cluster.name)).map(Arc::as_ref)
    }

    pub fn members(&self) -> Vec<Arc<Member>> {
        self.clusters().flat_map(|cluster| cluster.members.iter().cloned()).collect()
    }

    /// Where the run's claim stands: nowhere where its plan only reads.
    pub fn claims(&self) -> Vec<Arc<dyn ClaimStore>> {
        if self.writes { claims::of(&self.members_left(), &self.leases()) } else { Vec::new() }
    }

    /// The same of these members alone.
    pub fn claims_on(&self, members: &[Arc<Member>]) -> Vec<Arc<dyn ClaimStore>> {
        claims::of(members, &self.leases())
    }

    /// The Leases of the run, one in each cluster of Kubernetes; none where its plan only reads.
    pub fn leases(&self) -> Vec<LeaseClaim> {
        let lease = |kubernetes: &Kubernetes| LeaseClaim {
            kubernetes: kubernetes.clone(),
            environment: self.environment.clone(),
        };
        if self.writes { self.kubernetes.iter().map(lease).collect() } else { Vec::new() }
    }

    /// Those that the run is not abandoned without.
    pub fn members_left(&self) -> Vec<Arc<Member>> {
        let without = &self.context.without;
        self.members().into_iter().filter(|member| !without.contains(&name_of(member))).collect()
    }

    /// The members that the steps which are left cannot do without. Of a run that ends, only `finally` is left.
    pub fn needed_members(&self, plan: &ExpandedPlan, state: &State) -> Vec<Arc<Member>> {
        let left = plan.steps.iter().enumerate().filter(|(index, step)| {
            let ends = state.finally_begun() || state.abandoned_by().is_some();
            !state.step(*index).phase.is_done() && (step.finally || !ends)
        });
        let needed: HashSet<Name> = left
            .flat_map(|(_, step)| used_by(plan, step))
            .filter_map(|(name, can_be_absent)| (!can_be_absent).then_some(name))
            .collect();
        self.members_left().into_iter().filter(|member| needed.contains(&member.target)).collect()
    }

    pub fn expectations<'a>(&'a self, plan: &'a ExpandedPlan) -> Vec<Expectation<'a>> {
        let expectation = |target: &'a Cluster| {
            let required = plan.targets.get(&target.name);
            Expectation {
                target,
                members: required.and_then(|required| required.members),
                shards: required.and_then(|required| required.shards),
                databases: to_be_atomic(plan, &self.context.inputs, &target.name),
            }
        };
        self.clusters().map(expectation).collect()
    }

    pub fn recorder(&self, state: State, journal: Journal) -> Recorder {
        let redactor = Arc::clone(&self.context.redactor);
        Recorder::new(state, journal).redacting(Arc::new(move |text| match redactor.redact(text) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(redacted) => Cow::Owned(redacted),
        }))
    }
}

/// The clusters of Kubernetes that are among the targets `used`, or that these are reached through.
fn kubernetes(
    targets: &mut IndexMap<Name, LocatedTarget>,
    used: &HashSet<Name>,
    connections: &Connections,
) -> Vec<Kubernetes> {
    let mut through: HashSet<Name> = used.clone();
    for (_, target) in targets.iter_mut().filter(|(name, _)| used.contains(*name)) {
        through.extend(target.pods().into_iter().map(|(_, pod)| pod.kubernetes.clone()));
        let secrets = target.secrets().into_iter().filter_map(SecretRef::kubernetes);
        through.extend(secrets.map(|(secret, _)| secret.kubernetes()));
    }
    let all = connections.kubernetes.values();
    all.filter(|kubernetes| through.contains(&kubernetes.name)).map(|it| Kubernetes::clone(it)).collect()
}

/// The locks of the servers that the plan uses.
fn locks(targets: &IndexMap<Name, LocatedTarget>, used: impl Fn(&Name) -> bool) -> Vec<String> {
    let servers = targets.iter().filter(|(name, _)| used(name)).flat_map(|(_, target)| target.servers());
    servers.map(|server| server.endpoint.lock()).collect()
}

/// What a secret stands in that the run goes by: an input's value, the name of a target or of a member, a store's URL.
/// Redaction would make another one of it, in what later steps are given too.
fn altered(
    redactor: &Redactor,
    targets: &IndexMap<Name, LocatedTarget>,
    inputs: &[Arc<InputValues>],
) -> Option<String> {
    let holds = |text: &str| redactor.alters(&Value::from(text));
    for (name, target) in targets {
        if holds(name.as_str()) {
            return Some("the name of a target".to_owned());
        }
        if let Some((what, _)) = target.names(name).into_iter().find(|(_, text)| holds(text)) {
            return Some(what);
        }
    }
    let values = inputs.iter().flat_map(|scope| scope.iter());
    values.into_iter().find_map(|(name, value)| match value {
        InputValue::Plain(value) if redactor.alters(value) => Some(format!("the input `{name}`")),
        _ => None,
    })
}
