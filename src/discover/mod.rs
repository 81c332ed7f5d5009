//! What there is in a cluster of Kubernetes, written as an environment: what `houseplan init --from-cluster` prints.
//!
//! Reads pods and workloads, and the names of Secrets where these name them; never a Secret. What is not found is said, in the file
//! itself, so that a person fills it in.

mod server;
mod text;

use serde_json::Value;

use self::server::{Group, groups};
use crate::{
    action::writers::writers_of,
    connect::kubernetes::{Kubernetes, KubernetesError, KubernetesSettings, Resource},
    diagnose::{Activity, Context, diagnose_kubernetes},
    failure::Failure,
    name::Name,
    plan::outputs::WriterRow,
};

/// What was found.
pub struct Discovered {
    settings: KubernetesSettings,
    /// The namespace of what names none.
    namespace: String,
    /// The ClickHouse servers, those that belong together in one group.
    servers: Vec<Group>,
    keepers: Vec<Group>,
    /// What has the password of the first single server.
    writers: Vec<WriterRow>,
    /// What could not be read, a sentence each.
    unread: Vec<String>,
}

/// Looks at the pods of these namespaces; of all where none is named.
pub async fn discover(settings: KubernetesSettings, namespaces: &[String]) -> Result<Discovered, Failure> {
    let kubernetes = Kubernetes::new(Name::from("kubernetes"), settings.clone());
    let failed = |error: KubernetesError| diagnose_kubernetes(&error, &Context::new(Activity::Kubernetes));
    let namespace = kubernetes.namespace().await.map_err(failed)?;
    let (mut pods, mut unread): (Vec<Value>, Vec<String>) = (Vec::new(), Vec::new());
    if namespaces.is_empty() {
        match kubernetes.list(Resource::POD, None, "").await {
            Ok(all) => pods = all,
            Err(KubernetesError::Forbidden { .. }) => {
                unread.push(format!("pods of other namespaces than {namespace}: not allowed to list them"));
                pods = kubernetes.list(Resource::POD, Some(&namespace), "").await.map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
    }
    for namespace in namespaces {
        pods.extend(kubernetes.list(Resource::POD, Some(namespace), "").await.map_err(failed)?);
    }
    let servers = groups(&pods, server::is_clickhouse);
    let keepers = groups(&pods, server::is_keeper);
    let mut writers = Vec::new();
    if let Some((source, password)) =
        servers.iter().filter(|it| it.pods.len() == 1).find_map(|it| Some((it, it.password.as_ref()?)))
    {
        let found = writers_of(&kubernetes, &password.name, &source.namespace, namespaces).await?;
        unread.extend(found.unread);
        // The server itself is given its own password, and is no writer; Jobs come and go.
        writers = found.rows.into_iter().filter(|row| !source.is_made_by(row) && row.kind != "job").collect();
    }
    Ok(Discovered { settings, namespace, servers, keepers, writers, unread })
}

impl Discovered {
    /// The environment, with what was not found as comments.
    pub fn environment(&self, name: &str) -> String {
        text::environment(self, name)
    }
}
