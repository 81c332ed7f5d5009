//! Performs what the durable events say, and turns what comes back into events.
//!
//! One dispatcher owns the state and the journal; what is under way runs on tasks of its own and talks to it by messages
//! only. A round of it: take in what came back, decide to a fixpoint (evaluating templates on the way), make everything
//! durable with one sync, tell the observer, and only then begin what was decided. So a chain of steps costs one sync a step.

mod message;
mod round;
mod signals;
mod work;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc::{Receiver, UnboundedReceiver},
    task::JoinSet,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    event::{Event, Outcome, SuspendReason},
    observer::Observer,
    performer::{Performer, Progress},
    recorder::{RecordError, Recorder},
    state::{Item, Lifecycle},
};
use crate::journal::lock::this_host;
use message::{Line, Message, Report};
use work::Work;

pub use signals::signals;

/// How a process's part in a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Ended(Outcome),
    Suspended(SuspendReason),
    /// A second interruption: left as it stood. The journal says the same as after a crash.
    CutShort,
}

/// Runs a run, from its next step until it is suspended or ends.
pub struct Scheduler {
    recorder: Recorder,
    performer: Arc<dyn Performer>,
    observer: Box<dyn Observer>,
    user: String,
    grace: Duration,
    interrupted: CancellationToken,
    under_way: JoinSet<()>,
    /// What was decided and begins once it is durable.
    decided: Vec<Work>,
    /// Who waits for a note to be durable.
    noting: Vec<tokio::sync::oneshot::Sender<()>>,
    line: Line,
    reports: UnboundedReceiver<Report>,
    progress: Receiver<(Item, Progress)>,
    /// When what does not answer after an interruption is given up.
    give_up: Option<Instant>,
}

impl Scheduler {
    /// How long what is under way is waited for after an interruption, where nothing else is said.
    pub const GRACE: Duration = Duration::from_secs(10);

    pub fn new(recorder: Recorder, performer: Arc<dyn Performer>, observer: impl Observer + 'static) -> Self {
        let (line, reports, progress) = Line::new();
        Self {
            recorder,
            performer,
            observer: Box::new(observer),
            user: String::new(),
            grace: Self::GRACE,
            interrupted: CancellationToken::new(),
            under_way: JoinSet::new(),
            decided: Vec::new(),
            noting: Vec::new(),
            line,
            reports,
            progress,
            give_up: None,
        }
    }

    /// How long what is under way is waited for after an interruption.
    #[must_use]
    pub fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Who takes the run up, as `user@host`.
    #[must_use]
    pub fn for_user(self, user: impl Into<String>) -> Self {
        Self { user: user.into(), ..self }
    }

    /// Takes the run up and drives it. `interrupts` gives the name of each signal: the first asks to end, the second ends.
    ///
    /// The recorder comes back, so that claims can be released in the same journal. An error is one of the journal: nothing
    /// was begun that it does not know, what was under way is let go of, and the run is as after a crash.
    pub async fn run(mut self, interrupts: UnboundedReceiver<String>) -> Result<(Ending, Recorder), RecordError> {
        let resumed = Event::RunResumed { process: std::process::id(), host: this_host(), user: self.user.clone() };
        let driven = match self.recorder.note(resumed) {
            Ok(()) => self.drive(interrupts).await,
            Err(error) => Err(error.into()),
        };
        self.interrupted.cancel();
        if driven.is_err() {
            self.let_go().await;
        }
        Ok((driven?, self.recorder))
    }

    async fn drive(&mut self, mut interrupts: UnboundedReceiver<String>) -> Result<Ending, RecordError> {
        let mut listening = true;
        loop {
            if let Some(ending) = self.round()? {
                return Ok(ending);
            }
            let message = self.next(&mut interrupts, &mut listening).await;
            match message {
                Message::Report(report) => {
                    self.show_progress();
                    self.take_in(report)?;
                    while let Ok(report) = self.reports.try_recv() {
                        self.take_in(report)?;
                    }
                }
                Message::Progress(item, progress) => {
                    self.observer.progress(item, &progress, self.recorder.state());
                }
                Message::Interrupt(_) if self.recorder.state().is_interrupted() => return Ok(Ending::CutShort),
                Message::Interrupt(signal) => {
                    self.recorder.note(Event::InterruptRequested { signal })?;
                    self.interrupted.cancel();
                    self.give_up = Some(Instant::now() + self.grace);
                }
                Message::GiveUp => self.under_way.abort_all(),
                Message::Wake => {}
            }
        }
    }

    /// Shows what was said before a report: what a process has printed stands before its end.
    fn show_progress(&mut self) {
        while let Ok((item, progress)) = self.progress.try_recv() {
            self.observer.progress(item, &progress, self.recorder.state());
        }
    }

    /// Waits until something happens.
    async fn next(&mut self, interrupts: &mut UnboundedReceiver<String>, listening: &mut bool) -> Message {
        let now = self.recorder.now();
        let retry = self.recorder.state().next_retry().map(|at| Instant::now() + work::until(now, at));
        let give_up = self.give_up.filter(|_| !self.under_way.is_empty());
        let at = |instant: Option<Instant>| async move {
            match instant {
                Some(instant) => tokio::time::sleep_until(instant).await,
                None => std::future::pending().await,
            }
        };
        loop {
            tokio::select! {
                biased;
                signal = interrupts.recv(), if *listening => match signal {
                    Some(signal) => return Message::Interrupt(signal),
                    None => *listening = false,
                },
                Some(report) = self.reports.recv() => return Message::Report(report),
                Some(_) = self.under_way.join_next() => {
                    if self.under_way.is_empty() && self.give_up.is_some() {
                        return Message::Wake;
                    }
                }
                Some((item, progress)) = self.progress.recv() => return Message::Progress(item, progress),
                () = at(retry) => return Message::Wake,
                () = at(give_up) => return Message::GiveUp,
            }
        }
    }

    /// The run has come to rest, as its state says, or (after an interruption) because nothing is left under way.
    fn ending(&self) -> Option<Ending> {
        match self.recorder.state().lifecycle() {
            Lifecycle::Ended(outcome) => Some(Ending::Ended(outcome)),
            Lifecycle::Suspended(reason) => Some(Ending::Suspended(reason)),
            Lifecycle::Created | Lifecycle::Running => None,
        }
    }

    /// The journal cannot be written: what is under way is told, and waited for a little; what it says is lost.
    async fn let_go(&mut self) {
        self.noting.clear();
        self.reports.close();
        let all = async { while self.under_way.join_next().await.is_some() {} };
        // Running over is no error: the tasks are dropped, and in doubt at the next resume.
        let _ = tokio::time::timeout(self.grace, all).await;
    }
}
