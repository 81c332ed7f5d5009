//! A world that counts effects, and a dispatcher that is slower, clumsier and deader than the real one.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use indexmap::IndexMap;
use jiff::Timestamp;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::{
    engine::{
        decide::decide,
        event::{Event, SuspendReason, TaskSeed, Verdict},
        resume::{replay, sketch},
        spec::{ChecksSpec, RunSpec, StepSpec},
        state::{ENGINE, Lifecycle, State, StepPhase, TaskPhase, TaskState},
    },
    failure::{Failure, Refusal},
    journal::Record,
    name::{StepId, TaskId},
    plan::model::OnFailure,
};

/// Something under way in the world.
#[derive(Debug, Clone)]
enum Job {
    Perform(usize, u32),
    Settle(usize, u32),
    StepBefore(usize),
    StepAfter(usize),
    TaskBefore(usize),
    TaskAfter(usize),
}

pub struct World {
    random: StdRng,
    spec: Arc<RunSpec>,
    pub state: State,
    /// What is durable.
    pub journal: Vec<Record<Event>>,
    pending: Vec<(Timestamp, Event)>,
    now: Timestamp,
    jobs: Vec<Job>,
    decided: Vec<Job>,
    /// How often each task's effect has happened.
    effects: HashMap<TaskId, u32>,
    /// Steps whose preconditions held in this process.
    held: HashSet<usize>,
    /// How likely something goes wrong, in percent; falls from process to process.
    malice: u32,
    approvals: HashSet<usize>,
    pub processes: u32,
}

/// A random plan: a DAG with inclusions, checks, retries and a `finally`.
pub fn random_spec(random: &mut StdRng) -> RunSpec {
    let main = random.random_range(1..9);
    let finally = random.random_range(0..5);
    let mut steps: Vec<StepSpec> = Vec::new();
    let mut opened: Option<usize> = None;
    for i in 0..main + finally {
        let in_finally = i >= main;
        let from = if in_finally { main } else { 0 };
        let mut step = StepSpec::new(format!("s{i}"));
        step.finally = in_finally;
        step.needs = (from..i).filter(|_| random.random_ratio(1, 3)).collect();
        step.enclosing = opened.filter(|_| !in_finally);
        if !in_finally && random.random_ratio(1, 6) {
            match opened.take() {
                Some(opening) => step.closes = Some(opening),
                None => opened = Some(i),
            }
        }
        step.irreversible = random.random_ratio(1, 8);
        step.recheck = random.random_ratio(1, 3);
        step.before = ChecksSpec { once: random.random_ratio(1, 3), each: random.random_ratio(1, 5) };
        step.after = ChecksSpec { once: random.random_ratio(1, 3), each: random.random_ratio(1, 5) };
        step.retry.attempts = random.random_range(1..4);
        steps.push(step);
    }
    let on_failure = if random.random_ratio(1, 4) { OnFailure::Abandon } else { OnFailure::Suspend };
    RunSpec::new(steps, on_failure, random.random_range(1..5)).unwrap()
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let spec = Arc::new(random_spec(&mut random));
        let approvals = (0..spec.steps.len()).filter(|_| random.random_ratio(1, 8)).collect();
        let malice = random.random_range(0..50);
        Self {
            state: State::new(spec.clone()),
            spec,
            random,
            journal: Vec::new(),
            pending: Vec::new(),
            now: Timestamp::from_second(1_800_000_000).unwrap(),
            jobs: Vec::new(),
            decided: Vec::new(),
            effects: HashMap::new(),
            held: HashSet::new(),
            malice,
            approvals,
            processes: 0,
        }
    }

    /// Runs to the end, through crashes, failures, doubts and approvals.
    pub fn live(&mut self) {
        while !matches!(self.state.lifecycle(), Lifecycle::Ended(_)) {
            self.processes += 1;
            assert!(self.processes < 300, "the run never ends: {:#?}", self.state);
            self.malice = self.malice.saturating_sub(1);
            let crashed = self.process();
            self.agrees();
            if let Lifecycle::Suspended(reason) = self.state.lifecycle()
                && !crashed
            {
                self.person(reason);
            }
        }
    }

    /// One process: until the run rests, or (then it says so) a crash.
    fn process(&mut self) -> bool {
        self.held.clear();
        self.note(Event::RunResumed { process: self.processes, host: "h".into(), user: "u".into() });
        loop {
            self.round();
            if self.crash() {
                return true;
            }
            self.commit();
            if self.state.lifecycle() != Lifecycle::Running {
                assert!(self.jobs.is_empty(), "at rest with work under way");
                return false;
            }
            if self.jobs.is_empty() {
                let retry = self.state.next_retry().expect("nothing under way, not at rest, and no retry: stuck");
                self.now = self.now.max(retry);
                continue;
            }
            assert!(self.jobs.len() <= self.spec.max_parallel, "more under way than allowed");
            self.now += Duration::from_millis(self.random.random_range(0..3_000));
            let job = self.random.random_range(0..self.jobs.len());
            let job = self.jobs.swap_remove(job);
            self.finish(job);
            if self.goes_wrong(10) {
                self.note(Event::InterruptRequested { signal: "SIGINT".into() });
                self.finish_all();
            }
        }
    }

    /// After an interruption all that is under way comes back, or not.
    fn finish_all(&mut self) {
        for job in std::mem::take(&mut self.jobs) {
            if self.random.random_ratio(1, 2) {
                self.finish(job);
            } else {
                self.lose(job);
            }
        }
        self.round();
        if self.state.lifecycle() == Lifecycle::Running {
            let reason = self.state.suspend_reason();
            self.note(Event::RunSuspended { reason });
        }
    }

    fn round(&mut self) {
        for turn in 0.. {
            assert!(turn < 10_000, "decide never comes to a fixpoint");
            let events = decide(&self.state, self.now);
            if events.is_empty() {
                return;
            }
            for event in events {
                self.decided(event);
            }
        }
    }

    fn decided(&mut self, event: Event) {
        self.note(event.clone());
        match event {
            Event::StepEntered { step } => self.enter(&step),
            Event::PreconditionsBegun { step } => {
                let step = self.step(&step);
                let touched = self.state.tasks_of(step).iter().any(|task| task.may_have_touched());
                let again = self.spec.steps[step].recheck || self.spec.steps[step].irreversible;
                assert!(!touched || again, "checked after it touched something");
                self.decided.push(Job::StepBefore(step));
            }
            Event::PostconditionsBegun { step } => {
                let step = self.step(&step);
                if self.spec.steps[step].after.once {
                    self.decided.push(Job::StepAfter(step));
                } else {
                    self.conclude(step);
                }
            }
            Event::TaskPreconditionsBegun { task } => self.decided.push(Job::TaskBefore(self.task(&task))),
            Event::TaskPostconditionsBegun { task } => self.decided.push(Job::TaskAfter(self.task(&task))),
            Event::TaskStarted { task, attempt } => {
                let task = self.task(&task);
                self.may_start(task, attempt);
                self.decided.push(Job::Perform(task, attempt));
            }
            Event::SettlementBegun { task, attempt } => self.decided.push(Job::Settle(self.task(&task), attempt)),
            _ => {}
        }
    }

    /// Promise 1, and that no effect is repeated.
    fn may_start(&self, task: usize, attempt: u32) {
        let step = self.state.task(task).step;
        let spec = &self.spec.steps[step];
        for need in &spec.needs {
            assert!(self.state.step(*need).phase.is_done(), "started before what it needs");
        }
        assert_eq!(spec.finally, self.state.finally_begun(), "out of its part of the plan");
        assert!(!self.state.is_interrupted(), "something new starts after an interruption");
        assert!(spec.finally || self.trouble().is_none(), "something new starts after trouble");
        let id = &self.state.task(task).seed.id;
        assert_eq!(self.effects.get(id), None, "the effect of {id} is there already");
        let earlier =
            attempt > 1 || self.state.tasks_of(step).iter().any(|other| other.attempt > 0 && other.seed.id != *id);
        assert!(
            !spec.before.once || self.held.contains(&step) || earlier,
            "preconditions of {} were not read",
            spec.id
        );
        let known = self.state.task(task);
        assert!(
            !spec.before.once || !spec.recheck || known.may_have_touched() || self.held.contains(&step),
            "preconditions of {} grew old",
            spec.id
        );
        for gate in spec.needs.iter().filter(|need| self.is_gate(**need)) {
            let mut inside = self.spec.dependents(*gate).flat_map(|step| self.state.tasks_of(step));
            let touched = inside.any(|task| task.may_have_touched());
            assert!(touched || self.held.contains(gate), "preconditions of {} grew old", self.spec.steps[*gate].id);
        }
    }

    /// Whether it is as the start of an inclusion: closed by another, checked, and without tasks.
    fn is_gate(&self, step: usize) -> bool {
        let closed =
            |(close, other): (usize, &StepSpec)| other.closes == Some(step) && !self.state.step(close).phase.is_done();
        self.spec.steps.iter().enumerate().any(closed)
            && self.spec.steps[step].before.once
            && self.state.step(step).phase == StepPhase::Succeeded
            && self.state.tasks_of(step).is_empty()
    }

    fn enter(&mut self, id: &StepId) {
        let event = match self.random.random_range(0..12) {
            0 => Event::StepSkipped { step: id.clone(), reason: "when".into() },
            1 if self.goes_wrong(50) => Event::StepFailed { step: id.clone(), failure: failure() },
            n => {
                let tasks = (0..n % 4).map(|i| TaskSeed {
                    id: TaskId::new(id, Some(&i.to_string()), None),
                    target: None,
                    member: None,
                    item: Some(json!(i)),
                });
                Event::StepExpanded { step: id.clone(), tasks: tasks.collect() }
            }
        };
        self.note(event);
    }

    fn finish(&mut self, job: Job) {
        match job {
            Job::Perform(task, attempt) => self.answer(task, attempt),
            Job::Settle(task, attempt) => self.verdict(task, attempt),
            Job::StepBefore(step) => {
                let id = self.spec.steps[step].id.clone();
                match self.check() {
                    Some(refusal) => self.note(Event::StepStopped { step: id, refusal }),
                    None => {
                        self.held.insert(step);
                        self.note(Event::StepAdmitted { step: id });
                    }
                }
            }
            Job::StepAfter(step) => match self.check() {
                Some(refusal) => self.note(Event::StepStopped { step: self.spec.steps[step].id.clone(), refusal }),
                None => self.conclude(step),
            },
            Job::TaskBefore(task) => {
                let id = self.id(task);
                match self.check() {
                    Some(refusal) => self.note(Event::TaskStopped { task: id, refusal }),
                    None => self.note(Event::TaskAdmitted { task: id }),
                }
            }
            Job::TaskAfter(task) => {
                let id = self.id(task);
                match self.check() {
                    Some(refusal) => self.note(Event::TaskStopped { task: id, refusal }),
                    None => self.note(Event::TaskSucceeded { task: id }),
                }
            }
        }
    }

    fn answer(&mut self, task: usize, attempt: u32) {
        let (id, step) = (self.id(task), self.state.task(task).step);
        if self.approvals.contains(&step) {
            return self.note(Event::ApprovalAwaited { task: id, attempt, shown: json!("it"), digest: "d".into() });
        }
        if !self.goes_wrong(100) {
            self.effect(task);
            return self.note(Event::TaskActed { task: id, attempt, output: json!({ "of": attempt }) });
        }
        let event = match self.random.random_range(0..4) {
            0 => {
                let retry_at = self.state.retry_at(task, self.now);
                let untouched = self.random_bool();
                let failure = Failure { untouched, ..failure() };
                let failure = if self.random_bool() { failure.before_sending() } else { failure };
                Event::TaskFailed { task: id, attempt, failure, retry_at }
            }
            1 => Event::TaskStopped { task: id, refusal: refusal() },
            _ => {
                if self.random.random_ratio(1, 2) {
                    self.effect(task);
                }
                let temporary = self.random.random_ratio(1, 2);
                Event::TaskDoubted { task: id, attempt, failure: Failure { temporary, ..failure() } }
            }
        };
        self.note(event);
    }

    fn verdict(&mut self, task: usize, attempt: u32) {
        let id = self.id(task);
        if self.goes_wrong(50) {
            return self.note(Event::TaskUnsettled { task: id, attempt, failure: failure() });
        }
        let verdict = if self.effects.contains_key(&id) {
            Verdict::Done(json!("settled"))
        } else if self.goes_wrong(30) {
            Verdict::Failed(failure())
        } else {
            Verdict::NotDone
        };
        let retry_at = self.state.again_at(task, &verdict, self.now);
        self.note(Event::TaskSettled { task: id, attempt, verdict, by: ENGINE.into(), retry_at });
    }

    fn check(&mut self) -> Option<Refusal> {
        self.goes_wrong(30).then(refusal)
    }

    fn conclude(&mut self, step: usize) {
        let id = self.spec.steps[step].id.clone();
        let event = if self.goes_wrong(10) {
            Event::StepFailed { step: id, failure: failure() }
        } else {
            let outputs = IndexMap::from([("of".into(), Value::from(step))]);
            Event::StepSucceeded { step: id, outputs, summary: None }
        };
        self.note(event);
    }

    /// The process dies now, with some luck: a prefix of what was to be written is, and what is under way ends somehow.
    fn crash(&mut self) -> bool {
        if !self.goes_wrong(15) {
            return false;
        }
        let kept = self.random.random_range(0..=self.pending.len());
        // What was decided in this round begins only once all of it is durable.
        self.pending.truncate(kept);
        self.write();
        self.pending.clear();
        self.decided.clear();
        for job in std::mem::take(&mut self.jobs) {
            self.lose(job);
        }
        self.state = replay(self.spec.clone(), &self.journal).unwrap().state;
        true
    }

    /// Nobody hears of it any more; it may still happen.
    fn lose(&mut self, job: Job) {
        if let Job::Perform(task, _) = job
            && !self.approvals.contains(&self.state.task(task).step)
            && self.random.random_ratio(1, 2)
        {
            self.effect(task);
        }
    }

    fn commit(&mut self) {
        self.write();
        self.jobs.append(&mut self.decided);
    }

    fn write(&mut self) {
        for (at, event) in self.pending.drain(..) {
            self.journal.push(Record { n: self.journal.len() as u64 + 1, at, event });
        }
    }

    /// The worst that a person has to look at in the part that is being worked on, found by looking at everything.
    fn trouble(&self) -> Option<SuspendReason> {
        let active = |step: &usize| self.spec.steps[*step].finally == self.state.finally_begun();
        let counts = self.state.abandoned_by().is_none() || self.state.finally_begun();
        let steps = (0..self.spec.steps.len()).filter(active).map(|step| match self.state.step(step).phase {
            StepPhase::Failed if counts => Some(SuspendReason::Failed),
            StepPhase::Stopped if counts => Some(SuspendReason::Stopped),
            _ => None,
        });
        let tasks = self.state.tasks().iter().filter(|task| active(&task.step)).map(|task| match task.phase {
            TaskPhase::Unsettled => Some(SuspendReason::InDoubt),
            TaskPhase::Failed if counts => Some(SuspendReason::Failed),
            TaskPhase::Stopped if counts => Some(SuspendReason::Stopped),
            _ => None,
        });
        let order = [SuspendReason::InDoubt, SuspendReason::Failed, SuspendReason::Stopped];
        let found: Vec<_> = steps.chain(tasks).flatten().collect();
        order.into_iter().find(|reason| found.contains(reason))
    }

    /// At rest in `finally`: what needs nothing that is in trouble has been tried, each of its tasks.
    fn cleaned_up(&self) {
        let finally = (0..self.spec.steps.len()).filter(|step| self.spec.steps[*step].finally);
        for step in finally {
            let met = self.spec.steps[step].needs.iter().all(|need| self.state.step(*need).phase.is_done());
            let (id, phase) = (&self.spec.steps[step].id, self.state.step(step).phase);
            assert_eq!(met, phase != StepPhase::Waiting, "{id} is {phase:?}");
            if phase == StepPhase::Admitted {
                let untried = |task: &&TaskState| matches!(task.phase, TaskPhase::Waiting | TaskPhase::Retrying(_));
                assert_eq!(self.state.tasks_of(step).iter().find(untried), None, "{id} has a task that was not tried");
            }
        }
    }

    /// A person does what the reason asks for: truthfully, and sooner or later.
    fn person(&mut self, reason: SuspendReason) {
        if self.state.finally_begun() && !self.state.is_interrupted() {
            self.cleaned_up();
        }
        match self.trouble() {
            Some(worst) => assert_eq!(reason, worst),
            None if self.state.is_interrupted() => assert_eq!(reason, SuspendReason::Interrupted),
            None => {
                assert_eq!(reason, SuspendReason::AwaitingApproval);
                assert_ne!(self.state.awaiting_approval().next(), None, "waits for nothing");
            }
        }
        if self.random.random_ratio(1, 25) {
            let leave_in_doubt = self.random_bool();
            let doubts: Vec<_> = self.state.in_doubt().map(|task| self.id(task)).collect();
            let left_in_doubt = doubts.into_iter().filter(|_| self.random_bool()).collect();
            self.note(Event::RunAbandoned { by: "p".into(), leave_in_doubt, without: vec![], left_in_doubt });
        }
        let tasks: Vec<_> = (0..self.state.tasks().len()).collect();
        for task in tasks {
            let (id, attempt, phase) = (self.id(task), self.state.task(task).attempt, self.state.task(task).phase);
            match phase {
                TaskPhase::Unsettled if self.random_bool() => {
                    let done = self.effects.contains_key(&id);
                    let verdict = if done { Verdict::Done(Value::Null) } else { Verdict::NotDone };
                    self.note(Event::TaskSettled { task: id, attempt, verdict, by: "p".into(), retry_at: None });
                }
                TaskPhase::AwaitingApproval if self.random_bool() => {
                    // An approval has no effect of its own but to be given.
                    self.effect(task);
                    self.note(Event::Approved { task: id, digest: "d".into(), by: "p".into() });
                }
                _ => {}
            }
        }
        self.write();
    }

    /// The journal says the same as the state, with the plan and (where it can) without it.
    fn agrees(&self) {
        let replayed = replay(self.spec.clone(), &self.journal).unwrap();
        assert_eq!(without_counts(replayed.state), without_counts(self.state.clone()));
        let sketched = sketch(&self.journal).unwrap();
        for (task, known) in self.state.tasks().iter().enumerate() {
            assert_eq!(sketched.task(task).phase, known.phase, "sketch of {}", known.seed.id);
        }
        for (step, known) in self.state.steps().iter().enumerate() {
            let sketched = sketched.step_index(self.state.step_id(step)).map(|step| sketched.step(step).phase);
            assert_eq!(sketched.unwrap_or_default(), known.phase, "sketch of step {step}");
        }
    }

    /// What has to be so once the run has ended.
    pub fn ended_well(&self) {
        let count = |wanted: fn(&Event) -> bool| self.journal.iter().filter(|record| wanted(&record.event)).count();
        assert_eq!(count(|event| matches!(event, Event::FinallyBegun)), 1);
        assert_eq!(count(|event| matches!(event, Event::RunEnded { .. })), 1);
        for (step, spec) in self.spec.steps.iter().enumerate() {
            let phase = self.state.step(step).phase;
            if spec.finally || self.state.abandoned_by().is_none() {
                assert!(phase.is_done(), "{} is {phase:?} at the end", spec.id);
            }
            if phase == StepPhase::Succeeded {
                for task in self.state.tasks_of(step) {
                    assert_eq!(self.effects.get(&task.seed.id), Some(&1), "effect of {}", task.seed.id);
                }
            }
            if spec.enclosing.is_some_and(|opening| self.state.step(opening).phase == StepPhase::Skipped)
                && !spec.finally
            {
                assert!(matches!(phase, StepPhase::Skipped | StepPhase::Waiting), "{} lies in a skipped one", spec.id);
            }
        }
    }

    fn note(&mut self, event: Event) {
        if event == Event::FinallyBegun {
            assert_eq!(self.state.in_doubt().next(), None, "finally begins with something in doubt");
        }
        self.state.apply(&event, self.now).unwrap_or_else(|error| panic!("{error}: {event:?}"));
        self.pending.push((self.now, event));
    }

    fn effect(&mut self, task: usize) {
        *self.effects.entry(self.id(task)).or_default() += 1;
    }

    fn goes_wrong(&mut self, percent: u32) -> bool {
        self.random.random_ratio(self.malice * percent, 10_000)
    }

    fn random_bool(&mut self) -> bool {
        self.random.random_ratio(1, 2)
    }

    fn id(&self, task: usize) -> TaskId {
        self.state.task(task).seed.id.clone()
    }

    fn task(&self, id: &TaskId) -> usize {
        self.state.task_index(id).unwrap()
    }

    fn step(&self, id: &StepId) -> usize {
        self.state.step_index(id).unwrap()
    }
}

/// Two states that differ only in how often their sets were changed are the same.
fn without_counts(mut state: State) -> State {
    state.forget_changes();
    state
}

fn failure() -> Failure {
    Failure::new("test::failure", "it went wrong")
}

fn refusal() -> Refusal {
    Refusal {
        check: "c".into(),
        phase: "check".into(),
        expected: "x".into(),
        found: vec![],
        otherwise: None,
        waited: None,
    }
}
