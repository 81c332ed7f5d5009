//! Where a server is, and what follows from it: what is locked, what is one and the same place, what is shown.
//!
//! Nobody else takes an address for the identity of a server. A kind of endpoint is a variant, and the compiler asks for its lock,
//! its identity and its words here.

use std::fmt;

use url::Url;

use super::kubernetes::PodPort;

/// Where a server, a store or a Keeper is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// The URL of an interface over HTTP; without user, password, query and fragment.
    Url(Url),
    /// A TCP port.
    Port { host: String, port: u16 },
    /// A port of a pod. It has no lasting address; the pod, in its cluster of Kubernetes, is what lasts.
    Pod(PodPort),
}

impl Endpoint {
    /// Reads a URL; `None` where the text is none of HTTP, or bears what must not be shown.
    pub fn of_url(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        (is_bare && url.fragment().is_none() && url.has_host() && matches!(url.scheme(), "http" | "https"))
            .then_some(Self::Url(url))
    }

    /// The name under which two processes of one machine keep each other off. The same for one server however it is written.
    pub fn lock(&self) -> String {
        match self {
            // By the cluster's own identity where it is known: of two kubeconfigs that lead to it, each calls it otherwise.
            Self::Pod(pod) => {
                let cluster = pod.cluster.as_deref().unwrap_or(pod.kubernetes.as_str());
                format!("pod {} of Kubernetes {cluster}", pod.pod())
            }
            Self::Url(_) | Self::Port { .. } => self.to_string(),
        }
    }

    /// What two endpoints have in common that lead to one place: the host and the port, and the folder of a store. The
    /// protocol does not count.
    pub fn identity(&self) -> String {
        match self {
            Self::Url(url) => {
                let (host, port) =
                    (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
                format!("{host}:{port}{}", url.path().trim_end_matches('/'))
            }
            Self::Port { host, port } => format!("{}:{port}", host.to_ascii_lowercase()),
            Self::Pod(pod) => format!("{}:{}", pod.kubernetes, pod.pod()),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url.as_str().trim_end_matches('/')),
            Self::Port { host, port } if host.contains(':') && !host.starts_with('[') => write!(f, "[{host}]:{port}"),
            Self::Port { host, port } => write!(f, "{host}:{port}"),
            Self::Pod(pod) => pod.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Endpoint {
        Endpoint::of_url(text).expect("a URL")
    }

    #[test]
    fn one_place_has_one_identity_and_one_lock() {
        for (one, other) in [
            ("http://H:8123", "http://h:8123/"),
            ("https://h", "https://h:443"),
            ("http://h:9000/bucket/", "http://h:9000/bucket"),
        ] {
            assert_eq!((url(one).lock(), url(one).identity()), (url(other).lock(), url(other).identity()), "{one}");
        }
        assert_eq!(url("http://h:8123").identity(), url("https://h:8123").identity());
        assert_ne!(url("http://h:9000/one").identity(), url("http://h:9000/two").identity());
        let keeper = Endpoint::Port { host: "K".into(), port: 9181 };
        assert_eq!((keeper.identity().as_str(), keeper.to_string().as_str()), ("k:9181", "K:9181"));
        assert_eq!(Endpoint::Port { host: "::1".into(), port: 9181 }.to_string(), "[::1]:9181");
    }

    #[test]
    fn what_may_hold_a_secret_is_no_endpoint() {
        for text in ["http://user:pw@h:1", "http://h:1?password=x", "http://h:1#x", "s3://bucket", "nothing"] {
            assert_eq!(Endpoint::of_url(text), None, "{text}");
        }
    }
}
