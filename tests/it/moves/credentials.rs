//! The ways by which servers are let into a store besides a key in each statement: a session token and a key in a named collection
//! made for the run, and the servers' own role. What the store was asked with is read in its own record.

use std::fs;

use houseplan::sandbox::ServerName;

use super::{SLOW_BACKUP, Scene};
use crate::support::operator::{MOVE, Operator, Said};

const SERVERS: [&str; 3] = ["source", "replica1", "replica2"];

/// Writes and reads a store through the source and the cluster.
const USES: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: uses }
targets: { source: { kind: clickhouse, members: 1 }, cluster: { kind: clickhouse }, store: { kind: s3 } }
steps:
  probe: { s3: { on: store, probe: \"probes/{{ run.id }}\", through: [source, cluster] } }
  backup: { needs: [probe], backup: { on: source, database: langsmith, to: { store: store, path: \"kept/{{ run.id }}\" } } }
  inspect: { needs: [backup], inspect: { on: store, backup: \"{{ steps.backup }}\", through: cluster } }
  again: { needs: [inspect], inspect: { on: store, backup: \"{{ steps.backup }}\" } }
";

/// A temporary key, with what must not be seen of it.
struct Issued {
    answer: String,
    secrets: Vec<String>,
    id: String,
}

impl Scene {
    fn issue(&self, seconds: u32, denied: &[&str]) -> Issued {
        let denied = denied.iter().map(|right| (*right).to_owned()).collect();
        let key = self.sandbox.issue_session_key(seconds, denied).expect("a key");
        let secrets = vec![key.secret_access_key.clone(), key.session_token.clone()];
        Issued { answer: key.answer(), secrets, id: key.access_key_id.clone() }
    }

    /// The environment whose store has these keys instead of its own.
    fn keys(&self, name: &str, keys: &str) -> String {
        let text = fs::read_to_string(&self.environment).expect("the environment");
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("access_key")).collect();
        assert_eq!(lines.len(), 2, "{text}");
        self.operator.environment(name, &[(lines[0], keys), (lines[1], "")])
    }

    /// The environment whose store is opened by what this file holds.
    fn by_answer(&self, issued: &Issued) -> String {
        let file = self.operator.write("key.json", &issued.answer);
        self.keys("by-answer", &format!("    credentials: {{ file: \"{file}\" }}"))
    }

    /// What the store was asked with temporary keys, a line each.
    fn asked(&self) -> Vec<String> {
        let text = fs::read_to_string(self.sandbox.layout().session_requests_file()).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The named collections on each server.
    async fn collections(&self) -> Vec<String> {
        let mut found = Vec::new();
        for server in SERVERS {
            let names = self.sandbox.query(server, "SELECT name FROM system.named_collections ORDER BY name").await;
            found.extend(names.unwrap_or_default().lines().map(|name| format!("{server}: {name}")));
        }
        found
    }

    /// Where one of these stands: in the servers' logs and tables, in the run's folder, in what was said.
    async fn seen(&self, what: &[String], said: &[&Said]) -> Vec<String> {
        let mut places = Vec::new();
        let found = |text: &str| what.iter().any(|it| text.contains(it.as_str()));
        for server in SERVERS {
            let folder = self.sandbox.layout().dir().join("servers").join(server);
            for log in ["clickhouse.log", "clickhouse.err.log"] {
                if found(&String::from_utf8_lossy(&fs::read(folder.join(log)).unwrap_or_default())) {
                    places.push(format!("{server}: {log}"));
                }
            }
            for table in ["system.backups", "system.processes", "system.named_collections", "system.errors"] {
                let rows = self.sandbox.query(server, &format!("SELECT * FROM {table} FORMAT TSV")).await;
                if rows.is_ok_and(|rows| found(&rows)) {
                    places.push(format!("{server}: {table}"));
                }
            }
        }
        for entry in walk(self.operator.state().as_std_path()) {
            if found(&String::from_utf8_lossy(&fs::read(&entry).unwrap_or_default())) {
                places.push(entry.display().to_string());
            }
        }
        places.extend(said.iter().filter(|it| found(&it.stdout) || found(&it.stderr)).map(|it| format!("{it:?}")));
        places
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_move_goes_by_a_session_token_that_nobody_sees() {
    let scene = Scene::small().await;
    let issued = scene.issue(3_600, &[]);
    let environment = scene.by_answer(&issued);
    let plan = scene.operator.plan(MOVE, &[]);
    let render = ["render", &plan, "--env", &environment, "--set", "database=langsmith", "--check"];
    let rendered = scene.operator.does(&render).await.with(0);
    let rendered = rendered.has("TO S3(`houseplan_{{ run.id }}_store`, ").has("is tried when the run begins");
    let rendered = rendered.has("the session token of `store` lasts until");
    let said = scene.operator.runs(&plan, &environment, &["--output", "json"]).await.with(0);
    scene.moved_once().await;

    let asked = scene.asked();
    for operation in ["PutObject", "GetObject", "HeadObject", "ListObjectsV2", "DeleteObject"] {
        assert!(asked.iter().any(|line| line.starts_with(operation)), "no {operation} in {asked:?}");
    }
    let without: Vec<&String> = asked.iter().filter(|line| !line.ends_with("with a session token")).collect();
    assert!(without.is_empty(), "{without:?}");
    assert_eq!(scene.collections().await, Vec::<String>::new());
    let mut what = issued.secrets.clone();
    what.push(issued.id);
    let key = scene.operator.path("key.json");
    fs::remove_file(key).expect("the key's file");
    assert_eq!(scene.seen(&what, &[&rendered, &said]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_run_killed_with_its_collections_made_is_resumed_with_another_token() {
    let scene = Scene::small().await;
    let first = scene.issue(3_600, &[]);
    let environment = scene.by_answer(&first);
    let plan = scene.operator.plan(MOVE, &[SLOW_BACKUP]);
    let running = scene.operator.begin(&Operator::run_arguments(&plan, &environment, &[]));
    scene.sees("source", "CREATING_BACKUP", "backup/").await;
    running.killed().await;
    let run = scene.operator.last_run();
    let left: Vec<String> = SERVERS.iter().map(|server| format!("{server}: houseplan_{run}_store")).collect();
    assert_eq!(scene.collections().await, left, "a crash leaves them");

    // The first token is good for nothing any more, for whoever begins with it.
    let second = scene.issue(3_600, &[]);
    scene.operator.write("key.json", &second.answer);
    let before = scene.asked().len();
    let said = scene.operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
    assert_eq!(scene.operator.count("task_started", "backup"), 1, "the server has made it with the token of then");
    let afterwards = scene.asked().split_off(before);
    assert!(afterwards.iter().any(|line| line.contains(&second.id)), "{afterwards:?}");
    assert_eq!(scene.collections().await, Vec::<String>::new());
    let what = [first.secrets, second.secrets].concat();
    fs::remove_file(scene.operator.path("key.json")).expect("the key's file");
    assert_eq!(scene.seen(&what, &[&said]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_run_killed_before_anything_else_leaves_collections_that_abandon_drops() {
    let scene = Scene::small().await;
    let environment = scene.by_answer(&scene.issue(3_600, &[]));
    let plan = scene.operator.write("uses.yaml", USES);
    let lent = || scene.operator.events().iter().any(|record| record["event"] == "credentials_lent");
    let running = scene.operator.begin(&["run", &plan, "--env", &environment]);
    running.ends_or_is_killed(lent).await;
    // However far it came: what it was about to make is on record, and may be there or not.
    let said = scene.operator.does(&["abandon", &scene.operator.last_run()]).await.with(0);
    assert_eq!(scene.collections().await, Vec::<String>::new(), "{said:?}");
    assert_eq!(scene.sandbox.claims().await, 0);
}

#[tokio::test]
async fn a_server_that_was_away_when_they_were_dropped_is_told_and_dropped_later() {
    let scene = Scene::small().await;
    let environment = scene.by_answer(&scene.issue(3_600, &[]));
    let plan = scene.operator.write("uses.yaml", USES);
    let running = scene.operator.begin(&["run", &plan, "--env", &environment]);
    scene.operator.sees("task_started", "backup").await;
    let run = scene.operator.last_run();
    running.killed().await;
    scene.sandbox.kill(ServerName::Replica(2)).await.expect("killed");
    let said = scene.operator.does(&["abandon", &run]).await;
    said.has(&format!("houseplan_{run}_store on replica2 holds credentials of a store, and is not dropped"));
    scene.sandbox.start(ServerName::Replica(2)).await.expect("started");
    assert_eq!(scene.collections().await, [format!("replica2: houseplan_{run}_store")]);
    scene.operator.does(&["abandon", &run]).await.with(0);
    assert_eq!(scene.collections().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_run_whose_folder_is_lost_has_its_collections_dropped_with_its_lock() {
    let scene = Scene::small().await;
    let environment = scene.by_answer(&scene.issue(3_600, &[]));
    let plan = scene.operator.plan(MOVE, &[SLOW_BACKUP]);
    let running = scene.operator.begin(&Operator::run_arguments(&plan, &environment, &[]));
    scene.sees("source", "CREATING_BACKUP", "backup/").await;
    running.killed().await;
    let run = scene.operator.last_run();
    assert_eq!(scene.collections().await.len(), 3);
    fs::remove_dir_all(scene.operator.state()).expect("the state folder");
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let arguments = ["abandon", &run, "--env", &environment, "--gone-from", &host, "--leave-at-work"];
    let said = scene.operator.does(&arguments).await.with(0);
    said.has(&format!("the named collection houseplan_{run}_store is dropped"));
    assert_eq!(scene.collections().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_token_that_has_ended_or_ends_too_early_is_told_before_anything_is_begun() {
    let scene = Scene::small().await;
    let ended = scene.issue(0, &[]);
    let environment = scene.by_answer(&ended);
    let plan = scene.operator.write("uses.yaml", USES);
    let refused = |said: Said, code: &str| said.with(1).has(code).has_not("panicked");
    refused(scene.operator.does(&["run", &plan, "--env", &environment]).await, "houseplan::store::token_expired");

    let environment = scene.by_answer(&scene.issue(3_600, &[]));
    let slow = USES.replace("to: { store", "settings: { max_backup_bandwidth: 100 }, to: { store");
    let slow = scene.operator.write("slow/uses.yaml", &slow);
    let said = scene.operator.does(&["run", &slow, "--env", &environment]).await;
    refused(said, "houseplan::store::token_ends_too_early").has("with `max_backup_bandwidth: 100`");
    assert!(scene.operator.all_runs().is_empty(), "nothing was begun");
    assert_eq!(scene.collections().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_token_near_its_end_is_asked_for_again_and_handed_on() {
    let scene = Scene::small().await;
    let program = crate::support::sandbox_lease::program();
    let folder = scene.sandbox.layout().dir();
    let source = format!(
        "    credentials: {{ command: [\"{program}\", sandbox, token, --seconds, \"120\", --dir, \"{folder}\"] }}"
    );
    let environment = scene.keys("by-command", &source);
    let plan = scene.operator.write("uses.yaml", USES);
    scene.operator.does(&["run", &plan, "--env", &environment]).await.with(0);
    let asked = scene.asked();
    let mut keys: Vec<&str> = asked.iter().filter_map(|line| line.split(' ').nth(3)).collect();
    keys.sort_unstable();
    keys.dedup();
    assert!(keys.len() > 2, "one key was enough: {keys:?}");
    assert!(asked.iter().all(|line| line.ends_with("with a session token")), "{asked:?}");
    assert_eq!(scene.collections().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_backup_that_outlives_its_token_fails_and_says_so() {
    let scene = Scene::with_runs(20_000).await;
    let environment = scene.by_answer(&scene.issue(6, &[]));
    let backup = "database: langsmith, settings: { max_backup_bandwidth: 400000 }";
    let plan = scene.operator.write("uses.yaml", &USES.replace("database: langsmith", backup));
    let said = scene.operator.does(&["run", &plan, "--env", &environment]).await.with(1);
    said.has("houseplan::store::token_e");
    assert_eq!(scene.collections().await, Vec::<String>::new(), "nobody works on the run");
}

#[tokio::test]
async fn a_lasting_key_in_a_collection_shows_not_even_its_id() {
    let scene = Scene::small().await;
    let layout = scene.sandbox.layout();
    let (id, secret) = (layout.access_key_id_file(), layout.secret_access_key_file());
    let keys = format!(
        "    access_key_id: {{ file: \"{id}\" }}\n    secret_access_key: {{ file: \"{secret}\" }}\n    named_collection: true"
    );
    let environment = scene.keys("in-collection", &keys);
    let plan = scene.operator.write("uses.yaml", USES);
    for server in SERVERS {
        // What was logged before is of other runs.
        fs::write(layout.dir().join("servers").join(server).join("clickhouse.log"), "").expect("the log");
        fs::write(layout.dir().join("servers").join(server).join("clickhouse.err.log"), "").expect("the log");
    }
    let said = scene.operator.does(&["run", &plan, "--env", &environment]).await.with(0);
    let run = scene.operator.last_run();
    let of_run = format!(
        "SELECT count() FROM system.backups WHERE startsWith(id, '{run}') AND name LIKE 'S3(%houseplan_{run}_store%'"
    );
    assert_eq!(scene.sandbox.must("source", &of_run).await, "1");
    let read = |file: &camino::Utf8Path| fs::read_to_string(file).expect("a key").trim().to_owned();
    let what = [read(&id), read(&secret)];
    let seen = scene.seen(&what, &[&said]).await;
    // The sandbox's own environment names the files, not the keys; `system.backups` remembers backups of tests before this one.
    let seen: Vec<&String> = seen.iter().filter(|place| !place.ends_with("system.backups")).collect();
    assert!(seen.is_empty(), "{seen:?}");
    assert_eq!(scene.collections().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_backup_does_not_build_on_another_one_by_a_collection_that_will_be_gone() {
    let scene = Scene::small().await;
    let environment = scene.by_answer(&scene.issue(3_600, &[]));
    let based = USES.replace("{{ run.id }}\" } } }\n  inspect", "{{ run.id }}\" }, base: kept/before } }\n  inspect");
    let plan = scene.operator.write("based/uses.yaml", &based);
    let said = scene.operator.does(&["run", &plan, "--env", &environment]).await.with(1);
    said.has("houseplan::backup::base_by_collection");
    assert_eq!(scene.operator.count("task_started", "backup"), 0);
}

#[tokio::test]
async fn servers_that_may_not_use_their_own_role_are_told_before_anything_is_begun() {
    let scene = Scene::small().await;
    let environment = scene.keys("own-role", "");
    let plan = scene.operator.write(
        "uses.yaml",
        USES.lines().filter(|line| !line.contains("again:")).collect::<Vec<_>>().join("\n").as_str(),
    );
    let said = scene.operator.does(&["run", &plan, "--env", &environment]).await.with(1);
    said.has("houseplan::access::server_credentials").has("s3_allow_server_credentials_in_user_queries = 1");
    assert!(scene.operator.all_runs().is_empty(), "nothing was begun");
}

#[tokio::test]
async fn a_probe_names_the_right_that_the_key_lacks() {
    let scene = Scene::small().await;
    let plan = scene.operator.write("uses.yaml", USES);
    for right in ["s3:PutObject", "s3:GetObject"] {
        let environment = scene.by_answer(&scene.issue(3_600, &[right]));
        let said = scene.operator.does(&["run", &plan, "--env", &environment]).await.with(1);
        said.has("houseplan::store::right_missing").has(&format!("lacks the right {right}"));
        scene.operator.does(&["abandon", &scene.operator.last_run()]).await.with(0);
    }
}
