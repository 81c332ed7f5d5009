//! Views that refresh by themselves: once a day, into a table, into one of their own, and with APPEND.

use std::time::Duration;

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

const SOURCE: &str = include_str!("refreshable-daily/source-append.sql");
const DATABASE: &str = "c_rday_append";
const VIEWS: [&str; 3] = ["summary_mv", "snapshots_mv", "inner_mv"];

struct Scene {
    sandbox: SandboxLease,
    operator: Operator,
}

impl Scene {
    /// The data on the source, each view refreshed once.
    async fn new() -> Self {
        let sandbox = SandboxLease::acquire().await;
        let operator = Operator::new(&sandbox);
        let text: Vec<&str> = SOURCE.lines().filter(|line| !line.starts_with("--")).collect();
        for statement in text.join("\n").split(';').map(str::trim).filter(|it| !it.is_empty()) {
            sandbox.must("source", statement).await;
        }
        let scene = Self { sandbox, operator };
        for (table, rows) in [("summary", "5"), ("inner_mv", "5"), ("snapshots", "1")] {
            scene.becomes(table, rows).await;
        }
        scene
    }

    async fn rows(&self, table: &str) -> String {
        self.sandbox.must("source", &format!("SELECT count() FROM {DATABASE}.{table}")).await
    }

    async fn becomes(&self, table: &str, rows: &str) {
        for _ in 0..200 {
            if self.rows(table).await == rows {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{table} never had {rows} rows");
    }

    async fn runs(&self, plan: &str, more: &[&str]) -> crate::support::operator::Said {
        let environment = self.operator.path("environment.yaml").into_string();
        let (database, path) = (format!("database={DATABASE}"), "path=rday");
        let named = ["run", plan, "--env", &environment, "--set", &database, "--set", path];
        self.operator.does(&[&named[..], more].concat()).await
    }

    async fn restores(&self, mode: &str, more: &[&str]) -> crate::support::operator::Said {
        let mode = format!("mode={mode}");
        self.runs("restore", &[&["--target", "destination=source", "--set", &mode], more].concat()).await
    }

    async fn abandons(&self) {
        self.operator.does(&["abandon", &self.operator.last_run()]).await.with(0);
    }
}

fn left_out(tables: &[&str]) -> String {
    format!("left_out=[{}]", tables.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "))
}

#[tokio::test]
async fn no_view_refreshes_while_rows_are_restored_and_every_row_is_accounted_for() {
    let scene = Scene::new().await;
    // BACKUP leaves the rows that a refresh replaces out.
    scene.runs("backup", &[]).await.with(3).has("summary").has("inner_mv").has("left_out");
    assert_eq!(scene.operator.count("task_started", "backup"), 0);
    scene.abandons().await;
    scene.runs("backup", &["--set", &left_out(&["summary", "inner_mv"])]).await.with(0);
    scene.sandbox.must("source", &format!("DROP DATABASE {DATABASE} SYNC")).await;

    let mut said = scene.restores("empty", &[]).await.with(3);
    for view in VIEWS {
        said = said.has(view);
    }
    said.has("refreshes as soon as it is made").has("left_out");
    let databases = format!("SELECT count() FROM system.databases WHERE name = '{DATABASE}'");
    assert_eq!(scene.sandbox.must("source", &databases).await, "0", "nothing was made");
    scene.abandons().await;

    let views = left_out(&VIEWS);
    scene.restores("empty", &["--set", &views]).await.with(0).has("wikistat").has("1,000");
    assert_eq!((scene.rows("wikistat").await, scene.rows("snapshots").await), ("1000".to_owned(), "1".to_owned()));

    // As the refusal says: made by hand afterwards, a view refreshes from tables that are filled.
    let view =
        format!("RESTORE TABLE {DATABASE}.summary_mv FROM {} SETTINGS structure_only = 1", scene.sandbox.s3("rday"));
    scene.sandbox.must("source", &view).await;
    scene.becomes("summary", "5").await;

    // What the refresh has replaced is dropped without SYNC. That keeps no restore waiting.
    let pending = format!("SELECT count() > 0 FROM system.dropped_tables WHERE database = '{DATABASE}'");
    assert_eq!(scene.sandbox.must("source", &pending).await, "1");
    scene.restores("replace", &["--set", &views]).await.with(4);
    scene.operator.does(&["approve", &scene.operator.last_run(), "allow_drop"]).await.with(0);
    scene.operator.resumes(&[]).await.with(0);
    assert_eq!(scene.rows("wikistat").await, "1000");
}

#[tokio::test]
async fn a_view_that_is_there_is_to_be_stopped_before_rows_are_added() {
    let scene = Scene::new().await;
    scene.runs("backup", &["--set", &left_out(&["summary", "inner_mv"])]).await.with(0);
    let mut said = scene.restores("append", &[]).await.with(3);
    for view in VIEWS {
        said = said.has(view);
    }
    said.has("SYSTEM STOP VIEW");
    for view in VIEWS {
        scene.sandbox.must("source", &format!("SYSTEM STOP VIEW {DATABASE}.{view}")).await;
    }
    scene.operator.resumes(&[]).await.with(4);
    scene.operator.does(&["approve", &scene.operator.last_run(), "allow_append"]).await.with(0);
    scene.operator.resumes(&[]).await.with(0);
    assert_eq!((scene.rows("wikistat").await, scene.rows("snapshots").await), ("2000".to_owned(), "2".to_owned()));
    assert_eq!(scene.rows("summary").await, "5");
}
