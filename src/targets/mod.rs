//! The kinds of target, one file each: the keys that people write, what they mean, how it is reached and what is compared.
//!
//! [`TargetKeys`] and [`Located`] have no default methods, so a kind that is added to the list at the end of this file answers
//! everything or does not compile. What is wrong with the targets of an environment together is said by
//! [`crate::environment`].

pub mod clickhouse;
pub mod keeper;
pub mod kubernetes;
pub mod local;
mod pod;
pub mod s3;
pub mod secret;

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::secret::{SecretRef, SecretSource, Secrets};
use crate::{
    connect::{
        clickhouse::QueryError,
        endpoint::Endpoint,
        kubernetes::{Kubernetes, KubernetesSettings, PodPort},
        target::{Cluster, Keeper, Local, Store},
    },
    document::{Place, Problem},
    name::Name,
    plan::{model::TargetKind, permission::Permission},
};

/// A kind of target as people write it.
pub trait TargetKeys {
    type Located: Located;

    /// The keys that say where a secret comes from. Whatever else stands behind them may be the secret itself, and is not shown.
    const SECRET_KEYS: &'static [&'static str];

    /// What the keys mean; what is wrong with them goes to `resolving`. Asks nothing of anybody.
    fn resolve(&self, resolving: &mut Resolving<'_>) -> Option<Self::Located>;

    /// The servers that it is made of, by name; none for a kind that has no members.
    fn members(&self) -> Vec<&Name>;

    /// How many shards those are.
    fn shards(&self) -> usize;

    /// Where it is, as a reviewer reads it: `replica1: http://…`, or the one place that it is.
    fn places(&self) -> Vec<String>;

    /// What of it a run is bound to. Where secrets come from counts, what they hold does not.
    fn digest(&self) -> Value;

    /// The certificates that it names, as they are written.
    fn certificates(&self) -> Vec<&str>;

    fn secret_sources(&self) -> Vec<&SecretSource>;
}

/// A target as its keys mean it: where it is, with where all comes from that it takes to be let in.
pub trait Located {
    type Connected;

    /// The servers whose state the run changes: each is locked and claimed for one run, and is one server under one name.
    fn servers(&self) -> Vec<LocatedServer<'_>>;

    fn secrets(&self) -> Vec<&SecretRef>;

    /// The pods that it is reached in, each with the place where it is written.
    fn pods(&mut self) -> Vec<(&Place, &mut PodPort)>;

    /// What it takes in Kubernetes to reach it; not what its secrets take.
    fn permissions(&self) -> Vec<Permission>;

    /// What a run goes by, each with what it is: none of it may hold a secret, for redaction would make another one of it.
    fn names(&self, target: &Name) -> Vec<(String, String)>;

    /// What it means for a run that the target is written as `now` today.
    fn moved(&self, now: &Self) -> Moved;

    /// What actions act on. Connects to nothing.
    fn connect(&self, name: &Name, with: &Connecting<'_>) -> Result<Self::Connected, QueryError>;
}

/// A server of a target, and where its address is written.
#[derive(Debug, Clone, Copy)]
pub struct LocatedServer<'a> {
    pub member: &'a Name,
    pub endpoint: &'a Endpoint,
    pub place: &'a Place,
}

/// How a target that was written otherwise stands to what a run has done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It is where it was; how it is let in may differ.
    Nowhere,
    /// It is elsewhere, and nothing that the run has done depends on where it was.
    Free(String),
    /// These members have another address: the same servers, if they prove to be.
    Servers(Vec<MovedServer>),
    /// It is another one; what the run has done with it would be missing there.
    Another(String),
}

/// A member that is reached elsewhere than when the run started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedServer {
    pub member: Name,
    pub was: Endpoint,
    pub now: Endpoint,
}

/// What clients are made with.
#[derive(Debug, Clone, Copy)]
pub struct Connecting<'a> {
    pub secrets: &'a Secrets,
    /// The clusters of Kubernetes, by the names of their targets.
    pub kubernetes: &'a IndexMap<Name, Kubernetes>,
    /// The certificates that the environment names, by their whole paths.
    pub certificates: &'a [(String, Vec<u8>)],
    /// Where processes start unless it is said otherwise.
    pub here: &'a Utf8Path,
}

impl Connecting<'_> {
    /// A cluster of Kubernetes by its target's name, which [`crate::environment`] has seen to be there.
    fn kubernetes(&self, name: &Name) -> Kubernetes {
        let missing = || Kubernetes::new(name.clone(), KubernetesSettings::default());
        self.kubernetes.get(name).cloned().unwrap_or_else(missing)
    }
}

/// Asks Kubernetes which pods are meant: which cluster they are in, their namespace, and those that are named by labels. What
/// is wrong is told in its place. Asks nothing where no target is in a pod.
pub async fn find_pods(
    targets: &mut IndexMap<Name, LocatedTarget>,
    clusters: &IndexMap<Name, Kubernetes>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for target in targets.values_mut() {
        for (place, pod) in target.pods() {
            let Some(kubernetes) = clusters.get(&pod.kubernetes) else { continue };
            match kubernetes.located(pod).await {
                Ok(located) => *pod = located,
                Err(error) => problems.push(Problem::at_key(place.clone(), error.to_string())),
            }
        }
        if let LocatedTarget::Clickhouse(servers) = target
            && problems.is_empty()
            && let Err((place, error)) = servers.find(clusters).await
        {
            problems.push(Problem::at_key(place, error.to_string()));
        }
    }
    problems
}

/// A target while its keys are read.
pub struct Resolving<'a> {
    place: Place,
    /// What relative paths are beside.
    directory: &'a Utf8Path,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Resolving<'a> {
    pub fn new(place: Place, directory: &'a Utf8Path, problems: &'a mut Vec<Problem>) -> Self {
        Self { place, directory, problems }
    }

    fn beside(&self, path: &str) -> Utf8PathBuf {
        self.directory.join(path)
    }

    fn url(&mut self, written: &str, example: &str, place: &Place) -> Option<url::Url> {
        let message = match url::Url::parse(written) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") || !url.has_host() => {
                format!("expected a URL with http or https, as in {example}")
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                "a user or a password in a URL would be shown; write them in keys of their own".to_owned()
            }
            Ok(url) => return Some(url),
            Err(error) => format!("not a URL ({error}); write it as in {example}"),
        };
        self.problems.push(Problem::at(place.clone(), message));
        None
    }
}

/// A URL as it may be shown before it is known to be one: what stands before an `@` or behind a `?` may be a secret.
fn without_credentials(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..authority].rfind('@').map_or(0, |at| at + 1);
    let rest = rest[host..].split(['?', '#']).next().unwrap_or_default();
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

macro_rules! target_kinds {
    ($($(#[$doc:meta])* $Kind:ident in $file:ident, connected as $field:ident: $Connected:ident;)+) => {
        /// Where a target is. Which keys it takes is said by its `kind`.
        #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "lowercase")]
        pub enum Target {
            $($(#[$doc])* $Kind($file::Keys),)+
        }

        /// A target as its keys mean it.
        #[derive(Debug, Clone)]
        pub enum LocatedTarget {
            $($Kind(Box<$file::Place>),)+
        }

        /// Every target of an environment, by its name there. Making one connects to nothing.
        #[derive(Debug, Clone, Default)]
        pub struct Connections {
            $(pub $field: IndexMap<Name, Arc<$Connected>>,)+
        }

        /// The keys of all kinds behind which a secret may stand.
        pub const SECRET_KEYS: &[&[&str]] = &[$(<$file::Keys as TargetKeys>::SECRET_KEYS),+];

        impl Target {
            pub fn kind(&self) -> TargetKind {
                match self { $(Self::$Kind(_) => TargetKind::$Kind,)+ }
            }

            pub fn resolve(&self, resolving: &mut Resolving<'_>) -> Option<LocatedTarget> {
                match self { $(Self::$Kind(keys) => keys.resolve(resolving).map(Box::new).map(LocatedTarget::$Kind),)+ }
            }

            pub fn members(&self) -> Vec<&Name> {
                match self { $(Self::$Kind(keys) => keys.members(),)+ }
            }

            pub fn shards(&self) -> usize {
                match self { $(Self::$Kind(keys) => keys.shards(),)+ }
            }

            pub fn places(&self) -> Vec<String> {
                match self { $(Self::$Kind(keys) => keys.places(),)+ }
            }

            /// What of it a run is bound to, its kind included.
            pub fn digest(&self) -> Value {
                let mut covered = match self { $(Self::$Kind(keys) => keys.digest(),)+ };
                covered["kind"] = self.kind().as_str().into();
                covered
            }

            pub fn certificates(&self) -> Vec<&str> {
                match self { $(Self::$Kind(keys) => keys.certificates(),)+ }
            }

            pub fn secret_sources(&self) -> Vec<&SecretSource> {
                match self { $(Self::$Kind(keys) => keys.secret_sources(),)+ }
            }
        }

        impl LocatedTarget {
            pub fn kind(&self) -> TargetKind {
                match self { $(Self::$Kind(_) => TargetKind::$Kind,)+ }
            }

            pub fn servers(&self) -> Vec<LocatedServer<'_>> {
                match self { $(Self::$Kind(place) => place.servers(),)+ }
            }

            pub fn secrets(&self) -> Vec<&SecretRef> {
                match self { $(Self::$Kind(place) => place.secrets(),)+ }
            }

            pub fn pods(&mut self) -> Vec<(&Place, &mut PodPort)> {
                match self { $(Self::$Kind(place) => place.pods(),)+ }
            }

            pub fn permissions(&self) -> Vec<Permission> {
                match self { $(Self::$Kind(place) => place.permissions(),)+ }
            }

            pub fn names(&self, target: &Name) -> Vec<(String, String)> {
                match self { $(Self::$Kind(place) => place.names(target),)+ }
            }

            /// What it means for a run that the target is written as `now` today.
            pub fn moved(&self, now: &Self) -> Moved {
                match (self, now) {
                    $((Self::$Kind(place), Self::$Kind(now)) => place.moved(now),)+
                    _ => Moved::Another(format!("it is of kind `{}` now", now.kind().as_str())),
                }
            }
        }

        impl Connections {
            /// Makes a client of each target; connects to none.
            pub fn new(targets: &IndexMap<Name, LocatedTarget>, with: &Connecting<'_>) -> Result<Self, QueryError> {
                let mut connections = Self::default();
                for (name, target) in targets {
                    match target {
                        $(LocatedTarget::$Kind(place) => {
                            connections.$field.insert(name.clone(), Arc::new(place.connect(name, with)?));
                        })+
                    }
                }
                Ok(connections)
            }
        }
    };
}

target_kinds! {
    /// One or many ClickHouse servers.
    Clickhouse in clickhouse, connected as clickhouse: Cluster;
    /// ClickHouse Keeper or ZooKeeper.
    Keeper in keeper, connected as keepers: Keeper;
    /// A bucket, or a folder of one.
    S3 in s3, connected as stores: Store;
    /// The machine that houseplan runs on.
    Local in local, connected as locals: Local;
    /// A cluster of Kubernetes.
    Kubernetes in kubernetes, connected as kubernetes: Kubernetes;
}
