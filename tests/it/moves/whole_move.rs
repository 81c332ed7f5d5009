//! More than a million rows, of every kind of table there is in LangSmith's database, from one server to two.

use houseplan::sandbox::SourceState;

use super::Scene;
use crate::support::operator::{DATABASE, MOVE};

#[tokio::test]
async fn a_database_of_every_kind_of_table_is_the_same_on_both_replicas() {
    let scene = Scene::with_runs(150_000).await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);

    // What is promised of the data, lest a change of the sandbox makes the proof smaller.
    let rows: u64 = scene.before.values().map(|(rows, _)| rows).sum();
    assert!(rows >= 1_000_000 && scene.before.len() >= 10, "{rows} rows in {} tables", scene.before.len());
    assert!(scene.before.values().any(|(rows, _)| *rows == 0), "an empty table");
    let engines = format!(
        "SELECT arrayStringConcat(arraySort(groupUniqArray(engine)), ' ') FROM system.tables WHERE database = '{DATABASE}'"
    );
    let engines = sandbox.must("source", &engines).await;
    for engine in
        ["ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree", "Dictionary", "View", "MaterializedView"]
    {
        assert!(engines.split(' ').any(|it| it == engine), "no {engine} in {engines}");
    }
    for (what, condition) in [
        ("a TTL", "tables WHERE engine_full LIKE '% TTL %'"),
        ("a view with TO", "tables WHERE engine = 'MaterializedView' AND create_table_query LIKE '% TO %'"),
        ("a view with an inner table", "tables WHERE startsWith(name, '.inner')"),
        ("a nullable column", "columns WHERE type LIKE '%Nullable%'"),
        ("a JSON column", "columns WHERE type LIKE '%JSON%'"),
        ("a map", "columns WHERE type LIKE 'Map(%'"),
        ("an aggregate state", "columns WHERE type LIKE 'AggregateFunction(%'"),
    ] {
        let found = sandbox
            .must("source", &format!("SELECT count() FROM system.{condition} AND database = '{DATABASE}'"))
            .await;
        assert_ne!(found, "0", "{what}");
    }
    let nulls = format!("SELECT countIf(isNull(end_time)) FROM {DATABASE}.runs");
    assert_ne!(sandbox.must("source", &nulls).await, "0", "rows with NULLs");

    let said = operator.runs(MOVE, &scene.environment, &[]).await.with(0);
    scene.moved_once().await;
    assert_eq!(sandbox.state().expect("a state").source, SourceState::Removed);

    // The closing table: every large table with its rows and an equals sign for each replica.
    let said = said
        .has("succeeded in")
        .has("every table of `langsmith` but `schema_migrations` is the same on replica1 and replica2");
    let runs =
        said.stdout.lines().find(|line| line.split_whitespace().next() == Some("runs")).expect("a line for `runs`");
    assert!(runs.contains("150,000") && runs.matches(" =").count() == 2, "{runs}");
    assert!(
        !said.stdout.contains('≠') && !said.stdout.contains('\u{1b}') && !said.stderr.contains('\u{1b}'),
        "{}",
        said.stdout
    );

    // What was read through the dictionary and the view is there, and what was not moved was made anew.
    for (what, sql) in [
        ("the dictionary", format!("SELECT count() > 0 FROM {DATABASE}.projects_dictionary")),
        ("the view", format!("SELECT count() > 0 FROM {DATABASE}.runs_failed")),
        (
            "all are replicated",
            format!(
                "SELECT count() = 0 FROM system.tables WHERE database = '{DATABASE}' AND engine LIKE '%MergeTree' AND engine NOT LIKE 'Replicated%'"
            ),
        ),
        ("the migrations' own table is theirs", format!("SELECT max(version) = 8 FROM {DATABASE}.schema_migrations")),
    ] {
        for replica in ["replica1", "replica2"] {
            assert_eq!(sandbox.must(replica, &sql).await, "1", "{what} on {replica}");
        }
    }

    // Merges work again: two parts become one.
    let merged =
        format!("OPTIMIZE TABLE {DATABASE}.runs_tags FINAL SETTINGS alter_sync = 2, optimize_throw_if_noop = 1");
    sandbox.must("replica1", &merged).await;
    assert_eq!(operator.count("task_started", "backup"), 1);
    assert_eq!(operator.count("task_started", "restore[runs@"), 1);
}
