//! A target that is written otherwise in the middle of a run: mended, moved, or exchanged for another one.

use houseplan::sandbox::ServerName;

use super::Scene;
use crate::support::doorway::{Doorway, Manner};

/// Looks at Keeper where the first step has begun already.
const LOOKS: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: looks }
targets: { source: { kind: clickhouse }, keeper: { kind: keeper } }
steps:
  asks: { sql: { on: source, query: SYSTEM FLUSH LOGS, effect: idempotent } }
  says: { needs: [asks], approve: { show: go on } }
  looks:
    needs: [says]
    check: [{ name: the root is there, keeper: { on: keeper, exists: / }, expect: row.exists }]
";

/// Has used a server and a store, and waits for a person.
const WAITS: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: waits }
targets: { source: { kind: clickhouse }, store: { kind: s3 } }
steps:
  asks: { sql: { on: source, query: SYSTEM FLUSH LOGS, effect: idempotent } }
  puts: { s3: { on: store, probe: \"mended/{{ run.id }}\" } }
  says: { needs: [asks, puts], approve: { show: go on } }
  again: { needs: [says], sql: { on: source, query: SYSTEM FLUSH LOGS, effect: idempotent } }
";

#[tokio::test]
async fn a_keeper_whose_port_was_wrong_is_mended_and_accepted() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let port = scene.sandbox.ports().keeper();
    let right = format!("host: 127.0.0.1, port: {port}");
    let doorway = Doorway::with(Manner::Opens { after: 0, port }).await;
    let other = doorway.port;
    let environment = operator.environment("mended", &[(&right, &format!("host: 127.0.0.1, port: {other}"))]);
    let plan = operator.write("looks.yaml", LOOKS);
    operator.does(&["run", &plan, "--env", &environment]).await.with(4);
    operator.does(&["approve", &operator.last_run(), "says"]).await.with(0);
    drop(doorway);
    let said = operator.resumes(&[]).await.with(1).has("houseplan::keeper::unreachable").has("`looks` needs it");
    said.has("nothing was done on the servers");

    operator.environment("mended", &[]);
    let words = format!("target keeper: at 127.0.0.1:{port} instead of 127.0.0.1:{other}");
    let said = operator.resumes(&[]).await.with(2).has("houseplan::run::files_changed").has(&words);
    said.has(&format!("`houseplan resume {} --accept-changes` goes on", operator.last_run()));
    operator.resumes(&["--accept-changes"]).await.with(0).has("accepted").has(&words);
    let events = operator.events();
    let accepted = events.iter().find(|it| it["event"] == "changes_accepted").expect("it is on record");
    assert_eq!(accepted["servers"], serde_json::json!([words]));
    assert_eq!((operator.count("task_started", "asks"), scene.sandbox.claims().await), (1, 0));
}

#[tokio::test]
async fn a_server_at_another_address_is_accepted_once_it_proves_to_be_the_same() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let direct = format!("http://127.0.0.1:{}", scene.sandbox.ports().http(ServerName::Source));
    let door_to = |server| Doorway::with(Manner::Opens { after: 0, port: scene.sandbox.ports().http(server) });
    let (first, second) = (door_to(ServerName::Source).await, door_to(ServerName::Source).await);
    let another = door_to(ServerName::Replica(1)).await;
    let environment = operator.environment("mended", &[(&direct, &first.url())]);
    let plan = operator.write("waits.yaml", WAITS);
    operator.does(&["run", &plan, "--env", &environment]).await.with(4).has("says");
    let run = operator.last_run();
    let accepts = format!("`houseplan resume {run} --accept-changes`");
    let as_begun = format!("`houseplan resume {run} --as-begun`");

    // What is refused then is not offered before: another server at the address, none, and another store.
    let store = ("/backups\"", "/backups/elsewhere\"");
    let nobody = ("http://127.0.0.1:1".to_owned(), "cannot be reached");
    let stranger = (another.url(), "source is another server than when the run started");
    for (url, why) in [stranger, nobody] {
        operator.environment("mended", &[(&direct, &url)]);
        let said = operator.resumes(&[]).await.with(2).has("houseplan::run::changes_refused");
        said.has(&format!("source at {url} instead of {}", first.url())).has(why).has_not(&accepts).has(&as_begun);
        let said = operator.resumes(&["--accept-changes"]).await.with(2).has("houseplan::run::steps_changed");
        said.has("target source").has(why).has(&as_begun);
    }
    operator.environment("mended", &[(&direct, &first.url()), store]);
    let said = operator.resumes(&[]).await.with(2).has("target store: at ").has("/backups/elsewhere instead of ");
    said.has_not(&accepts).has(&as_begun);
    operator.resumes(&["--accept-changes"]).await.with(2).has("target store").has(&as_begun);
    assert_eq!(operator.count("task_started", "again"), 0);

    // The old address leads nowhere any more, and the new one to the same server.
    first.becomes(Manner::Closes);
    operator.environment("mended", &[(&direct, &second.url())]);
    let words = format!("target source: source at {} instead of {}", second.url(), first.url());
    operator.resumes(&[]).await.with(2).has(&words).has(&accepts);
    operator.resumes(&["--accept-changes"]).await.with(4).has("accepted").has(&words);
    let events = operator.events();
    let accepted = events.iter().find(|it| it["event"] == "changes_accepted").expect("it is on record");
    assert_eq!(accepted["servers"], serde_json::json!([words]));
    operator.does(&["approve", &run, "says"]).await.with(0);
    operator.resumes(&[]).await.with(0);
    assert_eq!((operator.count("task_started", "asks"), operator.count("task_started", "again")), (1, 1));
    assert_eq!(scene.sandbox.claims().await, 0, "the claim was given back at the new address");
}

#[tokio::test]
async fn a_server_that_the_run_did_not_begin_with_is_not_taken_in_its_middle() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let plan = operator.write("waits.yaml", WAITS);
    operator.does(&["run", &plan, "--env", &scene.environment]).await.with(4).has("says");
    let run = operator.last_run();

    // It is in the environment, and no step has begun that is changed; but nobody has looked at it, and no pin says who it is.
    let elsewhere = WAITS
        .replace("store: { kind: s3 }", "store: { kind: s3 }, cluster: { kind: clickhouse, members: { min: 1 } }")
        .replace("again: { needs: [says], sql: { on: source,", "again: { needs: [says], sql: { on: cluster,");
    operator.write("waits.yaml", &elsewhere);
    let why = "target cluster: the run did not begin with it";
    let said = operator.resumes(&[]).await.with(2).has(why);
    said.has_not("--accept-changes` goes on").has(&format!("`houseplan resume {run} --as-begun`"));
    operator.resumes(&["--accept-changes"]).await.with(2).has("houseplan::run::steps_changed").has(why);
    assert_eq!(operator.count("task_started", "again"), 0);
    operator.does(&["approve", &run, "says"]).await.with(0);
    operator.resumes(&["--as-begun"]).await.with(0);
    assert_eq!((operator.count("task_started", "again"), scene.sandbox.claims().await), (1, 0));
}
