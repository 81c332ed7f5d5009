//! The API of a cluster of Kubernetes.

use std::{sync::Arc, time::Duration};

use camino::Utf8PathBuf;
use kube::{
    Client, Config, Error,
    api::{GetParams, ListParams},
    config::{KubeConfigOptions, Kubeconfig},
    core::Request,
};
use serde_json::Value;
use tokio::{sync::OnceCell, time::timeout};

use super::Resource;
use crate::{connect::innermost, name::Name};

/// How long the API server may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The page of a list.
const PAGE: u32 = 500;

/// How a cluster of Kubernetes is reached, and as whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KubernetesSettings {
    /// Instead of `KUBECONFIG` or `~/.kube/config`, and of the account of the pod that houseplan runs in.
    pub kubeconfig: Option<Utf8PathBuf>,
    /// Instead of the current one.
    pub context: Option<String>,
    /// Instead of the context's.
    pub namespace: Option<String>,
    /// Where Leases are kept, instead of `namespace`.
    pub lease_namespace: Option<String>,
    /// Whom to impersonate, and with which groups.
    pub user: Option<String>,
    pub groups: Vec<String>,
}

/// A cluster of Kubernetes; cheap to clone. Nothing is read or asked before the first use.
#[derive(Clone)]
pub struct Kubernetes {
    /// The target that it is.
    pub name: Name,
    pub settings: KubernetesSettings,
    client: Arc<OnceCell<Reached>>,
    cluster: Arc<OnceCell<String>>,
}

/// The way to a cluster, as it was found at the first use.
#[derive(Clone)]
struct Reached {
    client: Client,
    /// Of the kubeconfig; `None` by the account of a pod.
    context: Option<String>,
}

impl std::fmt::Debug for Kubernetes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kubernetes").field("name", &self.name).field("settings", &self.settings).finish()
    }
}

/// Why Kubernetes did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KubernetesError {
    /// The kubeconfig cannot be used, or the program that it names for credentials has failed.
    #[error("the way to Kubernetes (`{target}`) cannot be made: {reason}")]
    Config { target: Name, reason: String },
    /// No connection to the API server was made: nothing was sent.
    #[error("the API server of `{target}` cannot be reached: {reason}")]
    Unreachable { target: Name, reason: String },
    /// The connection broke, or no answer came in time: whether it was done is unknown.
    #[error("the API server of `{target}` has not answered: {reason}")]
    Lost { target: Name, reason: String },
    /// 401: the API server does not know who asks.
    #[error("the API server of `{target}` does not accept who asks: {reason}")]
    Unauthorized { target: Name, reason: String },
    /// 403: who asks may not do it.
    #[error(
        "the API server of `{target}` does not allow to {verb} {resource} in the namespace `{namespace}`: {reason}"
    )]
    Forbidden { target: Name, verb: &'static str, resource: String, namespace: String, reason: String },
    /// Something is not there that has to be.
    #[error("{reason}")]
    NotFound { target: Name, reason: String },
    /// Another answer of the API server's, with its status: 409 Conflict, 422 Invalid.
    #[error("the API server of `{target}` refuses it ({code} {name}): {reason}")]
    Refused { target: Name, code: u16, name: String, reason: String },
}

impl Kubernetes {
    /// Reads nothing yet.
    pub fn new(name: Name, settings: KubernetesSettings) -> Self {
        Self { name, settings, client: Arc::default(), cluster: Arc::default() }
    }

    /// A client, by the kubeconfig or the account of the pod; made at the first use.
    pub(super) async fn client(&self) -> Result<Client, KubernetesError> {
        Ok(self.reached().await?.client.clone())
    }

    /// The context that is used, whatever becomes the current one of the kubeconfig meanwhile; `None` by the account of a pod.
    pub async fn context(&self) -> Result<Option<String>, KubernetesError> {
        Ok(self.reached().await?.context.clone())
    }

    async fn reached(&self) -> Result<&Reached, KubernetesError> {
        let make = async || {
            let (mut config, context) = self.config().await?;
            // What was sent once is never sent again by itself: whether it was done is for us to find out.
            config.default_retry = false;
            if let Some(user) = &self.settings.user {
                config.auth_info.impersonate = Some(user.clone());
                config.auth_info.impersonate_groups =
                    (!self.settings.groups.is_empty()).then(|| self.settings.groups.clone());
            }
            let client = Client::try_from(config).map_err(|error| self.no_config(&error))?;
            Ok(Reached { client, context })
        };
        self.client.get_or_try_init(make).await
    }

    /// What is connected with, and the name of its context.
    async fn config(&self) -> Result<(Config, Option<String>), KubernetesError> {
        let options = KubeConfigOptions { context: self.settings.context.clone(), ..KubeConfigOptions::default() };
        let read = match &self.settings.kubeconfig {
            Some(path) => Kubeconfig::read_from(path),
            None => Kubeconfig::read(),
        };
        let read = match read {
            Ok(kubeconfig) => {
                let context = self.settings.context.clone().or_else(|| kubeconfig.current_context.clone());
                Config::from_custom_kubeconfig(kubeconfig, &options).await.map(|config| (config, context))
            }
            Err(error) => Err(error),
        };
        match read {
            Ok(read) => Ok(read),
            // In a pod there is no kubeconfig, and its account is what is meant, unless a context is named.
            Err(error) if self.settings.kubeconfig.is_none() && self.settings.context.is_none() => {
                Ok((Config::incluster().map_err(|_| self.no_config(&error))?, None))
            }
            Err(error) => Err(self.no_config(&error)),
        }
    }

    /// The namespace of what names none: the environment's, else the context's.
    pub async fn namespace(&self) -> Result<String, KubernetesError> {
        match &self.settings.namespace {
            Some(namespace) => Ok(namespace.clone()),
            None => Ok(self.reached().await?.client.default_namespace().to_owned()),
        }
    }

    /// Which cluster it is: the uid of its namespace `kube-system`, which lives as long as the cluster and is no other's.
    pub async fn cluster(&self) -> Result<String, KubernetesError> {
        let ask = async || {
            let found = self.get(Resource::NAMESPACE, "", "kube-system").await?;
            let uid = found.as_ref().and_then(|it| it.pointer("/metadata/uid")).and_then(Value::as_str);
            uid.map(str::to_owned).ok_or_else(|| self.none("it has no namespace `kube-system`".to_owned()))
        };
        self.cluster.get_or_try_init(ask).await.cloned()
    }

    /// One object; `None` where there is none of this name.
    pub async fn get(&self, resource: Resource, namespace: &str, name: &str) -> Result<Option<Value>, KubernetesError> {
        let request = self.built(Request::new(resource.path(Some(namespace))).get(name, &GetParams::default()))?;
        match self.send(request).await? {
            Ok(object) => Ok(Some(object)),
            Err(Error::Api(status)) if status.code == 404 => Ok(None),
            Err(error) => Err(self.failed("get", resource.plural, namespace, error)),
        }
    }

    /// All objects with these labels (a selector; empty for all), of one namespace or of all.
    pub async fn list(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        labels: &str,
    ) -> Result<Vec<Value>, KubernetesError> {
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            let mut params = ListParams::default().limit(PAGE);
            if !labels.is_empty() {
                params = params.labels(labels);
            }
            params.continue_token = next;
            let request = self.built(Request::new(resource.path(namespace)).list(&params))?;
            let mut page = match self.send(request).await? {
                Ok(page) => page,
                // The list changed while it was read: from the start.
                Err(Error::Api(status)) if status.code == 410 && !found.is_empty() => {
                    (found, next) = (Vec::new(), None);
                    continue;
                }
                Err(error) => return Err(self.failed("list", resource.plural, namespace.unwrap_or("*"), error)),
            };
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                found.extend(items);
            }
            next = page
                .pointer("/metadata/continue")
                .and_then(Value::as_str)
                .filter(|it| !it.is_empty())
                .map(str::to_owned);
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// Whether the API server knows objects of this kind at all: what an operator brings is not everywhere.
    pub async fn serves(&self, resource: Resource) -> Result<bool, KubernetesError> {
        let request = hyper::Request::get(resource.api_path()).body(Vec::new());
        let request = request.map_err(|error| self.none(error.to_string()))?;
        match self.send(request).await? {
            Ok(kinds) => {
                let kinds = kinds.get("resources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                Ok(kinds.iter().any(|kind| kind.get("name").and_then(Value::as_str) == Some(resource.plural)))
            }
            Err(Error::Api(status)) if status.code == 404 => Ok(false),
            Err(error) => Err(self.failed("get", resource.plural, "*", error)),
        }
    }

    /// The first of these that the API server knows.
    pub async fn first_served(&self, versions: &[Resource]) -> Result<Option<Resource>, KubernetesError> {
        for resource in versions {
            if self.serves(*resource).await? {
                return Ok(Some(*resource));
            }
        }
        Ok(None)
    }

    /// Sends one request. The inner result is the API server's.
    pub(super) async fn send(&self, request: hyper::Request<Vec<u8>>) -> Result<Result<Value, Error>, KubernetesError> {
        let client = self.client().await?;
        timeout(PATIENCE, client.request::<Value>(request)).await.map_err(|_| self.no_answer())
    }

    pub(super) fn built<T>(&self, request: Result<T, kube::core::request::Error>) -> Result<T, KubernetesError> {
        request.map_err(|error| self.none(error.to_string()))
    }

    /// What is not there, in words.
    pub fn none(&self, reason: String) -> KubernetesError {
        KubernetesError::NotFound { target: self.name.clone(), reason }
    }

    pub(super) fn no_answer(&self) -> KubernetesError {
        KubernetesError::Lost { target: self.name.clone(), reason: format!("no answer in {} s", PATIENCE.as_secs()) }
    }

    fn no_config(&self, error: &dyn std::error::Error) -> KubernetesError {
        KubernetesError::Config { target: self.name.clone(), reason: innermost(error) }
    }

    /// What an error of the client means. `resource` as it stands in a Role.
    pub(super) fn failed(&self, verb: &'static str, resource: &str, namespace: &str, error: Error) -> KubernetesError {
        let target = self.name.clone();
        match error {
            Error::Api(status) => match status.code {
                401 => KubernetesError::Unauthorized { target, reason: status.message },
                403 => KubernetesError::Forbidden {
                    target,
                    verb,
                    resource: resource.to_owned(),
                    namespace: namespace.to_owned(),
                    reason: status.message,
                },
                404 => KubernetesError::NotFound { target, reason: status.message },
                // What the API server could not finish, etcd may have done.
                code @ 500.. => KubernetesError::Lost { target, reason: format!("{} ({code})", status.message) },
                code => KubernetesError::Refused { target, code, name: status.reason, reason: status.message },
            },
            Error::Auth(_) | Error::InferConfig(_) | Error::InferKubeconfig(_) => self.no_config(&error),
            error if is_connect(&error) => KubernetesError::Unreachable { target, reason: innermost(&error) },
            error => KubernetesError::Lost { target, reason: innermost(&error) },
        }
    }
}

/// Whether the connection was never made.
fn is_connect(error: &Error) -> bool {
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        if error
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
        {
            return true;
        }
        next = error.source();
    }
    false
}
