//! Rows that are older than a column read its default, as the table has it now. On a target with another one they would read
//! something else, with the same bytes.

use super::{Bed, REPLICAS};
use crate::support::operator::MOVE;

const SOURCE: &str = include_str!("changed-default/source.sql");
const CLUSTER: &str = include_str!("changed-default/cluster.sql");
const DATABASE: [&str; 2] = ["--set", "database=c_default"];
const RESTORE: [&str; 8] = [
    "run",
    "restore",
    "--target",
    "destination=cluster",
    "--set",
    "mode=existing",
    "--set",
    "path=cases/changed-default",
];
const SAID: &str = "column plan has DEFAULT 'trial' instead of DEFAULT 'free', and rows older than the column read it";

#[tokio::test]
async fn it_is_not_restored_into_until_the_default_is_as_it_was() {
    is_refused_until_it_is_as_it_was(&Bed::new().await).await;
}

pub(crate) async fn is_refused_until_it_is_as_it_was(bed: &Bed) {
    bed.makes(&["source"], SOURCE).await;
    let backup = ["run", "backup", "--set", "path=cases/changed-default"];
    bed.operator.does(&[&backup[..], &DATABASE].concat()).await.with(0);
    bed.makes(&REPLICAS, CLUSTER).await;
    let restore = [&RESTORE[..], &DATABASE].concat();
    bed.operator.does(&restore).await.with(3).has(SAID);
    assert_eq!(bed.sandbox.must("replica1", "SELECT count() FROM c_default.events").await, "0");
    alters(bed, "MODIFY COLUMN plan String DEFAULT 'free'").await;
    bed.operator.resumes(&[]).await.with(0);
    all_are_free(bed).await;
}

async fn all_are_free(bed: &Bed) {
    for replica in REPLICAS {
        let rows = "SELECT (count(), countIf(plan = 'free')) FROM c_default.events";
        assert_eq!(bed.sandbox.must(replica, rows).await, "(100,100)", "{replica}");
    }
}

/// `ALTER TABLE c_default.events …` on all replicas.
async fn alters(bed: &Bed, what: &str) {
    bed.sandbox.must("replica1", &format!("ALTER TABLE c_default.events {what} SETTINGS alter_sync = 2")).await;
}

#[tokio::test]
async fn the_move_sees_it_right_after_the_migrations_and_verify_before_it_reads_a_row() {
    let bed = Bed::new().await;
    bed.makes(&["source"], SOURCE).await;
    let environment = bed.migrating(CLUSTER);
    let run = [&["run", MOVE, "--env", &environment][..], &DATABASE].concat();
    bed.operator.does(&run).await.with(3).has(SAID).has("The migrations have not run on every replica");
    assert_eq!(bed.operator.count("task_started", "restore"), 0);
    alters(&bed, "MODIFY COLUMN plan DEFAULT 'free'").await;
    bed.operator.resumes(&[]).await.with(0);
    all_are_free(&bed).await;

    alters(&bed, "MODIFY COLUMN plan DEFAULT 'trial'").await;
    bed.operator.does(&[&["run", "verify"][..], &DATABASE].concat()).await.with(3).has(SAID);
}

#[tokio::test]
async fn a_default_that_no_row_reads_is_told_and_stops_nothing() {
    let bed = Bed::new().await;
    bed.makes(&["source"], SOURCE).await;
    let held = "ALTER TABLE c_default.events MATERIALIZE COLUMN plan SETTINGS mutations_sync = 2";
    bed.sandbox.must("source", held).await;
    let environment = bed.migrating(CLUSTER);
    let run = [&["run", MOVE, "--env", &environment][..], &DATABASE].concat();
    let told = "events: column plan has DEFAULT 'trial' instead of DEFAULT 'free'; no row reads it, for all parts hold the column";
    bed.operator.does(&run).await.with(0).has(told);
    all_are_free(&bed).await;
}

/// What the parts in a backup say themselves.
#[tokio::test]
async fn a_restore_without_an_inventory_reads_in_the_backup_whether_a_row_reads_it() {
    let bed = Bed::new().await;
    bed.makes(&["source"], SOURCE).await;
    bed.sandbox.must("source", "INSERT INTO c_default.events SELECT number, 'paid' FROM numbers(5)").await;
    bed.sandbox.must("source", "CREATE TABLE c_default.whole AS c_default.events").await;
    bed.sandbox.must("source", "INSERT INTO c_default.whole SELECT * FROM c_default.events").await;
    bed.makes(&REPLICAS, CLUSTER).await;
    let whole = "CREATE TABLE c_default.whole AS c_default.events \
                 ENGINE = ReplicatedMergeTree('/clickhouse/c_whole', '{replica}') ORDER BY id";
    bed.makes(&REPLICAS, whole).await;
    let backup = ["run", "backup", "--set", "path=cases/changed-default"];
    bed.operator.does(&[&backup[..], &DATABASE].concat()).await.with(0);
    let restore = [&RESTORE[..], &DATABASE].concat();
    bed.operator.does(&restore).await.with(3).has(&format!("events {SAID}")).has_not("whole column");
    alters(&bed, "MODIFY COLUMN plan String DEFAULT 'free'").await;
    let told = "whole: column plan has DEFAULT 'trial' instead of DEFAULT 'free'; no row reads it, for all parts hold the column";
    bed.operator.resumes(&[]).await.with(0).has(told);
    for replica in REPLICAS {
        let plans = "SELECT (countIf(plan = 'free'), countIf(plan = 'paid')) FROM c_default.";
        for table in ["events", "whole"] {
            assert_eq!(bed.sandbox.must(replica, &format!("{plans}{table}")).await, "(100,5)", "{table} on {replica}");
        }
    }
}

/// What another tool, or another version, writes for the same.
#[tokio::test]
async fn what_reads_the_same_is_not_told() {
    tells_nothing_of_what_reads_the_same(&Bed::new().await).await;
}

pub(crate) async fn tells_nothing_of_what_reads_the_same(bed: &Bed) {
    let added = [
        ("a String DEFAULT 'x'", "a String DEFAULT CAST('x', 'String')"),
        ("b String", "b String DEFAULT ''"),
        ("c UInt8 DEFAULT 0", "c UInt8 DEFAULT '0'"),
        ("d Bool DEFAULT false", "d Bool"),
        ("e DateTime DEFAULT toDateTime(7)", "e DateTime DEFAULT toDateTime(((7)))"),
        ("f Nullable(String) DEFAULT NULL", "f Nullable(String)"),
        ("g String MATERIALIZED concat('a', toString(id))", "g String MATERIALIZED 'a' || toString(id)"),
        ("h String ALIAS upper(a)", "h String ALIAS (UPPER(a))"),
        ("i DateTime64(3, 'UTC') DEFAULT '1970-01-01 00:00:00'", "i DateTime64(3, 'UTC')"),
        ("j Map(String, String) DEFAULT map()", "j Map(String, String)"),
    ];
    bed.makes(&["source"], "CREATE DATABASE c_same; CREATE TABLE c_same.t (id UInt64) ENGINE = MergeTree ORDER BY id")
        .await;
    bed.sandbox.must("source", "INSERT INTO c_same.t SELECT number FROM numbers(10)").await;
    for (column, _) in added {
        bed.sandbox.must("source", &format!("ALTER TABLE c_same.t ADD COLUMN {column}")).await;
    }
    bed.sandbox.must("source", "ALTER TABLE c_same.t ADD INDEX i (a) TYPE minmax GRANULARITY 1").await;
    let columns: Vec<&str> = added.iter().map(|(_, column)| *column).collect();
    let table = format!(
        "CREATE DATABASE c_same; CREATE TABLE c_same.t (id UInt64, {}, INDEX i a TYPE minmax) \
         ENGINE = ReplicatedMergeTree('/clickhouse/c_same', '{{replica}}') ORDER BY id",
        columns.join(", ")
    );
    bed.makes(&REPLICAS, &table).await;
    let (database, path) = (["--set", "database=c_same"], ["--set", "path=cases/same"]);
    bed.operator.does(&[&["run", "backup"][..], &database, &path].concat()).await.with(0);
    let restore = [&RESTORE[..6], &database, &path].concat();
    bed.operator.does(&restore).await.with(0).has_not(" has DEFAULT").has_not("instead of");
    bed.operator.does(&[&["run", "verify"][..], &database].concat()).await.with(0).has_not("instead of");
}

/// Files of a part that queries find by the name of an index or a projection.
#[tokio::test]
async fn an_index_or_a_projection_of_one_name_has_to_be_the_same() {
    let bed = Bed::new().await;
    let table = |index: &str, order: &str| {
        format!(
            "id UInt64, a UInt64, b UInt64, INDEX i {index} TYPE minmax, PROJECTION p (SELECT a, b ORDER BY {order})"
        )
    };
    bed.makes(
        &["source"],
        &format!(
            "CREATE DATABASE c_index; CREATE TABLE c_index.t ({}) ENGINE = MergeTree ORDER BY id",
            table("a", "a")
        ),
    )
    .await;
    bed.sandbox.must("source", "INSERT INTO c_index.t SELECT number, number, 1000 - number FROM numbers(1000)").await;
    let other = format!(
        "CREATE DATABASE c_index; CREATE TABLE c_index.t ({}) \
         ENGINE = ReplicatedMergeTree('/clickhouse/c_index', '{{replica}}') ORDER BY id",
        table("b", "b")
    );
    bed.makes(&REPLICAS, &other).await;
    let (database, path) = (["--set", "database=c_index"], ["--set", "path=cases/index"]);
    bed.operator.does(&[&["run", "backup"][..], &database, &path].concat()).await.with(0);
    let said = bed.operator.does(&[&RESTORE[..6], &database, &path].concat()).await.with(3);
    said.has("index i is b TYPE minmax GRANULARITY 1 instead of a TYPE minmax GRANULARITY 1, and restored parts hold it by that name")
        .has("projection p is (SELECT a, b ORDER BY b) instead of (SELECT a, b ORDER BY a)");
    assert_eq!(bed.sandbox.must("replica1", "SELECT count() FROM c_index.t").await, "0");
    bed.operator.does(&["abandon", &bed.operator.last_run()]).await.with(0);
}
