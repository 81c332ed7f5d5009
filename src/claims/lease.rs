//! A claim that stands in a cluster of Kubernetes: a Lease, named by the environment.
//!
//! The process at work renews it; a run that is suspended keeps it without renewing. So another run may take it over once it has
//! expired: what the clock of this machine says is not trusted for that, so it is watched for a while, and taken only if nobody
//! has renewed it. Every write bears the version that was read, so of two that write at a time one is refused. A process that has
//! lost it learns so from [`renew`](LeaseClaim::renew), and does nothing more.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{ClaimPlace, ClaimStore, Made, Owner};
use crate::{
    catalogue,
    connect::kubernetes::{Created, Kubernetes, KubernetesError, Replaced, Resource},
    diagnose::diagnose_kubernetes,
    failure::Failure,
    plan::permission::{Permission, Within},
};

/// How long a Lease that nobody renews is still somebody's, in seconds.
pub const DURATION_SECONDS: i64 = 60;
/// How often it is renewed.
pub const RENEW_EVERY: Duration = Duration::from_secs(10);
/// How long one that has expired is watched before it is taken over: longer than a process is sure of it without a renewal, and than
/// a renewal may be on its way.
const WATCHED: Duration = Duration::from_secs(75);
/// The annotation that says whose it is, as the comment of the database does.
const OWNER: &str = "houseplan/owner";

/// The claim in one cluster of Kubernetes.
#[derive(Debug, Clone)]
pub struct LeaseClaim {
    pub kubernetes: Kubernetes,
    /// The environment's name: of two environments in one namespace, each has its own.
    pub environment: String,
}

/// A Lease as it was read.
struct Read {
    object: Value,
    owner: Owner,
    is_expired: bool,
}

impl LeaseClaim {
    fn name(&self) -> String {
        format!("houseplan-{}", self.environment)
    }

    /// What it takes to keep it.
    pub fn permission(&self) -> Permission {
        let resource = Resource::LEASE;
        let verbs = ["create", "get", "update", "delete"];
        let within = self.kubernetes.settings.lease_namespace.clone().map_or(Within::OfTarget, Within::Namespace);
        Permission::new(&self.kubernetes.name, resource.group, resource.plural, &verbs)
            .named(self.name())
            .within(within)
    }

    async fn namespace(&self) -> Result<String, Failure> {
        match &self.kubernetes.settings.lease_namespace {
            Some(namespace) => Ok(namespace.clone()),
            None => self.kubernetes.namespace().await.map_err(|error| self.failed(&error)),
        }
    }

    async fn read(&self) -> Result<Option<Read>, Failure> {
        let found = self.kubernetes.get(Resource::LEASE, &self.namespace().await?, &self.name()).await;
        let Some(object) = found.map_err(|error| self.failed(&error))? else { return Ok(None) };
        let owner = object
            .pointer("/metadata/annotations")
            .and_then(|all| all.get(OWNER)?.as_str())
            .and_then(|text| serde_json::from_str(text).ok());
        let Some(owner) = owner else {
            return Err(catalogue::claim::UNREADABLE_LEASE
                .with("lease", self.name())
                .failure_in(&self.place().context()));
        };
        let renewed = object.pointer("/spec/renewTime").and_then(Value::as_str).and_then(|text| text.parse().ok());
        let is_expired =
            renewed.is_none_or(|at: Timestamp| Timestamp::now().as_second() - at.as_second() > DURATION_SECONDS);
        Ok(Some(Read { object, owner, is_expired }))
    }

    /// The Lease with this owner; of one that was read, its version is kept.
    fn written(&self, owner: &Owner, was: Option<&Value>) -> Value {
        let now = format!("{:.6}", Timestamp::now());
        let mut object = was.cloned().unwrap_or_else(|| {
            json!({
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": { "name": self.name(), "labels": { "app.kubernetes.io/managed-by": "houseplan" } },
                "spec": { "acquireTime": now },
            })
        });
        let is_other = object.pointer("/spec/holderIdentity") != Some(&json!(owner.run));
        object["metadata"]["annotations"][OWNER] = json!(owner).to_string().into();
        if is_other && was.is_some() {
            let before = object.pointer("/spec/leaseTransitions").and_then(Value::as_i64).unwrap_or_default();
            object["spec"]["leaseTransitions"] = (before + 1).into();
            object["spec"]["acquireTime"] = now.clone().into();
        }
        object["spec"]["holderIdentity"] = owner.run.clone().into();
        object["spec"]["leaseDurationSeconds"] = DURATION_SECONDS.into();
        object["spec"]["renewTime"] = now.into();
        object
    }

    /// Writes `owner` into the Lease that was read, if it is still as it was.
    async fn replace(&self, owner: &Owner, was: &Value) -> Result<bool, Failure> {
        let object = self.written(owner, Some(was));
        let replaced = self.kubernetes.replace(Resource::LEASE, &self.namespace().await?, &self.name(), &object).await;
        Ok(matches!(replaced.map_err(|error| self.failed(&error))?, Replaced::Done(_)))
    }

    /// Says that `run` is at work on the machine `host`. Gives whose the Lease is now, if it is no longer that run's.
    pub async fn renew(&self, run: &str, host: &str) -> Result<Result<(), Option<Owner>>, Failure> {
        match self.read().await? {
            Some(read) if read.owner.run == run && read.owner.host == host => {
                match self.replace(&read.owner, &read.object).await? {
                    true => Ok(Ok(())),
                    // Changed in between: whose it is, the next renewal sees.
                    false => Err(self.gone()),
                }
            }
            Some(read) => Ok(Err(Some(read.owner))),
            None => Ok(Err(None)),
        }
    }

    /// Takes over a Lease that has expired, if nobody renews it while it is watched.
    async fn take_over(&self, owner: &Owner, read: &Read) -> Result<bool, Failure> {
        sleep(WATCHED).await;
        let version = |object: &Value| object.pointer("/metadata/resourceVersion").cloned();
        match self.read().await? {
            Some(now) if version(&now.object) == version(&read.object) => self.replace(owner, &now.object).await,
            _ => Ok(false),
        }
    }

    fn gone(&self) -> Failure {
        catalogue::claim::LEASE_GONE.with("lease", self.name()).failure_in(&self.place().context())
    }

    fn failed(&self, error: &KubernetesError) -> Failure {
        diagnose_kubernetes(error, &self.place().context())
    }
}

#[async_trait]
impl ClaimStore for LeaseClaim {
    fn place(&self) -> ClaimPlace {
        ClaimPlace { target: self.kubernetes.name.clone(), member: self.kubernetes.name.clone() }
    }

    async fn owner(&self) -> Result<Option<Owner>, Failure> {
        Ok(self.read().await?.map(|read| Owner { expired: read.is_expired, ..read.owner }))
    }

    async fn make(&self, owner: &Owner) -> Result<Made, Failure> {
        let namespace = self.namespace().await?;
        let created = self.kubernetes.create(Resource::LEASE, &namespace, &self.written(owner, None)).await;
        match created {
            Ok(Created::New(_)) => return Ok(Made::New),
            Ok(Created::Exists) | Err(KubernetesError::Lost { .. }) => {}
            Err(error) => return Err(self.failed(&error)),
        }
        let Some(read) = self.read().await? else {
            // Given back in between, or never made: whoever asks again finds out.
            return Err(self.gone());
        };
        if read.owner == *owner {
            return Ok(Made::New);
        }
        if read.owner.run == owner.run || !read.is_expired || !self.take_over(owner, &read).await? {
            let now = self.read().await?.map_or(read.owner, |now| now.owner);
            return Ok(Made::Held(now));
        }
        Ok(Made::TakenOver(read.owner))
    }

    async fn rewrite(&self, owner: &Owner) -> Result<(), Failure> {
        match self.read().await? {
            Some(read) if read.owner.run == owner.run && self.replace(owner, &read.object).await? => Ok(()),
            _ => Err(self.gone()),
        }
    }

    async fn remove(&self, run: &str) -> Result<(), Failure> {
        let Some(read) = self.read().await?.filter(|read| read.owner.run == run) else { return Ok(()) };
        // As it was read: one that was taken over since is another run's.
        let deleted = self.kubernetes.delete_as_read(Resource::LEASE, &self.namespace().await?, &read.object).await;
        deleted.map(drop).map_err(|error| self.failed(&error))
    }
}
