//! Which ClickHouse a server runs, as far as it needs no other engine than the newest; `versions` has the older ones.

use houseplan::sandbox::{EngineChoice, EngineVersion, Sandbox, SandboxError, ServerName, UpOptions, UpgradeTarget};

use super::no_progress;
use crate::support::{
    operator::Operator,
    sandbox_lease::{SandboxLease, program},
};

fn version(text: &str) -> EngineVersion {
    text.parse().expect("a version of the table")
}

#[tokio::test]
async fn the_status_tells_what_each_server_says_of_itself() {
    let sandbox = SandboxLease::acquire().await;
    for server in sandbox.status().expect("a sandbox").servers {
        let said = match server.name.is_clickhouse() {
            true => Some(sandbox.must(&server.name.to_string(), "SELECT version()").await),
            false => None,
        };
        assert_eq!(server.version.map(str::to_owned), said, "{}", server.name);
    }
}

#[tokio::test]
async fn an_older_engine_is_never_put_on_the_data_of_a_newer() {
    let sandbox = SandboxLease::acquire().await;
    let dir = sandbox.layout().dir();
    let older = UpOptions { engine: "cluster=24.8".parse().expect("a choice"), ..UpOptions::new(dir, program()) };
    let error = Sandbox::up(older, &mut no_progress).await.expect_err("it runs a newer one");
    assert_eq!(
        error.to_string(),
        format!("replica1 in the sandbox `{dir}` runs ClickHouse 26.9, which is newer than 24.8")
    );

    let running = sandbox.status().expect("a sandbox").servers.into_iter().map(|server| server.pid).collect::<Vec<_>>();
    for target in [UpgradeTarget::Server(ServerName::Source), UpgradeTarget::Cluster] {
        let error = sandbox.upgrade(target, version("25.8"), &mut no_progress).await.expect_err("an older one");
        assert!(matches!(error, SandboxError::Downgrade { .. }), "{error}");
    }
    let replica9 = UpgradeTarget::Server(ServerName::Replica(9));
    let error = sandbox.upgrade(replica9, version("26.9"), &mut no_progress).await.expect_err("it has two");
    assert!(matches!(error, SandboxError::UnknownServer { .. }), "{error}");

    let mut said = Vec::new();
    let newest = EngineVersion::default();
    let already = sandbox.upgrade(UpgradeTarget::Cluster, newest, &mut |line: &str| said.push(line.to_owned())).await;
    already.expect("there is nothing to do");
    assert_eq!(said, ["cluster runs ClickHouse 26.9 already"]);
    let after = sandbox.status().expect("a sandbox").servers.into_iter().map(|server| server.pid).collect::<Vec<_>>();
    assert_eq!(after, running, "none was stopped");

    let same = UpOptions { engine: EngineChoice::both(newest), ..UpOptions::new(dir, program()) };
    Sandbox::up(same, &mut no_progress).await.expect("it is up");
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_answered_with_those_that_are() {
    let operator = Operator::alone();
    for call in [&["up", "--engine", "25.12"][..], &["up", "--engine", "source=25.12"], &["upgrade", "source", "25.12"]]
    {
        let said = operator.does(&[&["sandbox"], call].concat()).await.with(2);
        said.has("no ClickHouse `25.12`; it has 24.8, 25.8, 26.1, 26.3, 26.5, 26.7, 26.9");
    }
    operator.does(&["sandbox", "upgrade", "keeper", "26.9"]).await.with(2).has("`keeper` runs no ClickHouse");
}
