//! `kind: kubernetes`: a cluster of Kubernetes, by a kubeconfig or by the account of the pod that houseplan runs in.

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Connecting, Located, LocatedServer, LocatedTarget, Moved, Resolving, TargetKeys,
    secret::{SecretRef, SecretSource},
};
use crate::{
    connect::{
        clickhouse::QueryError,
        kubernetes::{Kubernetes, KubernetesSettings, PodPort},
    },
    document::{self, Problem},
    name::Name,
    plan::permission::Permission,
};

/// What pods and secrets mean that name no cluster of Kubernetes.
pub const DEFAULT_NAME: &str = "kubernetes";

/// The keys of a cluster of Kubernetes. Which cluster it is, a run pins by the uid of its namespace `kube-system`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The kubeconfig, beside the environment's file where the path is relative. Where it is left out: what `KUBECONFIG` names, else
    /// `~/.kube/config`, else the service account of the pod that houseplan runs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
    /// The context; the kubeconfig's current one where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The namespace of what names none; the context's where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The namespace in which a run keeps its Lease; `namespace` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_namespace: Option<String>,
    /// A user to impersonate, as in `system:serviceaccount:langsmith:houseplan`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impersonate: Option<String>,
    /// The groups to impersonate beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub impersonate_groups: Vec<String>,
}

/// How the cluster is reached.
#[derive(Debug, Clone)]
pub struct Place {
    settings: KubernetesSettings,
}

impl TargetKeys for Keys {
    type Located = Place;

    const SECRET_KEYS: &'static [&'static str] = &[];

    fn resolve(&self, resolving: &mut Resolving<'_>) -> Option<Place> {
        if self.impersonate.is_none() && !self.impersonate_groups.is_empty() {
            let place = resolving.place.child("impersonate_groups");
            let message = "groups are impersonated beside a user; write `impersonate` too";
            resolving.problems.push(Problem::at_key(place, message));
        }
        let settings = KubernetesSettings {
            kubeconfig: self.kubeconfig.as_ref().map(|path| at_home(path).unwrap_or_else(|| resolving.beside(path))),
            context: self.context.clone(),
            namespace: self.namespace.clone(),
            lease_namespace: self.lease_namespace.clone(),
            user: self.impersonate.clone(),
            groups: self.impersonate_groups.clone(),
        };
        Some(Place { settings })
    }

    fn members(&self) -> Vec<&Name> {
        Vec::new()
    }

    fn shards(&self) -> usize {
        0
    }

    fn places(&self) -> Vec<String> {
        let context =
            self.context.as_ref().map_or_else(|| "the current context".to_owned(), |it| format!("context {it}"));
        let parts = [
            Some(context),
            self.kubeconfig.as_ref().map(|path| format!("of {path}")),
            self.namespace.as_ref().map(|it| format!("namespace {it}")),
            self.impersonate.as_ref().map(|it| format!("as {it}")),
        ];
        vec![parts.into_iter().flatten().collect::<Vec<_>>().join(", ")]
    }

    fn digest(&self) -> Value {
        json!(self)
    }

    fn certificates(&self) -> Vec<&str> {
        Vec::new()
    }

    fn secret_sources(&self) -> Vec<&SecretSource> {
        Vec::new()
    }
}

/// `~/…`, as people write it; no shell is there to expand it.
fn at_home(path: &str) -> Option<Utf8PathBuf> {
    let rest = path.strip_prefix("~/")?;
    Some(Utf8Path::new(&std::env::var("HOME").ok()?).join(rest))
}

impl Located for Place {
    type Connected = Kubernetes;

    fn servers(&self) -> Vec<LocatedServer<'_>> {
        Vec::new()
    }

    fn secrets(&self) -> Vec<&SecretRef> {
        Vec::new()
    }

    fn pods(&mut self) -> Vec<(&document::Place, &mut PodPort)> {
        Vec::new()
    }

    fn permissions(&self) -> Vec<Permission> {
        Vec::new()
    }

    fn names(&self, target: &Name) -> Vec<(String, String)> {
        let namespace = self.settings.namespace.iter().chain(&self.settings.lease_namespace);
        namespace.map(|it| (format!("the namespace of `{target}`"), it.clone())).collect()
    }

    /// Which cluster it leads to is pinned, so another way to it is as good; another namespace is another place.
    fn moved(&self, now: &Self) -> Moved {
        if self.settings == now.settings {
            Moved::Nowhere
        } else if (&self.settings.namespace, &self.settings.lease_namespace)
            == (&now.settings.namespace, &now.settings.lease_namespace)
        {
            Moved::Free("reached otherwise; it has to be the same cluster".to_owned())
        } else {
            Moved::Another("its namespaces are others".to_owned())
        }
    }

    fn connect(&self, name: &Name, with: &Connecting<'_>) -> Result<Kubernetes, QueryError> {
        Ok(with.kubernetes.get(name).cloned().unwrap_or_else(|| Kubernetes::new(name.clone(), self.settings.clone())))
    }
}

/// A client of each cluster of Kubernetes among the targets. Asks nothing of any.
pub fn clients(targets: &IndexMap<Name, LocatedTarget>) -> IndexMap<Name, Kubernetes> {
    let client = |(name, target): (&Name, &LocatedTarget)| match target {
        LocatedTarget::Kubernetes(place) => Some((name.clone(), Kubernetes::new(name.clone(), place.settings.clone()))),
        _ => None,
    };
    targets.iter().filter_map(client).collect()
}
