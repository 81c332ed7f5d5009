//! What those at work say to the dispatcher.

use serde_json::Value;
use tokio::sync::{
    mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel},
    oneshot,
};

use crate::engine::{
    performer::{Answer, CheckAnswer, Phase, Progress, Settlement},
    state::Item,
};

/// Why the dispatcher wakes.
pub enum Message {
    Report(Report),
    Progress(Item, Progress),
    Interrupt(String),
    /// The grace after an interruption has run out.
    GiveUp,
    /// A retry is due, or the last of what was under way has ended.
    Wake,
}

/// What came of something that was under way.
pub enum Report {
    Answered { task: usize, attempt: u32, answer: Answer },
    Settled { task: usize, attempt: u32, settlement: Settlement },
    StepChecked { step: usize, phase: Phase, answer: CheckAnswer },
    TaskChecked { task: usize, phase: Phase, answer: CheckAnswer },
    Noted { task: usize, attempt: u32, note: Value, durable: oneshot::Sender<()> },
}

/// The dispatcher's ear. Reports are never lost; progress is where there is too much of it.
#[derive(Clone)]
pub struct Line {
    pub reports: UnboundedSender<Report>,
    progress: Sender<(Item, Progress)>,
}

impl Line {
    pub fn new() -> (Self, UnboundedReceiver<Report>, Receiver<(Item, Progress)>) {
        let (reports, heard) = unbounded_channel();
        let (progress, shown) = channel(1024);
        (Self { reports, progress }, heard, shown)
    }

    /// Where nobody listens any more, the run is over for this process and the word is not needed.
    pub fn report(&self, report: Report) {
        let _ = self.reports.send(report);
    }

    pub fn progress(&self, item: Item, progress: Progress) {
        let _ = self.progress.try_send((item, progress));
    }
}
