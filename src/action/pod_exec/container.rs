//! The container that a command runs in, and what of it still lives there.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{io::AsyncReadExt, time::timeout};

use crate::{
    action::exec::VARIABLE,
    connect::kubernetes::{Ended, Kubernetes, KubernetesError, PodContainer, PodPick, name_of},
};

/// How long a look into a container may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The pods of a run's target, one of which is meant.
pub(super) struct Where {
    pub kubernetes: Arc<Kubernetes>,
    pub namespace: Option<String>,
    pub pod: PodPick,
    pub container: Option<String>,
}

/// A container, as it is noted before anything is started in it: a pod of this name may be another one tomorrow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Found {
    pub namespace: String,
    pub pod: String,
    pub uid: String,
    pub container: Option<String>,
}

/// What is known of the processes of a task in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Living {
    None,
    Some(Vec<String>),
    /// The container has not what it takes to look, or cannot be reached.
    Unknown(String),
}

impl Where {
    /// The pod that is meant now.
    pub async fn find(&self) -> Result<Found, KubernetesError> {
        let namespace = match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => self.kubernetes.namespace().await?,
        };
        let pod = self.kubernetes.pod(&namespace, &self.pod).await?;
        let (name, uid) = (name_of(&pod).to_owned(), uid_of(&pod).to_owned());
        Ok(Found { namespace, pod: name, uid, container: self.container.clone() })
    }

    /// Whether it is still the pod that it was. Where it is not, nothing of it runs any more.
    pub async fn is_there(&self, found: &Found) -> Result<bool, KubernetesError> {
        match self.kubernetes.pod(&found.namespace, &PodPick::Name(found.pod.clone())).await {
            Ok(pod) => Ok(uid_of(&pod) == found.uid),
            Err(KubernetesError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The processes whose mark begins with `mark`. Those that look have no such mark.
    pub async fn living(&self, found: &Found, mark: &str) -> Living {
        let script = "found=$(grep -lF -e \"$1\" /proc/[0-9]*/environ 2>/dev/null); code=$?\n\
            [ $code -lt 126 ] || exit 9; for it in $found; do it=${it#/proc/}; echo \"${it%/environ}\"; done";
        let wanted = format!("{VARIABLE}={mark}");
        let command = ["sh", "-c", script, "sh", &wanted].map(str::to_owned);
        match timeout(PATIENCE, self.look(found, &command)).await {
            Ok(Ok((Ended::Code(0), text))) => {
                let living: Vec<String> = text.lines().map(str::to_owned).collect();
                if living.is_empty() { Living::None } else { Living::Some(living) }
            }
            Ok(Ok((Ended::Code(code), _))) => {
                Living::Unknown(format!("the container does not tell which processes it has (code {code})"))
            }
            Ok(Ok((Ended::NotStarted(reason) | Ended::Unknown(reason), _))) => Living::Unknown(reason),
            Ok(Err(error)) => Living::Unknown(error.to_string()),
            Err(_) => Living::Unknown(format!("the pod has not answered in {} s", PATIENCE.as_secs())),
        }
    }

    async fn look(&self, found: &Found, command: &[String]) -> Result<(Ended, String), KubernetesError> {
        let mut process = self.kubernetes.exec(&found.at(), command).await?;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        // A link that is lost ends neither stream.
        let reading = async {
            let _ = tokio::join!(process.stdout.read_to_end(&mut out), process.stderr.read_to_end(&mut err));
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            ended = process.link => ended,
            () = reading => Ended::Unknown(String::new()),
        };
        // What came before the end has come.
        let _ = timeout(Duration::from_secs(1), process.stdout.read_to_end(&mut out)).await;
        Ok((ended, String::from_utf8_lossy(&out).into_owned()))
    }
}

impl Found {
    pub fn at(&self) -> PodContainer {
        PodContainer { namespace: self.namespace.clone(), pod: self.pod.clone(), container: self.container.clone() }
    }
}

fn uid_of(pod: &Value) -> &str {
    pod.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default()
}
