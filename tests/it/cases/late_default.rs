//! A column that was added with a default that is another each time: parts that lack it give other values at each reading.

use super::{Bed, REPLICAS};
use crate::support::operator::MOVE;

const SOURCE: &str = include_str!("late-default/source.sql");
const CLUSTER: &str = include_str!("late-default/cluster.sql");
const DATABASE: [&str; 2] = ["--set", "database=c_late"];
const SAID: &str = "events.event_id, DEFAULT generateUUIDv4(), is another at each reading, for some part lacks it";

async fn ids(bed: &Bed, member: &str) -> String {
    let sum = "SELECT (count(), sum(cityHash64(id, event_id)), sumIf(cityHash64(id, event_id), id >= 100)) FROM c_late.events";
    bed.sandbox.must(member, sum).await
}

#[tokio::test]
async fn it_is_told_with_its_cure_before_anything_is_changed() {
    is_told_with_its_cure(&Bed::new().await).await;
}

pub(crate) async fn is_told_with_its_cure(bed: &Bed) {
    bed.makes(&["source"], SOURCE).await;
    let environment = bed.migrating(CLUSTER);
    let run = [&["run", MOVE, "--env", &environment][..], &DATABASE].concat();
    let before = ids(bed, "source").await;
    bed.operator.does(&run).await.with(3).has(SAID).has("`ALTER TABLE … MATERIALIZE COLUMN …`");
    assert_eq!((bed.operator.count("task_started", "flush"), bed.operator.count("task_started", "stop_")), (0, 0));
    let moving = bed.operator.last_run();

    // The cure, for `backup` as well; what was written with the rows stays.
    bed.operator.does(&["abandon", &moving]).await.with(0);
    let backup = [&["run", "backup", "--set", "path=cases/late-default"][..], &DATABASE].concat();
    bed.operator.does(&backup).await.with(3).has(SAID);
    bed.sandbox
        .must("source", "ALTER TABLE c_late.events MATERIALIZE COLUMN event_id SETTINGS mutations_sync = 2")
        .await;
    let cured = ids(bed, "source").await;
    let written = |ids: &str| ids.rsplit(',').next().map(str::to_owned);
    assert_eq!(written(&cured), written(&before), "values that were there");
    bed.operator.resumes(&[]).await.with(0);
    bed.operator.does(&run).await.with(0);
    for replica in REPLICAS {
        assert_eq!(ids(bed, replica).await, cured, "{replica}");
    }
}

#[tokio::test]
async fn tables_that_are_left_out_may_have_one_and_verify_says_why_no_checksum_is_the_same() {
    let bed = Bed::new().await;
    bed.makes(&["source", "replica1", "replica2"], &SOURCE.replace("c_late", "c_left")).await;
    for (table, default) in [("here", "now() + rand()"), ("there", "concat(shown, 'x')")] {
        let columns = "id UInt64, shown String ALIAS hostName(), noted String DEFAULT 'now()'";
        let made = format!(
            "CREATE TABLE c_left.{table} ({columns}) ENGINE = MergeTree ORDER BY id; \
             INSERT INTO c_left.{table} (id) SELECT number FROM numbers(10); ALTER TABLE c_left.{table} ADD COLUMN a String DEFAULT {default}"
        );
        bed.makes(&["source"], &made).await;
    }
    let (backup, database) = (["run", "backup", "--set", "path=cases/left"], ["--set", "database=c_left"]);
    let all = ["--set", "left_out=[\"events\"]"];
    let said = bed.operator.does(&[&backup[..], &database, &all].concat()).await.with(3);
    said.has("here.a, DEFAULT now() + rand(), is another")
        .has("there.a, DEFAULT concat(shown, 'x'), is another")
        .has_not("noted");
    bed.operator.does(&["abandon", &bed.operator.last_run()]).await.with(0);
    let all = ["--set", "left_out=[\"events\", \"here\", \"there\"]"];
    bed.operator.does(&[&backup[..], &database, &all].concat()).await.with(0);

    let except = ["--set", "except=[\"here\", \"there\"]"];
    let verify = bed.operator.does(&[&["run", "verify"][..], &database, &except].concat()).await.with(3);
    verify.has("events.event_id, DEFAULT generateUUIDv4(), is another at each reading");
}
