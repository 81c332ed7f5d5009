//! A stream to a port of a pod, through the API server.
//!
//! One websocket carries one stream. It is never half-closed: that closes the websocket, and what the pod still had to say is
//! lost. When a link is cut, the stream ends as if the pod had closed it; what had happened, [`Forward::cause`] knows.

use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use k8s_openapi::api::core::v1::Pod;
use kube::api::Api;
use tokio::{io::DuplexStream, time::timeout};

use super::{Kubernetes, KubernetesError, PodPort};

/// How long the API server may take to open a stream.
const PATIENCE: Duration = Duration::from_secs(15);

/// A stream to a port of a pod, and what ended it.
pub struct Forward {
    pub stream: DuplexStream,
    /// Ends when the stream has: with the cause, where there is one.
    cause: BoxFuture<'static, Option<String>>,
}

impl Kubernetes {
    /// Opens a stream to the port. That nothing listens there shows only when the stream is read.
    pub async fn forward(&self, to: &PodPort) -> Result<Forward, KubernetesError> {
        let (at, port) = self.found(to).await?;
        let pods: Api<Pod> = Api::namespaced(self.client().await?, &at.namespace);
        let opened = timeout(PATIENCE, pods.portforward(&at.pod, &[port])).await;
        let mut forwarder = match opened {
            Ok(Ok(forwarder)) => forwarder,
            Ok(Err(error)) => return Err(self.failed("create", "pods/portforward", &at.namespace, error)),
            Err(_) => return Err(self.no_answer()),
        };
        let (Some(stream), Some(error)) = (forwarder.take_stream(port), forwarder.take_error(port)) else {
            return Err(self.none("a stream that was opened is not there".to_owned()));
        };
        let cause = async move {
            match error.await {
                Some(said) => Some(said.trim().to_owned()),
                None => forwarder.join().await.err().map(|error| error.to_string()),
            }
        };
        // On a task of its own: the forwarder is to be watched also while nobody asks for the cause.
        let cause = tokio::spawn(cause).map(|ended| ended.ok().flatten()).boxed();
        Ok(Forward { stream, cause })
    }
}

impl Forward {
    /// The stream, and the cause of its end.
    pub fn into_parts(self) -> (DuplexStream, BoxFuture<'static, Option<String>>) {
        (self.stream, self.cause)
    }
}
