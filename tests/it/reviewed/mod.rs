//! What is reviewed is what is sent: plans through the binary, with somebody before every server who writes down each statement,
//! and each statement held against what `render` shows.

mod forms;
mod line;
mod sent;
mod shipped;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
};

use houseplan::sandbox::ServerName;
use serde_json::Value;

use crate::support::{
    operator::Operator,
    recorder::{Record, Recorder},
    sandbox_lease::SandboxLease,
};
use line::{Line, To, World};
use sent::Sent;

const MEMBERS: [&str; 3] = ["source", "replica1", "replica2"];

/// A sandbox behind recorders, and an operator who knows it by them.
struct Reviewer {
    sandbox: SandboxLease,
    operator: Operator,
    environment: String,
    world: World,
    record: Record,
    _recorders: Vec<Recorder>,
    /// Of each plan, which of its lines were sent in one drive or another.
    seen: BTreeMap<String, Seen>,
}

#[derive(Default)]
struct Seen {
    lines: Vec<Line>,
    sent: BTreeSet<usize>,
}

/// One run of a plan, as an operator drives it.
struct Drive<'a> {
    plan: &'a str,
    /// Beside the environment.
    arguments: &'a [&'a str],
    /// The step that waits for an approval.
    approve: Option<&'a str>,
    /// The exit code in the end; where it is not 0 the run is abandoned.
    ends: i32,
}

impl Reviewer {
    async fn new() -> Self {
        let sandbox = SandboxLease::acquire().await;
        let operator = Operator::new(&sandbox);
        let record = Record::default();
        let servers = [ServerName::Source, ServerName::Replica(1), ServerName::Replica(2)];
        let (mut recorders, mut changes) = (Vec::new(), Vec::new());
        for (member, server) in MEMBERS.into_iter().zip(servers) {
            let port = sandbox.ports().http(server);
            let recorder = Recorder::before(member, port, &record).await;
            let url = |port: u16| format!("url: \"http://127.0.0.1:{port}\"");
            changes.push((url(port), url(recorder.port)));
            recorders.push(recorder);
        }
        changes.extend(commands_through_a_script(&sandbox, &operator));
        let changes: Vec<(&str, &str)> = changes.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        let environment = operator.environment("reviewed", &changes);
        let world = world(&sandbox).await;
        Self { sandbox, operator, environment, world, record, _recorders: recorders, seen: BTreeMap::new() }
    }

    /// Runs a plan to its end, and holds what was sent against what was shown before.
    async fn drives(&mut self, drive: Drive<'_>) {
        let _ = fs::remove_file(self.operator.path("commands"));
        let common = [&[drive.plan, "--env", &self.environment][..], drive.arguments].concat();
        let rendered = self.operator.does(&[&["render"], &common[..], &["--format", "json"]].concat()).await.with(0);
        let rendered: Value = serde_json::from_str(&rendered.stdout).expect("JSON");
        assert!(self.record.take().is_empty(), "what is rendered asks no server");

        let mut said = self.operator.does(&[&["run"], &common[..]].concat()).await;
        let run = self.operator.last_run();
        if let Some(step) = drive.approve {
            said.with(4);
            self.operator.does(&["approve", &run, step]).await.with(0);
            said = self.operator.resumes(&[]).await;
        }
        said.with(drive.ends);
        if drive.ends != 0 {
            self.operator.does(&["abandon", &run]).await.with(0);
        }
        self.holds(&drive, &rendered, &run);
    }

    fn holds(&mut self, drive: &Drive<'_>, rendered: &Value, run: &str) {
        let lines = Line::all(rendered);
        let mut reached: BTreeMap<usize, BTreeSet<(Option<String>, String)>> = BTreeMap::new();
        for heard in self.record.take() {
            let Some(sent) = Sent::new(&heard, run, &MEMBERS) else { continue };
            let of_step: Vec<&Line> = lines.iter().filter(|line| line.is_of(&sent.step)).collect();
            let differences = of_step.iter().map(|line| (line, line.differs(&sent, &self.world)));
            let (same, other): (Vec<_>, Vec<_>) = differences.partition(|(_, difference)| difference.is_none());
            let other: String = other.into_iter().map(|(_, why)| format!("\n  {}", why.unwrap_or_default())).collect();
            assert!(!same.is_empty(), "{} has sent what is not shown:\n{sent:#?}\nshown is{other}", drive.plan);
            for (line, _) in same {
                reached.entry(line.number).or_default().insert((sent.item.clone(), sent.member.clone()));
            }
        }
        let started = self.started();
        for line in lines.iter().filter(|line| !line.of_check && started.contains(&line.step)) {
            self.reaches(line, reached.get(&line.number).unwrap_or(&BTreeSet::new()));
        }
        self.commands(rendered, &started);
        let seen = self.seen.entry(drive.plan.to_owned()).or_default();
        assert!(seen.lines.is_empty() || seen.lines.len() == lines.len(), "{}: lines cannot be told apart", drive.plan);
        seen.lines = lines;
        seen.sent.extend(reached.into_keys());
    }

    /// That a line of a step that ran was sent to whom it says.
    fn reaches(&self, line: &Line, reached: &BTreeSet<(Option<String>, String)>) {
        let members: BTreeSet<&str> = reached.iter().map(|(_, member)| member.as_str()).collect();
        let items: BTreeSet<&Option<String>> = reached.iter().map(|(item, _)| item).collect();
        match line.to {
            To::Every => {
                assert!(line.members.iter().all(|it| members.contains(it.as_str())), "only to {members:?}: {line:#?}");
            }
            To::One => assert!(
                !items.is_empty() && reached.len() == items.len(),
                "each to one replica, and was sent so: {reached:?}: {line:#?}"
            ),
            To::FirstThatDoes => {}
        }
    }

    /// The steps of the last run of which a task was started.
    fn started(&self) -> BTreeSet<String> {
        let events = self.operator.events();
        let tasks = events.iter().filter(|record| record["event"] == "task_started");
        tasks.filter_map(|record| Some(record["task"].as_str()?.split('[').next()?.to_owned())).collect()
    }

    /// Commands are what is shown, and what is shown of a step that ran was run.
    fn commands(&self, rendered: &Value, started: &BTreeSet<String>) {
        let steps = rendered["steps"].as_array().into_iter().flatten();
        let steps = steps.filter(|step| step["id"].as_str().is_some_and(|id| started.contains(id)));
        let does = steps.flat_map(|step| step["does"].as_array().into_iter().flatten());
        let shown: Vec<&str> = does.filter(|it| it["kind"] == "command").filter_map(|it| it["text"].as_str()).collect();
        let run = fs::read_to_string(self.operator.path("commands")).unwrap_or_default();
        assert_eq!(run.lines().collect::<Vec<_>>(), shown);
    }

    /// That each line which may write was sent in one of the drives of its plan.
    #[track_caller]
    fn has_seen_every_line_that_may_write(&self) {
        for (plan, seen) in &self.seen {
            let missing: Vec<&Line> = seen
                .lines
                .iter()
                .filter(|line| line.may_write() && !line.of_check && !seen.sent.contains(&line.number))
                .collect();
            assert!(missing.is_empty(), "{plan} has never sent {missing:#?}");
        }
    }
}

/// The environment's commands begin with a script that writes down how it was called, and goes on as the program itself. The
/// source is kept, so that what is left to do on it is sent.
fn commands_through_a_script(sandbox: &SandboxLease, operator: &Operator) -> Vec<(String, String)> {
    let environment = fs::read_to_string(sandbox.layout().environment_file()).expect("the sandbox's environment");
    let (_, rest) = environment.split_once("command: [").expect("a command");
    let (program, _) = rest.split_once(", sandbox, migrate").expect("the migrations");
    let path: String = serde_json::from_str(program).expect("a path");
    let written = operator.path("commands");
    let script = operator
        .write("migrations.sh", &format!("#!/bin/sh\nprintf '%s\\n' \"$0 $*\" >> '{written}'\nexec '{path}' \"$@\"\n"));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("its rights");
    let script = Value::from(script).to_string();
    let begins = |step: &str, program: &str, more: &str| {
        format!("{step}: {{ exec: {{ on: local, command: [{program}, sandbox, migrate,{more}")
    };
    let through = |(step, more)| (begins(step, program, ""), begins(step, &script, more));
    [("up", " --keep-source,"), ("make", ""), ("down", "")].map(through).to_vec()
}

async fn world(sandbox: &SandboxLease) -> World {
    let secret = |path| fs::read_to_string(path).expect("a secret of the sandbox").trim_end().to_owned();
    let retries = "SELECT arrayStringConcat(arraySort(groupArray(name)), ' ') FROM system.settings \
                   WHERE startsWith(name, 'backup_restore_s3_retry_') AND NOT changed";
    let of_source = sandbox.must("source", retries).await;
    for replica in ["replica1", "replica2"] {
        assert_eq!(sandbox.must(replica, retries).await, of_source, "{replica}");
    }
    World {
        key: secret(sandbox.layout().access_key_id_file()),
        secret: secret(sandbox.layout().secret_access_key_file()),
        retries: of_source.split(' ').map(str::to_owned).collect(),
    }
}
