//! A run while it goes on: its account so far, and how far each task is. The one live model, whichever view shows it; and
//! what a view is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    account::{Account, Record},
    engine::{event::Event, performer::Progress},
    name::TaskId,
};

/// How far tasks (and checks, by their step's name) are.
pub type Tracks = HashMap<TaskId, Progress>;

/// What is known of a run at this moment.
#[derive(Debug)]
pub struct Live {
    pub account: Account,
    pub tracks: Tracks,
}

impl Live {
    /// A run that goes on from `account`: what was before, where it is resumed.
    pub fn new(account: Account) -> Self {
        Self { account, tracks: Tracks::new() }
    }

    fn record(&mut self, record: &Record) {
        self.account.apply(record);
        if let Event::TaskStarted { task, .. } | Event::SettlementBegun { task, .. } = &record.event {
            self.tracks.remove(task);
        }
    }

    fn progress(&mut self, task: &TaskId, progress: &Progress) {
        let before = self.tracks.remove(task).unwrap_or_default();
        // a line that was printed, or what is being done, stays until there is another one
        let kept = Progress {
            doing: progress.doing.clone().or(before.doing),
            line: progress.line.clone().or(before.line),
            ..progress.clone()
        };
        self.tracks.insert(task.clone(), kept);
    }
}

/// The live model, shared with a view that draws by itself between two events.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Mutex<Live>>);

impl Shared {
    pub fn new(account: Account) -> Self {
        Self(Arc::new(Mutex::new(Live::new(account))))
    }

    /// As it is now. Whoever holds it holds up the run.
    pub fn now(&self) -> MutexGuard<'_, Live> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows one run while it goes on. It is told what is new, and with it how things stand then.
pub trait View: Send {
    /// Something happened, and is durable; `live` has it folded in.
    fn record(&mut self, live: &Live, record: &Record);

    /// How far a task is. Checks of a step report under the step's own name.
    fn progress(&mut self, live: &Live, task: &TaskId, progress: &Progress);

    /// Nothing more comes: clears what is only shown meanwhile. Called before any closing screen is printed.
    fn finish(&mut self);
}

/// Keeps the live model, and tells a view what is new.
pub struct Watch {
    live: Shared,
    view: Box<dyn View>,
}

impl Watch {
    pub fn new(live: Shared, view: Box<dyn View>) -> Self {
        Self { live, view }
    }

    pub fn record(&mut self, record: &Record) {
        let mut live = self.live.now();
        live.record(record);
        self.view.record(&live, record);
    }

    pub fn progress(&mut self, task: &TaskId, progress: &Progress) {
        let mut live = self.live.now();
        live.progress(task, progress);
        self.view.progress(&live, task, progress);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.view.finish();
    }
}
