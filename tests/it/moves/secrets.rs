//! Secrets reach the servers, and nothing that people look at or keep.

use std::{collections::BTreeSet, fs, path::Path};

use super::{SLOW_BACKUP, Scene};
use crate::support::operator::{MOVE, Operator};

fn found_in(folder: &Path, secrets: &[String], places: &mut Vec<String>) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files += found_in(&path, secrets, places);
        } else {
            files += 1;
            let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
            places.extend(secrets.iter().filter(|secret| text.contains(*secret)).map(|_| path.display().to_string()));
        }
    }
    files
}

/// Command lines of all processes, and the environments of those that we may read.
fn processes() -> String {
    let mut all = String::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        for file in ["cmdline", "environ"] {
            // A process may end while it is looked at.
            all.push_str(&String::from_utf8_lossy(&fs::read(entry.path().join(file)).unwrap_or_default()));
            all.push('\n');
        }
    }
    all
}

#[tokio::test]
async fn they_are_in_no_file_no_output_and_no_process_list() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let layout = sandbox.layout();
    let secrets = [layout.password_file(), layout.secret_access_key_file()]
        .map(|file| fs::read_to_string(file).expect("a secret").trim().to_owned());
    assert!(secrets.iter().all(|secret| secret.len() >= 16));
    let shown = |text: &str| secrets.iter().any(|secret| text.contains(secret.as_str()));
    // A process that prints what it should not: the environment names one that knows the secret's file.
    let prints = format!(
        "up: {{ exec: {{ on: local, command: [sh, -c, \"cat {}; echo; sleep 0.5\"] }} }}",
        layout.password_file()
    );
    let leaks = operator.environment_line("leaks", "up: { exec:", &prints);

    let plan = operator.plan(MOVE, &[SLOW_BACKUP]);
    let rendered =
        operator.does(&["render", &plan, "--env", &leaks, "--set", "database=langsmith", "--check"]).await.with(0);
    assert!(!shown(&rendered.stdout) && !shown(&rendered.stderr));
    let mut running = operator.begin(&Operator::run_arguments(&plan, &leaks, &["--output", "json"]));
    let mut seen = BTreeSet::new();
    let mut told = false;
    while running.works() {
        let now = processes();
        if !running.works() {
            break;
        }
        assert!(now.contains("standalone-to-replicated"), "the run is among them");
        if shown(&now) {
            seen.insert(now.split('\n').filter(|line| shown(line)).collect::<Vec<_>>().join("\n"));
        }
        if !told && operator.count("task_started", "migrate/up") > 0 {
            told = true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let said = running.ends().await.with(3);
    assert!(seen.is_empty(), "{seen:?}");
    assert!(told && said.stdout.contains("migrate/up"));
    assert!(!shown(&said.stdout) && !shown(&said.stderr), "{}", said.stdout);
    let run = operator.last_run();
    for command in [&["status", &run][..], &["report", &run], &["status", &run, "--output", "json"], &["abandon", &run]]
    {
        let said = operator.does(command).await;
        assert!(!shown(&said.stdout) && !shown(&said.stderr), "{command:?}");
    }
    let mut places = Vec::new();
    assert!(found_in(operator.state().as_std_path(), &secrets, &mut places) >= 4);
    assert!(places.is_empty(), "{places:?}");
    let journal = fs::read_to_string(operator.journal_file(&run)).expect("the journal");
    assert!(
        journal.contains("[secret]") || journal.contains("[HIDDEN]"),
        "what the process printed is kept without it"
    );
}

#[tokio::test]
async fn what_is_made_of_one_is_no_argument_and_what_is_left_of_one_is_nothing_to_act_on() {
    let operator = Operator::alone();
    let inputs = operator.write("inputs.yaml", "pw: hunter2hunter2\n");
    let plan = |name: &str, steps: &str| {
        operator.write(
            &format!("{name}.yaml"),
            &format!(
                "apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: {name} }}\ninputs: {{ pw: {{ type: secret }} }}\nsteps:\n{steps}"
            ),
        )
    };
    let derived = plan("derived", "  a: { exec: { on: local, command: [echo, '{{ inputs.pw | upper }}'] } }\n");
    let said = operator.does(&["run", &derived, "--inputs", &inputs]).await.with(1);
    assert!(!said.words().contains("HUNTER2") && said.words().contains("argument 1"), "{}", said.words());

    let speaks = "  a: { exec: { on: local, command: [sh, -c, 'echo $PW'], env: { PW: '{{ inputs.pw }}' }, effect: idempotent } }\n";
    operator.does(&["run", &plan("unread", speaks), "--inputs", &inputs]).await.with(0);
    let reads =
        format!("{speaks}  b: {{ needs: [a], exec: {{ on: local, command: [echo, '{{{{ steps.a.stdout }}}}'] }} }}\n");
    let said = operator.does(&["run", &plan("reads", &reads), "--inputs", &inputs]).await.with(1);
    assert!(said.words().contains("another step reads that"), "{}", said.words());
    assert_eq!(operator.count("task_started", "b"), 0);
}

/// Reads a store from here, and a server.
const READS: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: reads }
targets: { source: { kind: clickhouse }, store: { kind: s3 } }
steps:
  asks: { sql: { on: source, query: SELECT 1, effect: read } }
  puts: { s3: { on: store, probe: \"secrets/{{ run.id }}\" } }
";

#[tokio::test]
async fn a_secret_that_no_header_can_hold_is_refused_before_anything_is_begun() {
    let scene = Scene::small().await;
    let (layout, operator) = (scene.sandbox.layout(), &scene.operator);
    let files = [layout.password_file(), layout.access_key_id_file(), layout.secret_access_key_file()];
    let plan = operator.write("reads.yaml", READS);
    for (file, ending, says) in [
        (&files[0], "\n\n", "ends with a line end"),
        (&files[1], "\n\n", "ends with a line end"),
        (&files[2], " \n", "starts or ends with a blank"),
        (&files[1], "\u{1}\n", "holds a control character"),
    ] {
        let secret = fs::read_to_string(file).expect("a secret").trim().to_owned();
        let wrong = operator.write("wrong", &format!("{secret}{ending}"));
        let source = format!("{{ file: \"{wrong}\" }}");
        let environment = operator.environment("wrong", &[(&format!("{{ file: \"{file}\" }}"), &source)]);
        let said = operator.does(&["run", &plan, "--env", &environment]).await.with(2);
        let said = said.has("houseplan::environment::invalid").has(says).has(&format!("the file {wrong}"));
        said.has_not(&secret).has_not("panicked");
        assert!(operator.all_runs().is_empty(), "nothing was begun");
    }
}
