//! houseplan's own way to the cluster of a test.

use std::{fs, sync::Arc};

use houseplan::{
    connect::{
        clickhouse::{
            Client,
            exec::{ExecConnection, ExecTransport},
            forwarded::{ForwardedConnection, ForwardedTransport},
        },
        kubernetes::{Kubernetes, KubernetesSettings, PodContainer, PodPick, PodPort, PortPick},
    },
    name::Name,
};
use secrecy::SecretString;

use super::{bed::Bed, installation::Installation};

pub fn kubernetes(bed: &Bed) -> Kubernetes {
    // What the binary does before anything else.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings =
        KubernetesSettings { kubeconfig: Some(bed.kubeconfig().to_owned()), ..KubernetesSettings::default() };
    Kubernetes::new(Name::from("kubernetes"), settings)
}

/// The container `main` of a pod that a test has made.
pub fn main_of(namespace: &str, pod: &str) -> PodContainer {
    PodContainer { namespace: namespace.to_owned(), pod: pod.to_owned(), container: Some("main".to_owned()) }
}

pub fn port(namespace: &str, pod: &str, container: &str, port: u16) -> PodPort {
    PodPort {
        kubernetes: Name::from("kubernetes"),
        cluster: None,
        namespace: Some(namespace.to_owned()),
        pod: PodPick::Name(pod.to_owned()),
        container: Some(container.to_owned()),
        port: PortPick::Number(port),
    }
}

/// The first replica of an installation, whose pod holds no credentials in its environment.
pub struct Replica<'a> {
    pub bed: &'a Bed,
    pub namespace: String,
    pub pod: &'static str,
    pub container: &'static str,
    pub http: u16,
    pub native: u16,
    pub password: String,
}

impl<'a> Replica<'a> {
    pub fn of(bed: &'a Bed, installation: &Installation<'_>) -> Self {
        let (pod, container, namespace) =
            ("chi-ch-repl-replicated-0-0-0", "clickhouse-pod", installation.clickhouse.clone());
        let read = ["--namespace", &namespace, "exec", pod, "--container", container, "--"];
        let node = bed.kubectl(&[read.as_slice(), &["cat", "/etc/clickhouse-server/node.json"]].concat());
        let node: serde_json::Value = serde_json::from_str(&node).expect("the node's settings");
        let port = |name: &str| node[name].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        let password =
            bed.folder().join("installations").join(&installation.namespace).join("secrets/clickhouse-password");
        let password = fs::read_to_string(password).expect("the password").trim_end().to_owned();
        Self { bed, pod, container, http: port("http_port"), native: port("native_port"), password, namespace }
    }

    pub fn by_forward(&self) -> Client {
        Client::new(ForwardedTransport::new(ForwardedConnection {
            kubernetes: kubernetes(self.bed),
            to: port(&self.namespace, self.pod, self.container, self.http),
            user: "default".to_owned(),
            password: Some(SecretString::from(self.password.clone())),
        }))
    }

    pub fn by_exec(&self) -> Client {
        self.by_exec_with(&self.password)
    }

    pub fn by_exec_with(&self, password: &str) -> Client {
        Client::new(ExecTransport::new(ExecConnection {
            kubernetes: kubernetes(self.bed),
            to: port(&self.namespace, self.pod, self.container, self.native),
            user: "default".to_owned(),
            password: Some(SecretString::from(password.to_owned())),
        }))
    }

    pub fn shared(&self) -> Arc<Client> {
        Arc::new(self.by_exec())
    }
}
