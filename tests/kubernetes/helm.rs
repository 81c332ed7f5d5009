//! The action `helm`: upgrades, those that are killed, and those that are refused.

use crate::support::{
    bed::Bed,
    release::{CHART, Release},
};

/// A hook that says when it works.
const SLOW: &str = "echo in >> /shared/log; sleep 6; echo out >> /shared/log";

#[tokio::test]
async fn an_upgrade_gives_the_revision_and_hands_secrets_on_unseen() {
    let bed = Bed::get();
    let release = Release::installed(&bed, "echo $NOTE >> /shared/log");
    let operator = &release.operator;
    let secret = operator.write("secret.yaml", "password: hunter2-of-ours");
    operator.write("more.yaml", "note: of a file");
    let steps = format!(
        "  up:
    helm:
      on: kubernetes
      upgrade: app
      chart: {CHART}
      previous_values: reuse
      values: [more.yaml]
      set: {{ password: '{{{{ inputs.password }}}}', replicas: 1 }}
      wait: true
      timeout: 2m
      description: by a plan
  later: {{ needs: [up], exec: {{ on: local, command: [echo, '{{{{ steps.up.status }}}} {{{{ steps.up.revision }}}} {{{{ steps.up.before.revision }}}}'] }} }}"
    );
    release.plan_with("{ password: { type: secret } }", &steps);
    let rendered =
        operator.does(&["render", "switch.yaml", "--env", "environment.yaml", "--inputs", &secret]).await.with(0);
    let rendered = rendered
        .has("helm upgrade app")
        .has("--reuse-values")
        .has("[secret inputs.password]")
        .has("in the digest: more.yaml");
    let rendered = rendered.has(&format!("namespace {}", release.namespace.name));
    rendered.has_not("hunter2");
    let checked = ["render", "switch.yaml", "--env", "environment.yaml", "--inputs", &secret, "--check"];
    let checked = operator.does(&checked).await.with(0).has_not("hunter2").has("is deployed at revision 1");
    checked.has("changes ConfigMap app").has("changes Deployment app");
    assert_eq!(release.newest(), (1, "deployed".to_owned()), "a dry run has left a revision");
    operator.does(&["run", "switch.yaml", "--inputs", &secret]).await.with(0).has_not("hunter2");
    assert_eq!(release.newest(), (2, "deployed".to_owned()));
    assert_eq!((release.note().as_str(), release.written().as_str()), ("of a file", "of a file"));
    let password = release.namespace.kubectl(&["get", "secret", "app", "-o=jsonpath={.data.password}"]);
    assert_eq!(password, "aHVudGVyMi1vZi1vdXJz");
    let journal = std::fs::read_to_string(operator.journal_file(&operator.last_run())).unwrap();
    assert!(journal.contains("deployed 2 1") && !journal.contains("hunter2"), "{journal}");
    let history = release.helm(&["history", "app"]).with(0);
    history.has("by a plan");
}

#[tokio::test]
async fn a_release_that_is_missing_is_installed_where_the_plan_says_so_and_refused_else() {
    let bed = Bed::get();
    let release = Release::new(&bed);
    release.operator.write("values.yaml", &release.values("true"));
    let step = |more: &str| {
        format!(
            "  up: {{ helm: {{ on: kubernetes, upgrade: app, chart: {CHART}, previous_values: reset, values: [values.yaml]{more} }} }}"
        )
    };
    release.plan(&step(""));
    release.operator.does(&["run", "switch.yaml"]).await.with(1).has("there is no release `app`");
    release.operator.does(&["abandon", &release.operator.last_run()]).await.with(0);
    release.plan(&step(", install: true"));
    release.operator.does(&["run", "switch.yaml"]).await.with(0);
    assert_eq!(release.newest(), (1, "deployed".to_owned()));
}

/// Its helm goes on, and is waited for: nothing is sent a second time.
#[tokio::test]
async fn houseplan_killed_in_mid_upgrade_finds_it_done() {
    let bed = Bed::get();
    let release = Release::installed(&bed, SLOW);
    release.upgrade("{ note: second }");
    let running = release.operator.begin(&["run", "switch.yaml"]);
    release.operator.sees("task_noted", "up").await;
    release.wait_for("in");
    running.killed().await;
    assert_eq!(release.newest(), (2, "pending-upgrade".to_owned()));
    release.operator.resumes(&[]).await.with(0);
    assert_eq!(release.newest(), (2, "deployed".to_owned()));
    assert_eq!((release.note().as_str(), release.written().as_str()), ("second", "in out"));
    assert_eq!(release.operator.count("task_started", "up"), 1);
}

/// Nobody rolls back: what is pending is taken away, once nothing of its hook is left, and the upgrade is sent again.
#[tokio::test]
async fn helm_killed_in_mid_upgrade_is_waited_out_and_sent_again_and_hooks_never_overlap() {
    let bed = Bed::get();
    let release = Release::installed(&bed, SLOW);
    release.upgrade("{ note: second }");
    let running = release.operator.begin(&["run", "switch.yaml"]);
    release.operator.sees("task_noted", "up").await;
    release.wait_for("in");
    release.kill_helm();
    let said = running.ends().await.with(1);
    said.has("helm was ended in the middle of the upgrade").has("revision 2 is pending-upgrade");
    assert_eq!(release.written(), "in out", "it has ended while the hook was at work");
    assert_eq!(release.note(), "first");
    release.operator.resumes(&[]).await.with(0);
    assert_eq!(release.newest(), (2, "deployed".to_owned()));
    assert_eq!((release.note().as_str(), release.written().as_str()), ("second", "in out in out"));
}

#[tokio::test]
async fn both_killed_at_once_are_settled_by_the_revision() {
    let bed = Bed::get();
    let release = Release::installed(&bed, SLOW);
    release.upgrade("{ note: second }");
    let running = release.operator.begin(&["run", "switch.yaml"]);
    release.operator.sees("task_noted", "up").await;
    release.wait_for("in");
    running.killed().await;
    release.kill_helm();
    release.operator.resumes(&[]).await.with(0);
    assert_eq!(release.newest(), (2, "deployed".to_owned()));
    assert_eq!((release.note().as_str(), release.written().as_str()), ("second", "in out in out"));
    assert_eq!(release.operator.count("task_started", "up"), 2);
}

#[tokio::test]
async fn a_release_that_another_ones_helm_has_left_pending_is_not_touched() {
    let bed = Bed::get();
    let release = Release::installed(&bed, SLOW);
    let mut other = release.helm_at_work(&["upgrade", "app", CHART, "--reuse-values"]);
    release.wait_for("in");
    other.kill().expect("a signal");
    other.wait().expect("its end");
    release.upgrade("{ note: second }");
    let said = release.operator.does(&["run", "switch.yaml"]).await.with(1);
    let said = said.has("its newest revision 2 is pending-upgrade").has("it was not begun by houseplan");
    said.has(&format!("kubectl -n {} delete secret sh.helm.release.v1.app.v2", release.namespace.name));
    assert_eq!((release.newest(), release.note().as_str()), ((2, "pending-upgrade".to_owned()), "first"));
}

/// Helm 4 applies on the server: who has scaled a Deployment owns its number.
#[tokio::test]
async fn a_field_that_somebody_else_owns_is_told_as_that() {
    let bed = Bed::get();
    let release = Release::installed(&bed, "true");
    let patch = ["patch", "deployment", "app", "--field-manager=somebody", "--patch={\"spec\":{\"replicas\":1}}"];
    release.namespace.kubectl(&patch);
    release.upgrade("{ replicas: 2 }");
    let said = release.operator.does(&["run", "switch.yaml"]).await.with(1);
    said.has("houseplan::helm::conflict").has(".spec.replicas").has("somebody");
    assert_eq!(release.newest(), (2, "failed".to_owned()));
    release.namespace.kubectl(&[
        "patch",
        "deployment",
        "app",
        "--field-manager=somebody",
        "--patch={\"spec\":{\"replicas\":2}}",
    ]);
    release.operator.resumes(&[]).await.with(0);
    assert_eq!(release.newest(), (3, "deployed".to_owned()));
}

/// Helm says no more than that the Job failed.
#[tokio::test]
async fn of_a_hook_that_failed_the_first_pods_words_are_shown() {
    let bed = Bed::get();
    let hook = "if [ -e /shared/log ]; then echo 'error: Dirty database version 3. Fix and force version.'; else \
                echo first >> /shared/log; echo the cause of it all; fi; exit 1";
    let release = Release::installed(&bed, hook);
    release.upgrade("{ note: second, backoffLimit: 1 }");
    let said = release.operator.does(&["run", "switch.yaml"]).await.with(1);
    said.has("the cause of it all").has_not("Dirty database version");
    assert_eq!((release.newest().1.as_str(), release.note().as_str()), ("failed", "first"));
}
