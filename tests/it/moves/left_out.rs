//! Tables that hold rows which no backup holds, or which cannot be replicated.

use super::Scene;
use crate::support::operator::{DATABASE, MOVE};

/// Name, engine, and whether its rows are in no backup.
const TABLES: &[(&str, &str, bool)] = &[
    ("members", "Set", true),
    ("lookup", "Join(ANY, LEFT, k)", true),
    ("lines", "File(TSV)", true),
    ("waiting", "Buffer(DATABASE, moved_on, 1, 1000, 1000, 10000, 100000, 10000000, 100000000)", true),
    ("scratch", "Memory", false),
    ("noted", "Log", false),
    ("counted", "TinyLog", false),
    ("striped", "StripeLog", false),
    ("keyed", "EmbeddedRocksDB PRIMARY KEY k", false),
];

const MOVED_ON: &str = "moved_on";
const DETACHED: &str = "set_aside";
const ORPHAN: &str = ".inner.orphan";
const REFRESHED: &str = "refreshed";

impl Scene {
    async fn add_what_stays(&self) {
        let run = async |sql: String| self.sandbox.must("source", &sql.replace("DATABASE", DATABASE)).await;
        for table in [MOVED_ON, DETACHED, ORPHAN] {
            run(format!("CREATE TABLE DATABASE.`{table}` (k UInt64) ENGINE = MergeTree ORDER BY k")).await;
            run(format!("INSERT INTO DATABASE.`{table}` SELECT number FROM numbers(3)")).await;
        }
        run(format!("DETACH TABLE DATABASE.{DETACHED} PERMANENTLY")).await;
        for (table, engine, _) in TABLES {
            let columns = if *table == "members" { "k UInt64" } else { "k UInt64, v UInt64 DEFAULT 1" };
            run(format!("CREATE TABLE DATABASE.{table} ({columns}) ENGINE = {engine}")).await;
            run(format!("INSERT INTO DATABASE.{table} (k) SELECT number FROM numbers(3)")).await;
        }
        run(format!("CREATE MATERIALIZED VIEW DATABASE.{REFRESHED} REFRESH EVERY 1 YEAR ENGINE = MergeTree ORDER BY k AS SELECT 1 AS k")).await;
    }
}

fn named(names: &[&str]) -> String {
    format!("left_out=[{}]", names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "))
}

#[tokio::test]
async fn a_move_stops_before_it_changes_anything_unless_they_are_named() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    scene.add_what_stays().await;
    let mut said = operator.runs(MOVE, &scene.environment, &[]).await.with(3);
    for (table, ..) in TABLES {
        said = said.has(table);
    }
    said.has(DETACHED).has(ORPHAN).has(REFRESHED).has("left_out");
    assert_eq!(
        operator.count("step_started", "stop_writers") + operator.count("task_started", "stop_merges_source"),
        0
    );
    operator.does(&["abandon", &operator.last_run()]).await.with(0);

    let mut names = vec![MOVED_ON, DETACHED, ORPHAN, REFRESHED];
    names.extend(TABLES.iter().map(|(name, ..)| name));
    // One that is not named is enough.
    operator.runs(MOVE, &scene.environment, &["--set", &named(&names[..names.len() - 1])]).await.with(3).has("keyed");
    operator.does(&["abandon", &operator.last_run()]).await.with(0);
    let said = operator.runs(MOVE, &scene.environment, &["--set", &named(&names)]).await.with(0);
    said.has(&format!("every table of `{DATABASE}` but `schema_migrations`, `{MOVED_ON}`, `{DETACHED}` and"))
        .has(&format!("left out schema_migrations, {}", names[..2].join(", ")));
    scene.moved_once().await;
    let others =
        format!("SELECT count() FROM system.tables WHERE database = '{DATABASE}' AND name IN ('noted', 'keyed')");
    assert_eq!(sandbox.must("replica1", &others).await, "0");
}

#[tokio::test]
async fn a_backup_stops_at_those_that_it_would_not_hold() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    scene.add_what_stays().await;
    let mut said = operator.runs("backup", &scene.environment, &[]).await.with(3);
    for (table, ..) in TABLES.iter().filter(|(_, _, lost)| *lost) {
        said = said.has(table);
    }
    said.has(DETACHED).has(ORPHAN).has(REFRESHED).has("left_out");
    assert_eq!(operator.count("task_started", "backup"), 0);
    operator.does(&["abandon", &operator.last_run()]).await.with(0);

    let mut names = vec![DETACHED, ORPHAN, REFRESHED];
    names.extend(TABLES.iter().filter(|(_, _, lost)| *lost).map(|(name, ..)| name));
    operator.runs("backup", &scene.environment, &["--set", &named(&names)]).await.with(0);
}

/// BACKUP leaves out every table by such a name, and takes the rows along with the view only where the view stores them itself.
#[tokio::test]
async fn a_table_that_only_bears_the_name_of_one_inside_a_view_is_in_no_backup() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    for sql in [
        "CREATE TABLE DATABASE.seen (k UInt64) ENGINE = MergeTree ORDER BY k",
        "CREATE TABLE DATABASE.`.inner.pointed` (k UInt64) ENGINE = MergeTree ORDER BY k",
        "CREATE MATERIALIZED VIEW DATABASE.pointed TO DATABASE.`.inner.pointed` AS SELECT k FROM DATABASE.seen",
        "INSERT INTO DATABASE.seen SELECT number FROM numbers(500)",
    ] {
        scene.sandbox.must("source", &sql.replace("DATABASE", DATABASE)).await;
    }
    for plan in ["backup", MOVE] {
        operator
            .runs(plan, &scene.environment, &[])
            .await
            .with(3)
            .has("every inner table has its view")
            .has(".inner.pointed");
        operator.does(&["abandon", &operator.last_run()]).await.with(0);
    }
    scene.sandbox.must("source", &format!("DROP TABLE {DATABASE}.pointed")).await;
    scene.sandbox.must("source", &format!("DROP TABLE {DATABASE}.`.inner.pointed`")).await;
}
