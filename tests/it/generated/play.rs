//! The shipped plans over one made-up database.

use std::{collections::BTreeMap, fmt::Write as _};

use houseplan::sandbox::{EngineChoice, Users};
use serde_json::json;

use super::world::{World, quoted};
use crate::support::{
    caught,
    operator::{MOVE, Operator},
    sandbox_lease::SandboxLease,
};

const REPLICAS: [&str; 2] = ["replica1", "replica2"];
/// Who houseplan is on the servers.
const USER: &str = "mover";
const PATH: &str = "path=generated/backup";

/// Each table's rows as the server writes them out, sorted.
type Contents = BTreeMap<String, Vec<String>>;

pub struct Play<'a> {
    world: &'a World,
    sandbox: SandboxLease,
    operator: Operator,
    environment: String,
    /// What the source holds.
    before: Contents,
}

impl<'a> Play<'a> {
    /// What went otherwise than it should.
    pub async fn all(seed: u64, world: &'a World) -> Vec<String> {
        let engine = std::env::var("HOUSEPLAN_TEST_ENGINE").unwrap_or_else(|_| "26.9".to_owned());
        let engine: EngineChoice = engine.parse().expect("a version of the sandbox's");
        let users = format!("{USER}: {{ settings: {{ {} }} }}", world.profile.join(", "));
        let users: Users = users.parse().expect("a user with a profile");
        let sandbox = SandboxLease::with_users(&format!("generated-{seed}"), engine, users).await;
        let operator = Operator::new(&sandbox);
        let environment = operator.environment_line("generated", "up:", &migrations(world));
        let text = std::fs::read_to_string(&environment).expect("the environment");
        let environment =
            operator.write("generated.yaml", &text.replace("user: \"default\"", &format!("user: {USER}")));
        let mut play = Self { world, sandbox, operator, environment, before: Contents::new() };
        if let Err(reason) = caught(play.load()).await {
            return vec![format!("the database cannot be made: {reason}")];
        }
        let mut wrong = Vec::new();
        play.tried(&mut wrong, "backup", play.backup()).await;
        play.tried(&mut wrong, "restore existing, verify", play.existing()).await;
        play.tried(&mut wrong, "restore empty", play.empty()).await;
        play.tried(&mut wrong, "restore replace", play.replace()).await;
        play.tried(&mut wrong, "move", play.moves()).await;
        play.tried(&mut wrong, "restore append", play.append()).await;
        (*play.sandbox).clone().purge().await.expect("it can be removed");
        wrong
    }

    /// A run that stops in it is abandoned, so that the next step finds no lock.
    async fn tried(&self, wrong: &mut Vec<String>, name: &str, step: impl Future<Output = ()>) {
        let Err(reason) = caught(step).await else { return };
        wrong.push(format!("{name}: {reason}"));
        if let Some(run) = self.operator.all_runs().pop() {
            self.operator.does(&["abandon", &run]).await;
        }
    }

    async fn load(&mut self) {
        // What merges meanwhile would not be what is moved.
        self.sandbox.must("source", "SYSTEM STOP MERGES").await;
        for statement in self.world.on_source() {
            self.sandbox.must("source", &statement).await;
        }
        self.before = self.contents("source").await;
    }

    /// By queries of the tests' own: all rows, as text.
    async fn contents(&self, member: &str) -> Contents {
        let database = &self.world.database;
        let literal = format!("'{}'", database.replace('\\', "\\\\").replace('\'', "\\'"));
        let tables = format!(
            "SELECT name, engine FROM system.tables WHERE database = {literal} AND engine NOT IN ('View')
             AND NOT startsWith(name, '.inner') AND (engine != 'MaterializedView' OR create_table_query NOT LIKE '% TO %')
             FORMAT JSONCompactEachRow"
        );
        let mut contents = Contents::new();
        for line in self.sandbox.must(member, &tables).await.lines() {
            let (table, engine): (String, String) = serde_json::from_str(line).expect("two texts");
            let columns = format!(
                "SELECT name, type FROM system.columns WHERE database = {literal} AND table = '{}' ORDER BY name FORMAT JSONCompactEachRow",
                table.replace('\\', "\\\\").replace('\'', "\\'")
            );
            let columns: Vec<String> = self.sandbox.must(member, &columns).await.lines().map(column).collect();
            let columns = columns.join(", ");
            // As merges will leave it; the inner table of a view here is one that sums.
            let merges = engine == "MaterializedView" || !["MergeTree", "ReplicatedMergeTree"].contains(&&*engine);
            let merged = if merges { " FINAL" } else { "" };
            let rows = format!("SELECT {columns} FROM {}.{}{merged} FORMAT TSV", quoted(database), quoted(&table));
            let rows = self.sandbox.must(member, &rows).await;
            let mut rows: Vec<String> = rows.lines().map(str::to_owned).collect();
            rows.sort();
            contents.insert(table, rows);
        }
        contents
    }

    #[track_caller]
    fn same(&self, place: &str, found: &Contents) {
        let names = |contents: &Contents| contents.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(found), names(&self.before), "the tables on {place}");
        let mut differences = String::new();
        for (table, rows) in &self.before {
            let there = &found[table];
            if there != rows {
                let first = rows.iter().zip(there).find(|(left, right)| left != right);
                let _ = writeln!(
                    differences,
                    "`{table}`: {} rows, on {place} {}; first {first:?}",
                    rows.len(),
                    there.len()
                );
            }
        }
        assert!(differences.is_empty(), "{differences}");
    }

    async fn plan(&self, plan: &str, more: &[&str], code: i32) {
        let database = format!("database={}", self.world.database);
        let arguments = ["run", plan, "--env", &self.environment, "--set", &database];
        self.operator.does(&[&arguments[..], more].concat()).await.with(code);
    }

    async fn restores(&self, mode: &str, destination: &str, code: i32) {
        let (mode, destination) = (format!("mode={mode}"), format!("destination={destination}"));
        self.plan("restore", &["--target", &destination, "--set", PATH, "--set", &mode], code).await;
    }

    async fn approves(&self, step: &str) {
        let run = self.operator.last_run();
        self.operator.does(&["approve", &run, step]).await.with(0);
        self.operator.resumes(&[]).await.with(0);
    }

    async fn backup(&self) {
        self.plan("backup", &["--set", PATH], 0).await;
    }

    async fn existing(&self) {
        for replica in REPLICAS {
            for statement in self.world.on_cluster() {
                self.sandbox.must(replica, &statement).await;
            }
        }
        self.restores("existing", "cluster", 0).await;
        for replica in REPLICAS {
            self.same(replica, &self.contents(replica).await);
        }
        self.plan("verify", &[], 0).await;
        for replica in REPLICAS {
            self.drops(replica).await;
        }
    }

    async fn drops(&self, member: &str) {
        self.sandbox.must(member, &format!("DROP DATABASE {} SYNC", quoted(&self.world.database))).await;
    }

    async fn empty(&self) {
        self.drops("source").await;
        self.restores("empty", "source", 0).await;
        self.same("source", &self.contents("source").await);
    }

    async fn replace(&self) {
        let table = quoted(&self.world.tables[0].name);
        self.sandbox.must("source", &format!("TRUNCATE TABLE {}.{table}", quoted(&self.world.database))).await;
        self.restores("replace", "source", 4).await;
        self.approves("allow_drop").await;
        self.same("source", &self.contents("source").await);
    }

    async fn moves(&self) {
        self.plan(MOVE, &["--set", "path=generated/moved"], 0).await;
        for replica in REPLICAS {
            self.same(replica, &self.contents(replica).await);
        }
    }

    /// Every row twice; of what merges would make one row of two, once.
    async fn append(&self) {
        self.restores("append", "source", 4).await;
        self.approves("allow_append").await;
        let found = self.contents("source").await;
        for (table, rows) in &self.before {
            let mut twice = [&rows[..], rows].concat();
            twice.sort();
            assert!(found[table] == twice || found[table].len() <= rows.len(), "`{table}` is not what it was, twice");
        }
    }
}

/// A state of an aggregate function by its bytes.
fn column(line: &str) -> String {
    let (name, kind): (String, String) = serde_json::from_str(line).expect("two texts");
    let name = quoted(&name);
    if kind.starts_with("AggregateFunction") { format!("hex({name})") } else { name }
}

/// The steps of `migrate`, each a statement for every replica.
fn migrations(world: &World) -> String {
    let mut steps = String::new();
    for (index, statement) in world.on_cluster().into_iter().enumerate() {
        let needs = index.checked_sub(1).map(|earlier| vec![format!("s{earlier}")]).unwrap_or_default();
        let step = json!({ "needs": needs, "sql": { "on": "cluster", "effect": "idempotent", "query": statement } });
        let indent = if index == 0 { "" } else { "      " };
        let _ = writeln!(steps, "{indent}s{index}: {step}");
    }
    steps
}
