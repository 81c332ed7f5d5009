//! Runs written by hand: a plan in outline, and what happened to it, second by second.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    account::{
        Account, Record,
        ending::{Becomes, FinallyStep},
        outline::{Comparison, Kind, Outline, OutlineStep},
    },
    engine::event::{Event, Outcome, RunCreated, SuspendReason, TaskSeed, Verdict},
    failure::{Failure, Refusal, ServerError},
    name::{Name, StepId, TaskId},
    plan::actions::Aspect,
};

pub const RUN: &str = "2026-11-22_143000-k7q2";

/// What happened so far, and when it is.
pub struct Fixture {
    pub outline: Outline,
    pub records: Vec<Record>,
    now: Timestamp,
}

pub fn start() -> Timestamp {
    "2026-11-22T14:30:00Z".parse().expect("a timestamp")
}

pub fn step(id: &str) -> StepId {
    StepId::new(id)
}

fn kind(kind: Kind) -> OutlineStep {
    let changes = matches!(kind, Kind::Sql | Kind::Backup | Kind::Restore | Kind::Exec | Kind::Keeper);
    OutlineStep { kind, changes, ..OutlineStep::default() }
}

fn compare(left: &str, by: &[Aspect]) -> OutlineStep {
    let comparison = Comparison { left: Some(step(left)), right: "cluster".into(), by: by.to_vec() };
    OutlineStep { comparison: Some(comparison), ..kind(Kind::Compare) }
}

/// The move, as design.md has it.
pub fn move_outline() -> Outline {
    let start = |id: &str| Some(step(id));
    let steps = [
        ("probe", kind(Kind::S3)),
        ("preflight", kind(Kind::Check)),
        ("look_at_cluster", kind(Kind::Inventory)),
        ("allow_drop", kind(Kind::Approve)),
        ("stop_writers/begin", kind(Kind::IncludeStart)),
        ("stop_writers", OutlineStep { enclosing: start("stop_writers/begin"), ..kind(Kind::IncludeEnd) }),
        ("inventory", kind(Kind::Inventory)),
        ("backup", kind(Kind::Backup)),
        ("clean", OutlineStep { destroys: true, ..kind(Kind::Sql) }),
        ("migrate/begin", OutlineStep { irreversible: true, needs_complete_backup: true, ..kind(Kind::IncludeStart) }),
        ("migrate/up", OutlineStep { irreversible: true, enclosing: start("migrate/begin"), ..kind(Kind::Exec) }),
        ("migrate", OutlineStep { irreversible: true, enclosing: start("migrate/begin"), ..kind(Kind::IncludeEnd) }),
        ("restore", kind(Kind::Restore)),
        ("verify", compare("inventory", &[Aspect::Columns, Aspect::Rows, Aspect::Checksum])),
        ("start_merges", OutlineStep { finally: true, ..kind(Kind::Sql) }),
        ("start_writers/begin", OutlineStep { finally: true, ..kind(Kind::IncludeStart) }),
        (
            "start_writers",
            OutlineStep { finally: true, enclosing: start("start_writers/begin"), ..kind(Kind::IncludeEnd) },
        ),
    ];
    Outline { steps: steps.into_iter().map(|(id, it)| (step(id), it)).collect() }
}

pub const TABLES: &[(&str, u64, u64, &str)] = &[
    ("runs", 1_000_000, 233 << 20, "9f3c61d0ab42e0a1"),
    ("feedbacks_rmt", 120_000, 24 << 20, "03d7c2119e0f415e"),
    ("runs_tags", 90_551, 48 << 20, "77aa01bc5512ff09"),
    ("feedbacks", 30_000, 13 << 20, "c0ffee0011223344"),
];

/// An inventory's output with these tables.
pub fn inventory(tables: &[(&str, u64, u64, &str)]) -> Value {
    let tables: Vec<Value> = tables
        .iter()
        .map(|(name, rows, bytes, checksum)| {
            json!({
                "name": name, "kind": "table", "engine": "MergeTree", "columns": [], "rows": rows, "checksum": checksum,
                "bytes": bytes, "zookeeper_path": null, "copies": {},
            })
        })
        .collect();
    json!({
        "target": "source", "members": { "source": 1 }, "database": "default", "database_engine": "Atomic", "except": [],
        "checksum": true, "taken": "2026-11-22T14:30:00Z", "tables": tables, "zookeeper_paths": [], "notes": [],
    })
}

/// A comparison's rows: equal, but for those in `differ`.
pub fn compared(tables: &[&str], members: &[&str], differ: &[(&str, &str, &str)]) -> Value {
    let mut rows = Vec::new();
    for member in members {
        for table in tables {
            let found = differ.iter().find(|it| (it.0, it.1) == (*table, *member));
            let differences: Vec<&str> = found.iter().map(|it| it.2).collect();
            let equal = found.is_none();
            let same_by = equal.then(|| if *table == "runs" { "rows" } else { "parts" });
            let said = json!({ "equal": equal, "differences": differences, "same_by": same_by });
            rows.push(compared_row(member, Some(table), said));
        }
    }
    comparison(&rows)
}

/// A comparison's output.
pub fn comparison(rows: &[Value]) -> Value {
    json!({ "rows": rows, "summary": "compared" })
}

/// A row of a comparison: equal, but for what is said.
pub fn compared_row(member: &str, table: Option<&str>, said: Value) -> Value {
    let mut row = json!({
        "member": member, "table": table, "equal": true, "replicated": true, "missing": false, "extra": false,
        "engine": "MergeTree", "differences": [], "left_rows": null, "right_rows": null, "left_checksum": null,
        "right_checksum": null, "bytes": null, "by_final": false,
    });
    row.as_object_mut().expect("an object").extend(said.as_object().expect("an object").clone());
    row
}

pub fn names() -> Vec<&'static str> {
    TABLES.iter().map(|table| table.0).collect()
}

pub fn failure() -> Failure {
    Failure {
        server: Some(ServerError {
            code: 608,
            name: "CANNOT_RESTORE_TABLE".to_owned(),
            message: "Cannot restore the table default.runs because it already contains some data.".to_owned(),
            version: Some("26.9.1.1".to_owned()),
        }),
        member: Some("replica1".into()),
        ..Failure::new("houseplan::restore::table_not_empty", "the table default.runs is not empty")
            .with_cause("rows were written to the new cluster after it was found empty (41 rows since 14:31:07)")
            .with_help("stop what writes there, `TRUNCATE TABLE default.runs` on replica1, then `houseplan resume`.\nDo not set allow_non_empty_tables: it would double what is restored on a repeat.")
    }
}

pub fn connection_lost() -> Failure {
    Failure { temporary: true, ..Failure::new("houseplan::connect::lost", "the connection to replica1 was lost") }
}

pub fn refusal() -> Refusal {
    let cells = |row: [&str; 3]| row.map(str::to_owned).to_vec();
    Refusal {
        check: "every table is there, replicated, with the same columns".to_owned(),
        phase: "postcondition".to_owned(),
        expected: "row.equal and row.replicated".to_owned(),
        found: vec![
            cells(["replica1", "runs", "MergeTree, not replicated"]),
            cells(["replica2", "runs", "missing"]),
            cells(["replica2", "feedbacks_rmt", "missing"]),
        ],
        otherwise: Some(
            "Data restored before the migrations have run ends in tables that are not replicated.".to_owned(),
        ),
        waited: None,
    }
}

impl Fixture {
    pub fn new(plan: &str, outline: Outline) -> Self {
        let mut fixture = Self { outline, records: Vec::new(), now: start() };
        fixture.push(Event::RunCreated(RunCreated {
            format: 1,
            run: RUN.to_owned(),
            houseplan: "0.1.0".to_owned(),
            plan: plan.to_owned(),
            plan_version: Some("1.0.0".to_owned()),
            environment: "sandbox".to_owned(),
            digest: "sha256:1f0c77".to_owned(),
            started: start(),
            by: "ada".to_owned(),
            directory: "/home/ada".to_owned(),
            under: None,
            named_files: Default::default(),
            targets: IndexMap::new(),
            inputs: IndexMap::from([(Name::from("database"), json!("default"))]),
            secret_inputs: Vec::new(),
        }));
        fixture.resumed(8123);
        for (target, member) in [("source", "source"), ("cluster", "replica1"), ("cluster", "replica2")] {
            let identity = json!({ "address": "127.0.0.1:21010", "version": "26.9.1.1" });
            fixture.push(Event::MemberPinned { target: target.into(), member: member.into(), identity });
        }
        fixture
    }

    pub fn push(&mut self, event: Event) {
        let n = self.records.len() as u64 + 1;
        self.records.push(Record { n, at: self.now, event });
    }

    pub fn after(&mut self, milliseconds: i64) -> &mut Self {
        self.now += SignedDuration::from_millis(milliseconds);
        self
    }

    pub fn resumed(&mut self, process: u32) {
        self.push(Event::RunResumed { process, host: "ops-laptop".to_owned(), user: "ada".to_owned() });
    }

    pub fn begin(&mut self, id: &str, tasks: Vec<TaskSeed>) {
        let step = step(id);
        self.push(Event::StepEntered { step: step.clone() });
        self.push(Event::StepExpanded { step: step.clone(), tasks });
        self.push(Event::StepAdmitted { step });
    }

    pub fn started(&mut self, task: &str, attempt: u32) {
        self.push(Event::TaskStarted { task: TaskId(task.into()), attempt });
    }

    pub fn acted(&mut self, task: &str, attempt: u32) {
        self.push(Event::TaskActed { task: TaskId(task.into()), attempt, output: Value::Null });
        self.push(Event::TaskSucceeded { task: TaskId(task.into()) });
    }

    pub fn failed(&mut self, task: &str, attempt: u32, failure: Failure, again: Option<i64>) {
        let retry_at = again.map(|seconds| self.now + SignedDuration::from_secs(seconds));
        self.push(Event::TaskFailed { task: TaskId(task.into()), attempt, failure, retry_at });
    }

    pub fn settled(&mut self, task: &str, attempt: u32, verdict: Verdict) {
        self.push(Event::SettlementBegun { task: TaskId(task.into()), attempt });
        self.after(900).push(Event::TaskSettled {
            task: TaskId(task.into()),
            attempt,
            verdict,
            by: "houseplan".to_owned(),
            retry_at: None,
        });
    }

    pub fn succeeded(&mut self, id: &str, summary: Option<&str>, outputs: Value) {
        let outputs = outputs.as_object().into_iter().flatten();
        self.push(Event::StepSucceeded {
            step: step(id),
            outputs: outputs.map(|(name, value)| (Name::from(name.as_str()), value.clone())).collect(),
            summary: summary.map(str::to_owned),
        });
    }

    /// A step of one task, from its beginning to its end.
    pub fn whole(&mut self, id: &str, milliseconds: i64, summary: &str, outputs: Value) {
        self.begin(id, vec![seed(id, None, None)]);
        self.started(id, 1);
        let output = outputs.clone();
        self.after(milliseconds).push(Event::TaskActed { task: TaskId(id.into()), attempt: 1, output });
        self.push(Event::TaskSucceeded { task: TaskId(id.into()) });
        self.succeeded(id, Some(summary), outputs);
    }

    /// A step without tasks of its own: an opening or a closing.
    pub fn gate(&mut self, id: &str) {
        self.begin(id, Vec::new());
        self.succeeded(id, None, Value::Null);
    }

    pub fn suspended(&mut self, reason: SuspendReason) {
        self.push(Event::RunSuspended { reason });
    }

    pub fn ended(&mut self, outcome: Outcome) {
        self.push(Event::RunEnded { outcome });
    }

    pub fn account(&self) -> Account {
        let runs = |step: &StepId| {
            let by_hand = vec![format!("local: make {step}")];
            FinallyStep { step: step.clone(), becomes: Becomes::Runs, by_hand }
        };
        let finally = self.outline.finally().map(runs).collect();
        Account { finally, ..Account::replay(self.outline.clone(), &self.records) }
    }
}

/// `clean[replica1]`, `restore[runs@replica1]`, `probe`.
pub fn seed(id: &str, item: Option<&str>, member: Option<&str>) -> TaskSeed {
    TaskSeed {
        id: TaskId::new(&step(id), item, member),
        target: member.map(|_| "cluster".into()),
        member: member.map(Name::from),
        item: item.map(|item| json!(item)),
    }
}

/// The move up to and without `migrate`.
pub fn until_migrate() -> Fixture {
    let mut fixture = Fixture::new("standalone-to-replicated", move_outline());
    fixture.whole("probe", 400, "store reached by source, replica1, replica2", Value::Null);
    fixture.whole("preflight", 300, "5 checks hold", Value::Null);
    fixture.whole("look_at_cluster", 200, "no tables", inventory(&[]));
    let reason = "`steps.look_at_cluster.tables` is empty".to_owned();
    fixture.push(Event::StepSkipped { step: step("allow_drop"), reason });
    fixture.gate("stop_writers/begin");
    fixture.gate("stop_writers");
    fixture.whole("inventory", 1_100, "4 tables, 1,240,551 rows, 318 MiB", inventory(TABLES));
    let backup = json!({ "store": "store", "path": format!("clickhouse-backup/{RUN}"), "url": "http://s3/b", "id": format!("{RUN}/backup/1"), "num_files": 96, "total_size": 318 << 20 });
    fixture.whole("backup", 2_900, &format!("clickhouse-backup/{RUN}, 318 MiB"), backup);
    fixture.begin("clean", vec![seed("clean", None, Some("replica1")), seed("clean", None, Some("replica2"))]);
    fixture.started("clean[replica1]", 1);
    fixture.started("clean[replica2]", 1);
    fixture.after(500).acted("clean[replica1]", 1);
    fixture.after(100).acted("clean[replica2]", 1);
    fixture.succeeded("clean", Some("replica1, replica2"), Value::Null);
    fixture
}

/// …and with it.
pub fn until_restore() -> Fixture {
    let mut fixture = until_migrate();
    fixture.gate("migrate/begin");
    fixture.whole("migrate/up", 2_800, "houseplan sandbox migrate, exit code 0", Value::Null);
    fixture.begin("migrate", Vec::new());
    fixture.push(Event::PostconditionsBegun { step: step("migrate") });
    fixture.after(400).succeeded("migrate", Some("4 of 4 tables there, replicated, same columns"), Value::Null);
    fixture
}

/// …and in the midst of the restore: two tables are at work, two wait.
pub fn in_restore() -> Fixture {
    let mut fixture = until_restore();
    let seeds = TABLES.iter().map(|table| seed("restore", Some(table.0), Some("replica1"))).collect();
    fixture.begin("restore", seeds);
    fixture.started("restore[runs@replica1]", 1);
    fixture.started("restore[feedbacks_rmt@replica1]", 1);
    fixture.after(4_000);
    fixture
}

/// The whole move.
pub fn whole_move() -> Fixture {
    let mut fixture = in_restore();
    for (table, ..) in TABLES {
        let task = format!("restore[{table}@replica1]");
        if !matches!(*table, "runs" | "feedbacks_rmt") {
            fixture.started(&task, 1);
        }
        fixture.after(3_000).acted(&task, 1);
    }
    fixture.succeeded("restore", Some("4 tables, 318 MiB"), Value::Null);
    let rows = compared(&names(), &["replica1", "replica2"], &[]);
    fixture.whole("verify", 2_000, "4 tables are the same on 2 members: 3 by their parts, 1 by its rows", rows);
    fixture.push(Event::FinallyBegun);
    fixture.whole("start_merges", 300, "source, replica1, replica2", Value::Null);
    fixture.gate("start_writers/begin");
    fixture.gate("start_writers");
    fixture.ended(Outcome::Succeeded);
    fixture
}

/// A refusal that was waited for.
pub fn waited(seconds: u64) -> Refusal {
    Refusal { waited: Some(Duration::from_secs(seconds)), phase: "precondition".to_owned(), ..refusal() }
}
