//! From an environment's targets, flat as they are written, to what each kind of them is.
//!
//! Says what is wrong with a target by itself and with the targets together. Connects to nothing.

use std::time::Duration;

use camino::Utf8PathBuf;
use indexmap::IndexMap;
use secrecy::SecretString;
use url::Url;

use super::{
    model::{EnvironmentDocument, Member, SecretSource, Target},
    secret::SecretReader,
};
use crate::{
    document::{Place, Problem, one_of},
    name::Name,
    plan::model::TargetKind,
};

/// Where a target is, with all that is needed to reach it.
#[derive(Debug, Clone)]
pub enum ResolvedTarget {
    Clickhouse { cluster: Option<String>, members: IndexMap<Name, ResolvedMember> },
    Keeper { host: String, port: u16 },
    S3 { url: Url, region: String, credentials: Option<S3Credentials> },
    Local { directory: Option<Utf8PathBuf> },
}

/// One ClickHouse server.
#[derive(Debug, Clone)]
pub struct ResolvedMember {
    pub url: Url,
    pub user: String,
    pub password: Option<SecretString>,
    /// From 1.
    pub shard: u32,
    /// From 1, within its shard, in the order of the file.
    pub replica: u32,
    pub ca_file: Option<Utf8PathBuf>,
    pub connect_timeout: Duration,
}

/// Keys of a store; where there are none, the servers use a role of their own.
#[derive(Debug, Clone)]
pub struct S3Credentials {
    pub access_key_id: SecretString,
    pub secret_access_key: SecretString,
}

impl ResolvedTarget {
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Clickhouse { .. } => TargetKind::Clickhouse,
            Self::Keeper { .. } => TargetKind::Keeper,
            Self::S3 { .. } => TargetKind::S3,
            Self::Local { .. } => TargetKind::Local,
        }
    }
}

const KEEPER_PORT: u16 = 9181;
const REGION: &str = "us-east-1";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// All targets, `local` among them whether it is written or not; or everything that is wrong, in its place.
pub fn resolve(
    environment: &EnvironmentDocument,
    file: usize,
    secrets: &SecretReader,
) -> Result<IndexMap<Name, ResolvedTarget>, Vec<Problem>> {
    let mut resolver = Resolver { secrets, problems: Vec::new() };
    let place = Place::new(file, "/targets");
    let mut targets = IndexMap::new();
    for (name, target) in &environment.targets {
        if let Some(resolved) = resolver.target(target, &place.child(name.as_str())) {
            targets.insert(name.clone(), resolved);
        }
    }
    resolver.same_servers(environment, &place);
    let local = Name::from("local");
    if let Some(target) = targets.get(&local)
        && target.kind() != TargetKind::Local
    {
        let message = "`local` is always the machine that houseplan runs on; choose another name";
        resolver.problems.push(Problem::at_key(place.child("local"), message));
    }
    targets.entry(local).or_insert(ResolvedTarget::Local { directory: None });
    if resolver.problems.is_empty() { Ok(targets) } else { Err(resolver.problems) }
}

struct Resolver<'a> {
    secrets: &'a SecretReader,
    problems: Vec<Problem>,
}

impl Resolver<'_> {
    fn target(&mut self, target: &Target, place: &Place) -> Option<ResolvedTarget> {
        self.check_keys(target, place);
        match target.kind {
            TargetKind::Clickhouse => {
                let members = target.members.as_ref().or_else(|| self.missing(place, "members", target.kind))?;
                if members.is_empty() {
                    self.problems
                        .push(Problem::at_key(place.child("members"), "no member stands here; name at least one"));
                }
                Some(ResolvedTarget::Clickhouse {
                    cluster: target.cluster.clone(),
                    members: self.members(members, &place.child("members")),
                })
            }
            TargetKind::Keeper => {
                let host = target.host.clone().or_else(|| self.missing(place, "host", target.kind))?;
                Some(ResolvedTarget::Keeper { host, port: target.port.unwrap_or(KEEPER_PORT) })
            }
            TargetKind::S3 => self.store(target, place),
            TargetKind::Local => {
                Some(ResolvedTarget::Local { directory: target.directory.as_ref().map(|path| self.beside(path)) })
            }
        }
    }

    fn missing<T>(&mut self, place: &Place, key: &str, kind: TargetKind) -> Option<T> {
        self.problems
            .push(Problem::at_key(place.clone(), format!("a target of kind `{}` needs `{key}`", kind.as_str())));
        None
    }

    /// A key that another kind of target takes says that somebody means something else.
    fn check_keys(&mut self, target: &Target, place: &Place) {
        let taken: &[&str] = match target.kind {
            TargetKind::Clickhouse => &["members", "cluster"],
            TargetKind::Keeper => &["host", "port"],
            TargetKind::S3 => &["url", "region", "access_key_id", "secret_access_key"],
            TargetKind::Local => &["directory"],
        };
        let present = [
            ("members", target.members.is_some()),
            ("cluster", target.cluster.is_some()),
            ("host", target.host.is_some()),
            ("port", target.port.is_some()),
            ("url", target.url.is_some()),
            ("region", target.region.is_some()),
            ("access_key_id", target.access_key_id.is_some()),
            ("secret_access_key", target.secret_access_key.is_some()),
            ("directory", target.directory.is_some()),
        ];
        for (key, _) in present.into_iter().filter(|(key, is_there)| *is_there && !taken.contains(key)) {
            let message = format!(
                "a target of kind `{}` takes no `{key}`; it takes {}",
                target.kind.as_str(),
                one_of(taken.iter().copied())
            );
            self.problems.push(Problem::at_key(place.child(key), message));
        }
    }

    fn members(&mut self, members: &IndexMap<Name, Member>, place: &Place) -> IndexMap<Name, ResolvedMember> {
        let mut resolved: IndexMap<Name, ResolvedMember> = IndexMap::new();
        for (name, member) in members {
            let place = place.child(name.as_str());
            let shard = member.shard.unwrap_or(1);
            if shard == 0 {
                self.problems.push(Problem::at(place.child("shard"), "shards are counted from 1"));
            }
            let password = member.password.as_ref().and_then(|source| self.secret(source, &place.child("password")));
            let Some(url) = self.server_url(&member.url, &place.child("url")) else { continue };
            let before = resolved.values().filter(|other| other.shard == shard).count();
            let member = ResolvedMember {
                url,
                user: member.user.clone().unwrap_or_else(|| "default".to_owned()),
                password,
                shard,
                replica: u32::try_from(before + 1).unwrap_or(u32::MAX),
                ca_file: member.ca_file.as_ref().map(|path| self.beside(path)),
                connect_timeout: member.connect_timeout.map_or(CONNECT_TIMEOUT, |timeout| timeout.0),
            };
            resolved.insert(name.clone(), member);
        }
        resolved
    }

    fn store(&mut self, target: &Target, place: &Place) -> Option<ResolvedTarget> {
        let credentials = match (&target.access_key_id, &target.secret_access_key) {
            (Some(id), Some(key)) => {
                let id = self.secret(id, &place.child("access_key_id"));
                let key = self.secret(key, &place.child("secret_access_key"));
                id.zip(key).map(|(access_key_id, secret_access_key)| S3Credentials { access_key_id, secret_access_key })
            }
            (None, None) => None,
            (Some(_), None) => {
                self.problems.push(Problem::at_key(
                    place.child("access_key_id"),
                    "an access key without its secret; add `secret_access_key`",
                ));
                None
            }
            (None, Some(_)) => {
                self.problems.push(Problem::at_key(
                    place.child("secret_access_key"),
                    "a secret without its access key; add `access_key_id`",
                ));
                None
            }
        };
        let written = target.url.as_ref().or_else(|| self.missing(place, "url", target.kind))?;
        let place = place.child("url");
        let url = self.url(written, "https://my-bucket.s3.eu-central-1.amazonaws.com/folder", &place)?;
        if url.query().is_some() || url.fragment().is_some() {
            self.problems.push(Problem::at(place, "a store's URL ends with its path; leave out `?` and `#`"));
        }
        Some(ResolvedTarget::S3 {
            url,
            region: target.region.clone().unwrap_or_else(|| REGION.to_owned()),
            credentials,
        })
    }

    fn server_url(&mut self, written: &str, place: &Place) -> Option<Url> {
        let url = self.url(written, "https://clickhouse-0.example.com:8443", place)?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            self.problems.push(Problem::at(place.clone(), "a server's URL ends with its port; leave the rest out"));
        }
        if matches!(url.port(), Some(9000 | 9440)) {
            self.problems.push(Problem::at(
                place.clone(),
                "the port of ClickHouse's native protocol; its HTTP interface is at 8123, or at 8443 with TLS",
            ));
        }
        Some(url)
    }

    fn url(&mut self, written: &str, example: &str, place: &Place) -> Option<Url> {
        let message = match Url::parse(written) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") || !url.has_host() => {
                format!("expected a URL with http or https, as in {example}")
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                "a user or a password in a URL would be shown; give them by keys of their own".to_owned()
            }
            Ok(url) => return Some(url),
            Err(error) => format!("not a URL ({error}); write it as in {example}"),
        };
        self.problems.push(Problem::at(place.clone(), message));
        None
    }

    fn secret(&mut self, source: &SecretSource, place: &Place) -> Option<SecretString> {
        match self.secrets.read(source) {
            Ok(secret) => Some(secret),
            Err(message) => {
                self.problems.push(Problem::at(place.clone(), message));
                None
            }
        }
    }

    fn beside(&self, path: &str) -> Utf8PathBuf {
        match self.secrets {
            SecretReader::From { directory } => directory.join(path),
            SecretReader::None => path.into(),
        }
    }

    /// One server under two names would be backed up onto itself, or restored twice.
    fn same_servers(&mut self, environment: &EnvironmentDocument, place: &Place) {
        let mut seen: IndexMap<(String, Option<u16>), String> = IndexMap::new();
        for (target, members) in
            environment.targets.iter().filter_map(|(name, target)| Some((name, target.members.as_ref()?)))
        {
            for (name, member) in members {
                let Ok(url) = Url::parse(&member.url) else { continue };
                let Some(host) = url.host_str() else { continue };
                let server = (host.to_ascii_lowercase(), url.port_or_known_default());
                let called = format!("{target}.{name}");
                if let Some(first) = seen.get(&server) {
                    let place = place.child(target.as_str()).child("members").child(name.as_str()).child("url");
                    self.problems.push(Problem::at(place, format!("the same server is `{first}` and `{called}`")));
                } else {
                    seen.insert(server, called);
                }
            }
        }
    }
}
