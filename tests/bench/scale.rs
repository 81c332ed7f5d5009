//! Large plans: from the document to the end of the schedule.

use std::{process::Command, sync::Arc, time::Duration};

use async_trait::async_trait;
use camino::Utf8Path;
use houseplan::{
    bundle::{Bundle, TargetNames},
    document::Limits,
    engine::{
        event::{Event, RunCreated, TaskSeed},
        performer::{Answer, CheckRun, Entered, Performer, Phase, Settlement, TaskContext, TaskRun},
        recorder::Recorder,
        scheduler::Scheduler,
        spec::RunSpec,
        state::State,
    },
    failure::Failure,
    journal::{FORMAT, Journal},
    name::{Name, TaskId},
    run::Documents,
};
use indexmap::IndexMap;
use serde_json::Value;

use super::{Bench, measured, seconds};

/// The first argument of this program where it is the process that schedules.
pub const SCHEDULE: &str = "schedule-a-plan";

const REPETITIONS: usize = 3;
const GIB: f64 = (1_u64 << 30) as f64;

pub fn measure(bench: &mut Bench) {
    let kinds = ["validate", "render", "schedule"];
    let mut small = [Duration::MAX; 3];
    let mut large = [Duration::MAX; 3];
    let mut peaks = [0; 3];
    // Chains of ten steps: neither all at once nor one after the other.
    let order = |step: usize| (!step.is_multiple_of(10)).then(|| step - 1);
    let plans = [bench.plan("small", 10_000, order), bench.plan("large", 100_000, order)];
    for _ in 0..REPETITIONS {
        for (plan, shortest) in plans.iter().zip([&mut small, &mut large]) {
            for ((kind, shortest), peak) in kinds.iter().zip(shortest.iter_mut()).zip(&mut peaks) {
                let (time, memory) = measured(&mut command(bench, kind, plan));
                eprintln!("  {kind} {}: {}, {} MiB", plan.display(), seconds(time), memory >> 20);
                *shortest = time.min(*shortest);
                *peak = memory.max(*peak);
            }
        }
    }
    for (index, kind) in kinds.iter().enumerate() {
        let ratio = large[index].as_secs_f64() / small[index].as_secs_f64();
        let gigabytes = peaks[index] as f64 / GIB;
        let against = format!("10,000: {}", seconds(small[index]));
        let (ours, what) = (seconds(large[index]), format!("{kind} 100,000 steps"));
        bench.line(&what, ours, against, format!("{ratio:.1}"), "≤ 11", ratio <= 11.0);
        let what = format!("{kind} 100,000 steps, peak memory");
        bench.line(&what, String::new(), String::new(), format!("{gigabytes:.2} GiB"), "≤ 1 GiB", gigabytes <= 1.0);
    }
}

fn command(bench: &Bench, kind: &str, plan: &std::path::Path) -> Command {
    let environment = bench.environment();
    if kind == "schedule" {
        let journal = bench.folder.join("schedule.jsonl");
        let _ = std::fs::remove_file(&journal);
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg(SCHEDULE).arg(plan).arg(environment).arg(journal);
        return command;
    }
    let mut command = bench.houseplan();
    command.arg(kind).arg(plan).arg("--env").arg(environment).args(["--max-nodes", "10000000"]);
    command
}

/// Loads a plan and drives it to its end through the scheduler, with a journal on disk; each task does nothing. In a process
/// of its own, so that its memory can be measured.
pub fn schedule(plan: &str, environment: &str, journal: &str) {
    let bundle =
        Bundle::load(plan, Some(Utf8Path::new(environment)), &TargetNames::new(), &Limits::with_nodes(10_000_000))
            .expect("a plan");
    let documents = Documents::new(bundle).expect("a valid plan");
    let spec = Arc::new(RunSpec::from_plan(&documents.plan, 8, |_| false).expect("an order"));
    let journal = Journal::create(Utf8Path::new(journal)).expect("a journal");
    let mut recorder = Recorder::new(State::new(Arc::clone(&spec)), journal);
    recorder.record([created()]).expect("the first record");
    let scheduler = Scheduler::new(recorder, Arc::new(Nothing(spec)), ());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (_open, interrupts) = tokio::sync::mpsc::unbounded_channel();
    let (ending, recorder) = runtime.block_on(scheduler.run(interrupts)).expect("the run");
    assert_eq!(recorder.state().left(), (0, 0), "{ending:?}");
}

fn created() -> Event {
    Event::RunCreated(RunCreated {
        format: FORMAT,
        run: "bench".to_owned(),
        houseplan: String::new(),
        plan: "large".to_owned(),
        plan_version: None,
        environment: "bench".to_owned(),
        digest: String::new(),
        started: jiff::Timestamp::now(),
        by: String::new(),
        directory: String::new(),
        under: None,
        named_files: Default::default(),
        targets: IndexMap::new(),
        inputs: IndexMap::new(),
        secret_inputs: Vec::new(),
    })
}

/// Has one task for each step, which does nothing.
struct Nothing(Arc<RunSpec>);

impl Performer for Nothing {
    fn enter(&self, _: &State, step: usize) -> Entered {
        let id = TaskId::new(&self.0.steps[step].id, None, None);
        Entered::Expanded(vec![TaskSeed { id, target: None, member: None, item: None }])
    }

    fn prepare_checks(
        &self,
        _: &State,
        _: usize,
        _: Option<usize>,
        _: Phase,
    ) -> Option<Result<Box<dyn CheckRun>, Failure>> {
        None
    }

    fn prepare_task(&self, _: &State, _: usize, _: u32) -> Result<Box<dyn TaskRun>, Failure> {
        Ok(Box::new(Done))
    }

    fn conclude(&self, _: &State, _: usize) -> Result<(IndexMap<Name, Value>, Option<String>), Failure> {
        Ok((IndexMap::new(), None))
    }
}

struct Done;

#[async_trait]
impl TaskRun for Done {
    async fn perform(self: Box<Self>, _: TaskContext) -> Answer {
        Answer::Acted(Value::Null)
    }

    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        unreachable!("nothing is in doubt")
    }
}
