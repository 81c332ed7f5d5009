//! The action `job`: Jobs to their end, those that fail, and those that are not ours.

use crate::support::{
    bed::Bed,
    command::wait_until,
    release::{CHART, Release},
};

/// A step with a Job that runs this in a shell.
fn step(release: &Release<'_>, name: &str, script: &str, more: &str) -> String {
    let template = serde_json::json!({ "spec": { "backoffLimit": 1, "ttlSecondsAfterFinished": 1, "template": { "spec": {
        "automountServiceAccountToken": false, "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
        "containers": [{ "name": "main", "image": release.namespace.bed.image(), "command": ["sh", "-c", script],
            "volumeMounts": [{ "name": "shared", "mountPath": "/shared" }] }],
        "volumes": [{ "name": "shared", "hostPath": { "path": release.shared() } }],
    } } } });
    format!("  {name}: {{ job: {{ on: kubernetes, name: migrate, template: {template}{more} }} }}")
}

fn jobs(release: &Release<'_>) -> String {
    release.namespace.kubectl(&["get", "jobs", "-o=jsonpath={.items[*].metadata.name}"])
}

#[tokio::test]
async fn a_job_is_followed_to_its_end_and_deleted() {
    let bed = Bed::get();
    let release = Release::new(&bed);
    release.plan(&step(&release, "up", "echo one; sleep 2; echo two", ""));
    release.operator.does(&["run", "switch.yaml"]).await.with(0).has("complete, deleted");
    assert_eq!(jobs(&release), "");
    let events = release.operator.events();
    let output = &events.iter().find(|it| it["event"] == "task_acted").expect("its end")["output"];
    assert_eq!((&output["log"], &output["deleted"]), (&"one\ntwo".into(), &true.into()));
}

/// The first failed pod has the cause; the second one only says that there was one.
#[tokio::test]
async fn of_a_job_that_failed_the_first_pods_words_are_shown() {
    let bed = Bed::get();
    let release = Release::new(&bed);
    let script = "if [ -e /shared/log ]; then echo 'error: Dirty database version 3. Fix and force version.'; else \
                  echo first >> /shared/log; echo the cause of it all; fi; exit 1";
    release.plan(&step(&release, "up", script, ", effect: idempotent"));
    let said = release.operator.does(&["run", "switch.yaml"]).await.with(1);
    said.has("houseplan::job::failed").has("has printed: the cause of it all").has_not("has printed: error: Dirty");
    assert_eq!(jobs(&release), "migrate", "one that has failed stays to be looked at");
    // The next attempt takes the old one away, and its first pod says that an earlier one has left something dirty.
    let said = release.operator.resumes(&[]).await.with(1);
    said.has("houseplan::migration::dirty").has("Dirty database version 3");
}

#[tokio::test]
async fn one_that_must_happen_once_and_failed_is_for_a_person() {
    let bed = Bed::get();
    let release = Release::new(&bed);
    release.plan(&step(&release, "up", "echo half done; exit 1", ""));
    let said = release.operator.does(&["run", "switch.yaml"]).await.with(4);
    said.has("may have done a part of its work").has("half done").has("--as not-done");
    release.operator.resumes(&[]).await.with(4);
    assert_eq!(release.operator.count("task_started", "up"), 1);
    let run = release.operator.last_run();
    release.operator.does(&["settle", &run, "up", "--attempt", "1", "--as", "done"]).await.with(0);
    release.operator.resumes(&[]).await.with(0);
}

#[tokio::test]
async fn a_job_that_outlives_houseplan_is_found_by_its_uid() {
    let bed = Bed::get();
    let release = Release::new(&bed);
    release.plan(&step(&release, "up", "echo in >> /shared/log; sleep 5; echo out >> /shared/log", ""));
    let running = release.operator.begin(&["run", "switch.yaml"]);
    release.wait_for("in");
    running.killed().await;
    let uid = release.namespace.kubectl(&["get", "job", "migrate", "-o=jsonpath={.metadata.uid}"]);
    release.operator.resumes(&[]).await.with(0);
    assert_eq!(release.written(), "in out");
    let journal = std::fs::read_to_string(release.operator.journal_file(&release.operator.last_run())).unwrap();
    assert!(journal.matches(&uid).count() >= 2, "{journal}");
}

/// Another one of the same name has come: it is not ours, and neither followed nor deleted.
#[tokio::test]
async fn a_job_that_is_gone_is_told_from_another_one_of_its_name() {
    let bed = Bed::get();
    let release = Release::new(&bed);
    release.plan(&step(&release, "up", "echo in >> /shared/log; sleep 60", ""));
    let running = release.operator.begin(&["run", "switch.yaml"]);
    release.wait_for("in");
    running.killed().await;
    release.namespace.kubectl(&["delete", "job", "migrate"]);
    release.namespace.job("migrate", "sleep 60");
    let said = release.operator.resumes(&[]).await.with(4);
    said.has("the Job `migrate` (uid ").has("is gone").has("somebody has deleted it");
    assert_eq!(jobs(&release), "migrate");
    assert_eq!(release.operator.count("task_started", "up"), 1);
}

/// Its template's time to live is a second, and houseplan is dead when it ends: it stays until its end is on record.
#[tokio::test]
async fn a_job_does_not_go_away_before_its_end_is_on_record() {
    let bed = Bed::get();
    let release = Release::new(&bed);
    let script = "echo in >> /shared/log; sleep 3; echo out >> /shared/log";
    release.plan(&step(&release, "up", script, ", delete: never"));
    let running = release.operator.begin(&["run", "switch.yaml"]);
    release.wait_for("in");
    running.killed().await;
    release.wait_for("out");
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert_eq!(jobs(&release), "migrate");
    release.operator.resumes(&[]).await.with(0);
    assert_eq!(release.written(), "in out");
    wait_until("its time to live is over", || jobs(&release).is_empty());
}

#[tokio::test]
async fn a_job_that_somebody_has_deleted_is_made_anew_where_that_is_harmless() {
    let bed = Bed::get();
    let release = Release::new(&bed);
    let script = "echo in >> /shared/log; sleep 3; echo out >> /shared/log";
    release.plan(&step(&release, "up", script, ", effect: idempotent"));
    let running = release.operator.begin(&["run", "switch.yaml"]);
    release.wait_for("in");
    running.killed().await;
    release.wait_for("out");
    release.namespace.kubectl(&["delete", "job", "migrate"]);
    release.operator.resumes(&[]).await.with(0);
    assert_eq!(release.written(), "in out in out");
    assert_eq!(release.operator.count("task_started", "up"), 2);
}

#[tokio::test]
async fn a_job_of_the_name_that_is_not_ours_is_refused_and_left() {
    let bed = Bed::get();
    let release = Release::new(&bed);
    release.namespace.job("migrate", "sleep 600");
    let uid = || release.namespace.kubectl(&["get", "job", "migrate", "-o=jsonpath={.metadata.uid}"]);
    let before = uid();
    release.plan(&step(&release, "up", "true", ""));
    let said = release.operator.does(&["run", "switch.yaml"]).await.with(1);
    said.has("houseplan::job::not_ours").has("this task has not made it");
    assert_eq!(uid(), before);
}

/// The migrations before the upgrade: the hook with the release's values and others over them, and no hook any more.
#[tokio::test]
async fn a_charts_hook_runs_as_a_job_before_any_upgrade() {
    let bed = Bed::get();
    let release = Release::installed(&bed, "echo $NOTE >> /shared/log");
    let hook = |name: &str| {
        format!(
            "  up:
    job:
      on: kubernetes
      name: migrate
      from_hook: {{ hook: {name}, release: app, chart: {CHART}, previous_values: reuse, set: {{ note: of-the-job }} }}"
        )
    };
    release.plan(&hook("app-migration"));
    let said = release.operator.does(&["run", "switch.yaml"]).await.with(1);
    said.has("renders no hook `app-migration`").has("the Jobs `app-migrations`");
    release.operator.does(&["abandon", &release.operator.last_run()]).await.with(0);
    release.plan(&hook("app-migrations"));
    release.operator.does(&["run", "switch.yaml"]).await.with(0);
    assert_eq!(release.written(), "of-the-job");
    assert_eq!((release.newest().0, release.note().as_str()), (1, "first"));
}
