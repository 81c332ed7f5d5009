//! Who a server is.

use serde::{Deserialize, Serialize};

use crate::{
    catalogue,
    connect::{
        clickhouse::{QueryError, Statement},
        target::Member,
    },
    diagnose::{Activity, Context, diagnose},
    failure::Failure,
    name::Name,
};

/// The UUID that an embedded engine has, and with it every one.
const NIL_UUID: &str = "00000000-0000-0000-0000-000000000000";

/// A server, as a run pins it at its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Where it was reached. Not compared: a port-forward has another port each day.
    #[serde(rename = "url")]
    pub reached_at: String,
    pub host: String,
    pub data_path: String,
    pub version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
}

impl Identity {
    /// Asks a server who it is.
    pub async fn of(member: &Member) -> Result<Self, Failure> {
        let context = Context::on(Activity::Preflight, member);
        let ask = async |text: &str| member.client.query(&Statement::read(text)).await;
        let asked = async {
            let rows = ask("SELECT hostName() AS host, version() AS version, toString(serverUUID()) AS uuid").await?;
            // The data path stands in system.databases in every version; system.server_settings came later.
            let path = ask("SELECT data_path FROM system.databases WHERE name = 'system'").await?;
            Ok::<_, QueryError>((rows, path))
        };
        let (rows, path) = asked.await.map_err(|error| diagnose(&error, &context))?;
        let cell = |column: &str| {
            let value = rows.0.first().and_then(|row| row.get(column)).and_then(|cell| cell.as_str());
            value.map(str::to_owned)
        };
        let path = path.scalar().and_then(|cell| cell.as_str()).map(str::to_owned);
        match (cell("host"), cell("version"), path) {
            (Some(host), Some(version), Some(data_path)) => Ok(Self {
                reached_at: member.client.endpoint().to_string(),
                host,
                data_path,
                version,
                uuid: cell("uuid").filter(|uuid| uuid != NIL_UUID),
            }),
            _ => Err(catalogue::connect::NOT_CLICKHOUSE.failure_in(&context)),
        }
    }

    /// Whether both are one server: the same UUID; where one has none, the same host and data path.
    pub fn is_same_server(&self, other: &Self) -> bool {
        match (&self.uuid, &other.uuid) {
            (Some(one), Some(another)) => one == another,
            _ => self.host == other.host && self.data_path == other.data_path,
        }
    }

    /// What has changed since it was pinned, in words; `None` where it is the server that it was.
    pub fn changes(&self, now: &Self) -> Option<String> {
        let fields = [
            ("uuid", self.uuid.as_deref(), now.uuid.as_deref()),
            ("host", Some(self.host.as_str()), Some(now.host.as_str())),
            ("data path", Some(self.data_path.as_str()), Some(now.data_path.as_str())),
            ("version", Some(self.version.as_str()), Some(now.version.as_str())),
        ];
        let changed: Vec<String> = fields
            .into_iter()
            .filter(|(_, then, now)| then != now)
            .map(|(what, then, now)| format!("{what} {} instead of {}", now.unwrap_or("none"), then.unwrap_or("none")))
            .collect();
        (!changed.is_empty()).then(|| changed.join(", "))
    }
}

/// A server that is the one that was meant, and runs another version of ClickHouse than when it was pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherVersion {
    pub target: Name,
    pub member: Name,
    pub pinned: String,
    pub now: Identity,
}

impl OtherVersion {
    /// As it is shown: `replica1 runs ClickHouse 26.10.1.5; the run started with 26.9.2.1`.
    pub fn words(&self) -> String {
        format!("{} runs ClickHouse {}; the run started with {}", self.member, self.now.version, self.pinned)
    }

    /// What a resume says that does not take it.
    pub fn refusal(&self) -> Failure {
        let context = Context { member: Some(self.member.clone()), ..Context::new(Activity::Preflight) };
        catalogue::world::OTHER_VERSION.failure_in(&context).with_message(self.words())
    }
}

/// Whether `member` is still the server that `pinned` describes: for a resume, of the members that steps are still to act
/// on. Gives the version where that alone is another.
///
/// A version counts: what the run has found out about backup and restore, it has found out about the old one. But a server
/// that was patched meanwhile holds what it held, so a person may take it.
pub async fn confirm(member: &Member, pinned: &Identity) -> Result<Option<OtherVersion>, Failure> {
    let now = Identity::of(member).await?;
    match pinned.changes(&now) {
        None => Ok(None),
        Some(_) if pinned.changes(&Identity { version: pinned.version.clone(), ..now.clone() }).is_none() => {
            let (target, member) = (member.target.clone(), member.name.clone());
            Ok(Some(OtherVersion { target, member, pinned: pinned.version.clone(), now }))
        }
        Some(changes) => {
            let context = Context::on(Activity::Preflight, member);
            let message = format!("{} is another server than when the run started: {changes}", member.name);
            Err(catalogue::world::CHANGED.failure_in(&context).with_message(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(host: &str, path: &str, uuid: Option<&str>) -> Identity {
        Identity {
            reached_at: "http://h:8123".into(),
            host: host.into(),
            data_path: path.into(),
            version: "26.9".into(),
            uuid: uuid.map(str::to_owned),
        }
    }

    #[test]
    fn servers_are_told_apart_by_uuid_else_by_host_and_path() {
        assert!(identity("a", "/1", Some("u")).is_same_server(&identity("b", "/2", Some("u"))));
        assert!(!identity("a", "/1", Some("u")).is_same_server(&identity("a", "/1", Some("v"))));
        assert!(identity("a", "/1", None).is_same_server(&identity("a", "/1", Some("u"))));
        assert!(!identity("a", "/1", None).is_same_server(&identity("a", "/2", None)));
    }

    #[test]
    fn changes_are_told() {
        let pinned = identity("a", "/1", None);
        assert_eq!(pinned.changes(&Identity { reached_at: "http://other".into(), ..pinned.clone() }), None);
        let now = Identity { version: "25.1".into(), host: "b".into(), ..pinned.clone() };
        assert_eq!(pinned.changes(&now).as_deref(), Some("host b instead of a, version 25.1 instead of 26.9"));
    }
}
