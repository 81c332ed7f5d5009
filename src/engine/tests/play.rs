//! A run with a scripted performer: steps, what each attempt does, and a journal in memory that can fail.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::{
    engine::{
        event::{Event, TaskSeed, Verdict},
        observer::Observer,
        performer::{
            Answer, CheckAnswer, CheckRun, Entered, Performer, Phase, Progress, Settlement, TaskContext, TaskRun,
        },
        recorder::{Log, RecordError, Recorder, Redact},
        resume::replay,
        scheduler::{Ending, Scheduler},
        spec::{RunSpec, StepSpec},
        state::{Item, State},
    },
    failure::Failure,
    journal::{JournalError, Record},
    name::{Name, TaskId},
    plan::model::OnFailure,
};

/// What an attempt does.
#[derive(Debug, Clone)]
pub enum Act {
    /// Acts after this many milliseconds.
    After(u64),
    Fail,
    /// Cannot be sent.
    Unsent,
    /// Has to end before it is sent, in doubt; and fails when it is settled.
    Interrupted,
    /// Acts, and then nobody hears of it.
    LoseAnswer,
    /// Does nothing, and nobody knows.
    LoseRequest,
    Hang,
    Panic,
    /// Notes, and acts.
    Note,
    /// Works on in the server when the process has to end.
    Tracked,
    Approve,
    /// Says this, as a process prints a line, and acts at once.
    Say(&'static str),
    /// Its templates cannot be rendered.
    Unprintable,
    /// Gives this.
    Give(&'static str),
}

/// What the world remembers, whatever processes die.
#[derive(Default)]
pub struct Memory {
    pub effects: HashMap<String, u32>,
    pub begun: Vec<String>,
    pub settled: Vec<(String, Vec<Value>)>,
    pub at_once: usize,
    pub most_at_once: usize,
}

/// A journal in memory.
#[derive(Default)]
pub struct Pages {
    pub records: Vec<Record<Event>>,
    pub syncs: usize,
    /// How many more records fit before the disk is full.
    pub room: Option<usize>,
}

#[derive(Clone, Default)]
struct SharedLog(Arc<Mutex<Pages>>);

impl Log for SharedLog {
    fn append(&mut self, events: &[(Timestamp, Event)]) -> Result<u64, JournalError> {
        let mut pages = self.0.lock().unwrap();
        let first = pages.records.len() as u64 + 1;
        let fits = pages.room.unwrap_or(usize::MAX).min(events.len());
        for (n, (at, event)) in (first..).zip(&events[..fits]) {
            // As it would come back from a disk.
            let event = serde_json::from_slice(&serde_json::to_vec(event).unwrap()).unwrap();
            pages.records.push(Record { n, at: *at, event });
        }
        pages.room = pages.room.map(|room| room - fits);
        pages.syncs += usize::from(!events.is_empty());
        if fits == events.len() {
            return Ok(first);
        }
        let source = io::Error::from(io::ErrorKind::StorageFull);
        Err(JournalError::Io { doing: "write to", path: "journal.jsonl".into(), source })
    }
}

/// A run being played.
pub struct Play {
    steps: Vec<StepSpec>,
    scripts: HashMap<String, Vec<Act>>,
    pub on_failure: OnFailure,
    pub max_parallel: usize,
    pub redact: Option<Redact>,
    log: SharedLog,
    pub memory: Arc<Mutex<Memory>>,
    /// What whoever watches is shown, in its order: the names of events, and lines.
    pub shown: Arc<Mutex<Vec<String>>>,
}

/// Watches.
struct Watching(Arc<Mutex<Vec<String>>>);

impl Observer for Watching {
    fn event(&mut self, record: &Record<Event>, _: &State) {
        let event = serde_json::to_value(&record.event).unwrap();
        self.0.lock().unwrap().push(event["event"].as_str().unwrap_or_default().to_owned());
    }

    fn progress(&mut self, _: Item, progress: &Progress, _: &State) {
        self.0.lock().unwrap().extend(progress.line.clone());
    }
}

impl Play {
    pub fn new() -> Self {
        Self {
            steps: Vec::new(),
            scripts: HashMap::new(),
            on_failure: OnFailure::Suspend,
            max_parallel: 8,
            redact: None,
            log: SharedLog::default(),
            memory: Arc::default(),
            shown: Arc::default(),
        }
    }

    /// A step of one task that does these things, attempt by attempt, and the last for ever.
    pub fn step(self, name: &str, needs: &[&str], script: &[Act]) -> Self {
        self.step_with(name, needs, script, |_| {})
    }

    pub fn step_with(mut self, name: &str, needs: &[&str], script: &[Act], more: impl FnOnce(&mut StepSpec)) -> Self {
        let position = |need: &&str| self.steps.iter().position(|step| step.id.as_str() == *need).unwrap();
        let mut step = StepSpec { needs: needs.iter().map(position).collect(), ..StepSpec::new(name) };
        more(&mut step);
        self.steps.push(step);
        self.scripts.insert(name.to_owned(), script.to_vec());
        self
    }

    /// One process, from what the journal says, until it rests.
    pub async fn run(&self) -> Result<Ending, RecordError> {
        self.run_until(unbounded_channel().1).await
    }

    /// A process that gets these signals, after so many milliseconds each.
    pub async fn interrupted(&self, after: &[u64]) -> Result<Ending, RecordError> {
        let (sender, receiver) = unbounded_channel();
        let _kept = self.signal(after, &sender);
        self.run_until(receiver).await
    }

    fn signal(&self, after: &[u64], sender: &UnboundedSender<String>) -> tokio::task::JoinHandle<()> {
        let (after, sender) = (after.to_vec(), sender.clone());
        tokio::spawn(async move {
            for wait in after {
                tokio::time::sleep(Duration::from_millis(wait)).await;
                let _ = sender.send("SIGINT".to_owned());
            }
        })
    }

    async fn run_until(&self, interrupts: tokio::sync::mpsc::UnboundedReceiver<String>) -> Result<Ending, RecordError> {
        let begun = (tokio::time::Instant::now(), Timestamp::from_second(1_800_000_000).unwrap());
        let past = self.records().last().map_or(begun.1, |record| record.at);
        let recorder = Recorder::new(self.state(), self.log.clone())
            .with_clock(Arc::new(move || past + tokio::time::Instant::now().duration_since(begun.0)))
            .redacting(self.redact.clone().unwrap_or_else(|| Arc::new(|text| text.into())));
        let performer = Script { scripts: self.scripts.clone(), memory: self.memory.clone() };
        let scheduler = Scheduler::new(recorder, Arc::new(performer), Watching(self.shown.clone()))
            .with_grace(Duration::from_secs(10));
        let ran = scheduler.run(interrupts).await;
        if let Ok((_, recorder)) = &ran {
            let mut live = recorder.state().clone();
            let mut replayed = self.state();
            live.forget_changes();
            replayed.forget_changes();
            assert_eq!(live, replayed, "the journal says something else than the process knew");
        }
        self.memory.lock().unwrap().at_once = 0;
        Ok(ran?.0)
    }

    /// A person's word, between two processes.
    pub fn say(&self, event: Event) {
        Recorder::new(self.state(), self.log.clone()).record([event]).unwrap();
    }

    pub fn state(&self) -> State {
        let spec = RunSpec::new(self.steps.clone(), self.on_failure, self.max_parallel).unwrap();
        replay(Arc::new(spec), &self.records()).unwrap().state
    }

    pub fn records(&self) -> Vec<Record<Event>> {
        self.log.0.lock().unwrap().records.clone()
    }

    pub fn syncs(&self) -> usize {
        self.log.0.lock().unwrap().syncs
    }

    pub fn room(&self, records: Option<usize>) {
        self.log.0.lock().unwrap().room = records;
    }

    pub fn effects(&self, task: &str) -> u32 {
        self.memory.lock().unwrap().effects.get(task).copied().unwrap_or(0)
    }

    pub fn begun(&self) -> Vec<String> {
        self.memory.lock().unwrap().begun.clone()
    }

    /// The names of a task's or a step's events, in order.
    pub fn story(&self, of: &str) -> Vec<String> {
        let named = |record: &Record<Event>| {
            let event = serde_json::to_value(&record.event).unwrap();
            let about = event["task"].as_str().or(event["step"].as_str()) == Some(of);
            about.then(|| event["event"].as_str().unwrap().to_owned())
        };
        self.records().iter().filter_map(named).collect()
    }
}

struct Script {
    scripts: HashMap<String, Vec<Act>>,
    memory: Arc<Mutex<Memory>>,
}

impl Performer for Script {
    fn enter(&self, state: &State, step: usize) -> Entered {
        let id = state.step_id(step);
        let seed = TaskSeed { id: TaskId::new(id, None, None), target: None, member: None, item: None };
        // A step that has nothing to do is the start of an inclusion.
        Entered::Expanded(if self.scripts[id.as_str()].is_empty() { Vec::new() } else { vec![seed] })
    }

    fn prepare_checks(
        &self,
        _: &State,
        _: usize,
        _: Option<usize>,
        _: Phase,
    ) -> Option<Result<Box<dyn CheckRun>, Failure>> {
        Some(Ok(Box::new(Held)))
    }

    fn prepare_task(&self, state: &State, task: usize, attempt: u32) -> Result<Box<dyn TaskRun>, Failure> {
        let task = state.task(task).seed.id.to_string();
        let script = &self.scripts[&task];
        let act = script[script.len().min(attempt as usize) - 1].clone();
        match act {
            Act::Unprintable => Err(Failure::new("test::template", "undefined")),
            act => Ok(Box::new(Run { task, act, memory: self.memory.clone() })),
        }
    }

    fn conclude(&self, state: &State, step: usize) -> Result<(IndexMap<Name, Value>, Option<String>), Failure> {
        let outputs = state.tasks_of(step).iter().filter_map(|task| task.output.clone());
        Ok((outputs.map(|output| ("output".into(), output)).collect(), None))
    }
}

struct Held;

#[async_trait]
impl CheckRun for Held {
    async fn check(self: Box<Self>, _: TaskContext) -> CheckAnswer {
        CheckAnswer::Held
    }
}

struct Run {
    task: String,
    act: Act,
    memory: Arc<Mutex<Memory>>,
}

impl Run {
    fn effect(&self) {
        *self.memory.lock().unwrap().effects.entry(self.task.clone()).or_default() += 1;
    }

    async fn act(&self, task_context: &TaskContext) -> Answer {
        let unknown = || Answer::Unknown(Failure { temporary: true, ..Failure::new("test::lost", "connection reset") });
        match &self.act {
            Act::After(wait) => {
                tokio::time::sleep(Duration::from_millis(*wait)).await;
                self.effect();
                Answer::Acted(json!(self.task))
            }
            Act::Fail => Answer::Failed(Failure::new("test::failed", "no")),
            Act::Unsent => Answer::Failed(Failure::new("test::not_found", "no such program").before_sending()),
            Act::Interrupted => Answer::Unknown(Failure::new("test::interrupted", "not sent").before_sending()),
            Act::LoseAnswer => {
                self.effect();
                unknown()
            }
            Act::LoseRequest => unknown(),
            Act::Hang => std::future::pending().await,
            Act::Panic => panic!("broken"),
            Act::Note => match task_context.notes.note(json!("path")).await {
                Ok(()) => {
                    self.effect();
                    Answer::Acted(Value::Null)
                }
                Err(failure) => Answer::Failed(failure),
            },
            Act::Tracked => {
                self.effect();
                (task_context.progress)(Progress { doing: Some("RESTORING".into()), ..Progress::default() });
                task_context.interrupted.cancelled().await;
                unknown()
            }
            Act::Approve => Answer::AwaitApproval { shown: json!("it"), digest: "d".into() },
            Act::Give(text) => Answer::Acted(json!(text)),
            Act::Say(line) => {
                (task_context.progress)(Progress { line: Some((*line).to_owned()), ..Progress::default() });
                Answer::Acted(Value::Null)
            }
            Act::Unprintable => unreachable!("never prepared"),
        }
    }
}

#[async_trait]
impl TaskRun for Run {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        {
            let mut memory = self.memory.lock().unwrap();
            memory.begun.push(self.task.clone());
            memory.at_once += 1;
            memory.most_at_once = memory.most_at_once.max(memory.at_once);
        }
        let answer = self.act(&task_context).await;
        self.memory.lock().unwrap().at_once -= 1;
        answer
    }

    async fn settle(self: Box<Self>, _: TaskContext, notes: Vec<Value>) -> Settlement {
        let mut memory = self.memory.lock().unwrap();
        memory.settled.push((self.task.clone(), notes));
        let done = memory.effects.contains_key(&self.task);
        Settlement::Settled(if done { Verdict::Done(json!(self.task)) } else { Verdict::NotDone })
    }
}
