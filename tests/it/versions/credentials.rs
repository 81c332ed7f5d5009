//! The ways by which servers are let into a store, on each version: what a version cannot do is refused before anything is done, and
//! what it does is read at the store.

use std::fs;

use crate::support::{
    operator::{Operator, Said},
    sandbox_lease::SandboxLease,
};

/// Writes by BACKUP, reads by RESTORE and by the table function.
const USES: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: uses }
targets: { source: { kind: clickhouse, members: 1 }, store: { kind: s3 } }
steps:
  probe: { s3: { on: store, probe: \"probes/{{ run.id }}\", through: source } }
  backup: { needs: [probe], backup: { on: source, database: house, to: { store: store, path: \"kept/{{ run.id }}\" } } }
  inspect: { needs: [backup], inspect: { on: store, backup: \"{{ steps.backup }}\", through: source } }
  drop: { needs: [inspect], sql: { on: source, query: DROP DATABASE house SYNC } }
  restore: { needs: [drop], restore: { on: source, from: \"{{ steps.backup }}\", database: house, into: absent } }
";

/// What a version does with a session token, and with a lasting key in a collection; `None` where it works.
struct Version {
    engine: &'static str,
    token: Option<&'static str>,
    collection: Option<&'static str>,
    own_role: &'static str,
}

const NOT_USABLE: Option<&str> = Some("houseplan::store::collection_not_usable");
const NOT_SENT: Option<&str> = Some("houseplan::store::token_not_sent");
const DENIED: &str = "houseplan::store::access_denied";
const FORBIDDEN: &str = "houseplan::access::server_credentials";

const ALL: [Version; 5] = [
    Version { engine: "24.8", token: NOT_USABLE, collection: NOT_USABLE, own_role: DENIED },
    Version { engine: "25.8", token: NOT_USABLE, collection: NOT_USABLE, own_role: DENIED },
    Version { engine: "26.1", token: NOT_SENT, collection: None, own_role: DENIED },
    Version { engine: "26.3", token: NOT_SENT, collection: None, own_role: DENIED },
    Version { engine: "26.9", token: None, collection: None, own_role: FORBIDDEN },
];

#[tokio::test]
#[ignore = "make test-versions"]
async fn each_way_into_a_store_works_or_is_refused_before_anything_is_done() {
    for version in &ALL {
        println!("{}", version.engine);
        let name = format!("credentials-{}", version.engine);
        let sandbox = SandboxLease::that_logs_statements(&name, version.engine.parse().expect("a version")).await;
        let scene = Scene { operator: Operator::new(&sandbox), sandbox };
        scene.data().await;
        scene.logs_statements().await;
        scene.by_token(version).await;
        scene.by_collection(version).await;
        scene.by_own_role(version).await;
        (*scene.sandbox).clone().purge().await.expect("it can be removed");
    }
}

struct Scene {
    sandbox: SandboxLease,
    operator: Operator,
}

impl Scene {
    /// By this log secrets are looked for: it holds the statements.
    async fn logs_statements(&self) {
        self.sandbox.must("source", "SELECT 'canary-of-the-log'").await;
        let begun = std::time::Instant::now();
        while !self.logged(&["canary-of-the-log".to_owned()]) {
            assert!(begun.elapsed().as_secs() < 20, "the server logs no statements");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    async fn data(&self) {
        for statement in [
            "CREATE DATABASE house",
            "CREATE TABLE house.runs (id UInt64) ENGINE = MergeTree ORDER BY id",
            "INSERT INTO house.runs SELECT number FROM numbers(100)",
        ] {
            self.sandbox.must("source", statement).await;
        }
    }

    async fn runs(&self, keys: &str) -> Said {
        let text = fs::read_to_string(self.operator.path("environment.yaml")).expect("the environment");
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("access_key")).collect();
        let environment = self.operator.environment("keys", &[(lines[0], keys), (lines[1], "")]);
        let plan = self.operator.write("uses.yaml", USES);
        let said = self.operator.does(&["run", &plan, "--env", &environment]).await;
        // Whatever became of it.
        let left = self.sandbox.must("source", "SELECT count() FROM system.named_collections").await;
        assert_eq!(left, "0", "a collection is left: {said:?}");
        said
    }

    /// Refused with this code before anything was begun, or done with all rows.
    async fn came_out(&self, said: Said, refused: Option<&str>) {
        match refused {
            Some(code) => {
                said.with(1).has(code);
                assert!(self.operator.all_runs().is_empty(), "nothing is begun");
            }
            None => drop(said.with(0)),
        }
        assert_eq!(self.sandbox.must("source", "SELECT count() FROM house.runs").await, "100");
    }

    fn logged(&self, what: &[String]) -> bool {
        let log = self.sandbox.layout().dir().join("servers/source/clickhouse.log");
        let text = String::from_utf8_lossy(&fs::read(log).expect("the log")).into_owned();
        what.iter().any(|it| text.contains(it.as_str()))
    }

    async fn by_token(&self, version: &Version) {
        let key = self.sandbox.issue_session_key(3_600, Vec::new()).expect("a key");
        let file = self.operator.write("key.json", &key.answer());
        let said = self.runs(&format!("    credentials: {{ file: \"{file}\" }}")).await;
        self.came_out(said, version.token).await;
        let asked = fs::read_to_string(self.sandbox.layout().session_requests_file()).unwrap_or_default();
        let without = asked.lines().filter(|line| !line.ends_with("with a session token")).count();
        match version.token {
            None => {
                assert_eq!(without, 0, "{asked}");
                for operation in ["PutObject", "GetObject", "DeleteObject", "ListObjectsV2"] {
                    assert!(asked.lines().any(|line| line.starts_with(operation)), "no {operation}: {asked}");
                }
            }
            Some(_) if version.token == NOT_SENT => assert!(without > 0, "by what the store was asked: {asked}"),
            // This machine has asked, and no server.
            Some(_) => assert_eq!(without, 0, "{asked}"),
        }
        let what = [key.access_key_id, key.secret_access_key, key.session_token];
        assert!(!self.logged(&what), "{}: the server has logged one of them", version.engine);
    }

    async fn by_collection(&self, version: &Version) {
        let layout = self.sandbox.layout();
        let (id, secret) = (layout.access_key_id_file(), layout.secret_access_key_file());
        let before = self.operator.all_runs().len();
        let keys = format!(
            "    access_key_id: {{ file: \"{id}\" }}\n    secret_access_key: {{ file: \"{secret}\" }}\n    named_collection: true"
        );
        let said = self.runs(&keys).await;
        match version.collection {
            Some(code) => drop(said.with(1).has(code)),
            None => drop(said.with(0)),
        }
        assert_eq!(self.operator.all_runs().len() > before, version.collection.is_none());
        assert_eq!(self.sandbox.must("source", "SELECT count() FROM house.runs").await, "100");
        let read = |file: &camino::Utf8Path| fs::read_to_string(file).expect("a key").trim().to_owned();
        assert!(!self.logged(&[read(&id), read(&secret)]), "{}: the server has logged the key", version.engine);
    }

    /// These servers have no role: what they ask is not signed.
    async fn by_own_role(&self, version: &Version) {
        let before = self.operator.all_runs().len();
        self.runs("").await.with(1).has(version.own_role);
        assert_eq!(self.operator.all_runs().len(), before, "nothing is begun");
    }
}
