//! What a plan has to be allowed in Kubernetes, and whether it is.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::documents::{Documents, PrepareError, targets::used_by};
use crate::{
    claims::lease::LeaseClaim,
    connect::kubernetes::{Kubernetes, KubernetesError, Resource},
    diagnose::{Activity, Context, diagnose_kubernetes},
    failure::Failure,
    name::Name,
    plan::{
        binding::InputSources,
        describe::RenderContext,
        permission::{Permission, Within},
    },
    render::{Needs, known_environment},
    targets::{LocatedTarget, kubernetes::clients},
};

/// What a plan has to be allowed.
pub struct Permissions {
    pub needs: Needs,
    clusters: IndexMap<Name, Kubernetes>,
}

impl Documents {
    /// What the plan has to be allowed in Kubernetes, with these inputs. Asks nobody.
    pub fn permissions(&self, given: &InputSources) -> Result<Permissions, PrepareError> {
        let environment = self.bundle.environment().ok_or(PrepareError::NoEnvironment)?;
        let mut targets = self.targets()?;
        let clusters = clients(&targets);
        let (inputs, files) = self.reviewed(given)?;
        let known = known_environment(&environment.document);
        let mut needs = Needs::new();
        let mut need = |permission: Permission, by: &str| {
            needs.entry(permission).or_default().insert(by.to_owned());
        };
        let plan = &self.plan;
        let mut used: HashSet<Name> = HashSet::new();
        for (index, step) in plan.steps.iter().enumerate() {
            let context = RenderContext { plan, index, inputs: &inputs, environment: Some(&known), files: &files };
            let checks = step.preconditions.iter().chain(&step.postconditions).filter_map(|check| check.spec());
            let specs = checks.map(|(_, spec)| spec).chain([step.action.spec()]);
            for permission in specs.flat_map(|spec| spec.permissions(&context)) {
                need(permission, plan.called(index).as_str());
            }
            used.extend(used_by(plan, step).into_iter().map(|(name, _)| name));
        }
        let mut through: HashSet<Name> = used.iter().filter(|name| clusters.contains_key(*name)).cloned().collect();
        for (name, target) in targets.iter_mut().filter(|(name, _)| used.contains(*name)) {
            for permission in of_target(target) {
                through.insert(permission.on.clone());
                need(permission, name.as_str());
            }
        }
        for (name, cluster) in clusters.iter().filter(|(name, _)| through.contains(*name)) {
            // Which cluster it is: a run pins that.
            let which = Permission::new(name, "", Resource::NAMESPACE.plural, &["get"]).named("kube-system");
            need(which.within(Within::WholeCluster), name.as_str());
            if plan.steps.iter().any(|step| step.action.changes()) {
                let lease =
                    LeaseClaim { kubernetes: cluster.clone(), environment: environment.document.metadata.name.clone() };
                need(lease.permission(), name.as_str());
            }
        }
        Ok(Permissions { needs, clusters })
    }
}

/// What it takes to reach a target, and to read its secrets.
fn of_target(target: &mut LocatedTarget) -> Vec<Permission> {
    let mut found = target.permissions();
    for (secret, _) in target.secrets().into_iter().filter_map(|secret| secret.kubernetes()) {
        let permission = Permission::new(&secret.kubernetes(), "", Resource::SECRET.plural, &["get"]);
        let within = secret.namespace.clone().map_or(Within::OfTarget, Within::Namespace);
        found.push(permission.named(&secret.name).within(within));
    }
    found
}

impl Permissions {
    /// The targets' own namespaces, as far as their kubeconfigs can be read.
    pub async fn namespaces(&self) -> IndexMap<String, String> {
        let mut found = IndexMap::new();
        for (name, cluster) in &self.clusters {
            if let Ok(namespace) = cluster.namespace().await {
                found.insert(name.to_string(), namespace);
            }
        }
        found
    }

    /// Asks each cluster whether they are allowed to whoever asks now. Gives those that are not, each in words.
    pub async fn missing(&self) -> Result<Vec<String>, Failure> {
        let mut missing = Vec::new();
        for (permission, by) in &self.needs {
            let Some(cluster) = self.clusters.get(&permission.on) else { continue };
            let failed = |error: KubernetesError| {
                let context = Context { member: Some(cluster.name.clone()), ..Context::new(Activity::Preflight) };
                diagnose_kubernetes(&error, &context)
            };
            let namespace = match &permission.within {
                Within::OfTarget => cluster.namespace().await.map_err(failed)?,
                Within::Namespace(namespace) => namespace.clone(),
                Within::WholeCluster => String::new(),
            };
            let resource = permission.resource();
            for verb in &permission.verbs {
                let name = permission.name.as_deref().filter(|_| permission.allows_by_name(verb));
                let may = cluster.may(verb, &permission.group, &resource, &namespace, name).await.map_err(failed)?;
                if !may {
                    let of = name.map_or_else(String::new, |name| format!(" `{name}`"));
                    let within = if namespace.is_empty() { String::new() } else { format!(" in {namespace}") };
                    let by = by.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                    missing.push(format!("{verb} {resource}{of}{within}: needed by {by}"));
                }
            }
        }
        Ok(missing)
    }
}
