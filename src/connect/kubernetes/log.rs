//! What the containers of a pod print.

use std::pin::pin;

use futures::AsyncReadExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, LogParams};
use tokio::{
    io::{AsyncWriteExt as _, DuplexStream, duplex},
    time::timeout,
};

use super::{Kubernetes, KubernetesError, api::PATIENCE};

/// How much of a log waits for its reader.
const PIECE: usize = 16 << 10;
/// So many of the last lines are read where a log is not followed.
const LAST_LINES: i64 = 500;

impl Kubernetes {
    /// Follows what a container prints, from its start. The API server refuses (400) before there is a container. The stream ends
    /// with the container, and also where the link breaks: what has become of the container only its pod says.
    pub async fn follow_log(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
    ) -> Result<DuplexStream, KubernetesError> {
        let params = LogParams { container: Some(container.to_owned()), follow: true, ..LogParams::default() };
        let pods: Api<Pod> = Api::namespaced(self.client().await?, namespace);
        let opened = timeout(PATIENCE, pods.log_stream(pod, &params)).await.map_err(|_| self.no_answer())?;
        let log = opened.map_err(|error| self.failed("get", "pods/log", namespace, error))?;
        let (ours, mut theirs) = duplex(PIECE);
        tokio::spawn(async move {
            let mut log = pin!(log);
            let mut buffer = vec![0_u8; PIECE];
            // An error of the stream is its end, and so is a reader that has gone.
            while let Ok(read @ 1..) = log.read(&mut buffer).await {
                if theirs.write_all(&buffer[..read]).await.is_err() {
                    break;
                }
            }
        });
        Ok(ours)
    }

    /// The last lines that a container has printed; `previous`: the container that stood there before it was started again.
    pub async fn log(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
    ) -> Result<String, KubernetesError> {
        let params = LogParams {
            container: Some(container.to_owned()),
            previous,
            tail_lines: Some(LAST_LINES),
            ..LogParams::default()
        };
        let pods: Api<Pod> = Api::namespaced(self.client().await?, namespace);
        let read = timeout(PATIENCE, pods.logs(pod, &params)).await.map_err(|_| self.no_answer())?;
        read.map_err(|error| self.failed("get", "pods/log", namespace, error))
    }
}
