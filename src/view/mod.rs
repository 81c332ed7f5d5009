//! What a person sees of a run: meanwhile, at its end, and where it stands still.
//!
//! Input are the run's records and its tasks' progress, and nothing else; nothing here changes a run or reads a file. Views
//! write to what they are given. The rule for what goes where: **stdout is data, stderr is talk**. Bars, lines, notices and
//! the screens of a run that stands still are talk; the closing table, and the JSON lines of `--output json`, are data.

pub mod claimed;
pub mod closing;
pub mod drawing;
pub mod evidence;
pub mod failure;
mod fold;
pub mod frame;
pub mod json;
pub mod line;
pub mod model;
pub mod next;
pub mod outline;
pub mod paint;
pub mod plain;
pub mod quiet;
pub mod resumed;
mod shown;
#[cfg(test)]
pub mod story;
pub mod suspended;
pub mod terminal;
mod undone;

use std::io::IsTerminal;

use jiff::Timestamp;

use self::{json::Json, model::Model, paint::Color, plain::Plain, quiet::Quiet, terminal::Terminal};
use crate::{
    engine::{event::Event, performer::Progress},
    name::TaskId,
};

/// One event of a run, with its number and time.
pub type Record = crate::journal::Record<Event>;

/// Follows one run while it goes on.
pub trait View: Send {
    /// Something happened, and is durable.
    fn record(&mut self, record: &Record);

    /// How far a task is. Checks of a step report under the step's own name.
    fn progress(&mut self, task: &TaskId, progress: &Progress);

    /// Something a person should know that is no event of the run.
    fn notice(&mut self, text: &str);

    /// Nothing more comes: clears what is only shown meanwhile. Called before any closing screen is printed.
    fn finish(&mut self);
}

/// What `--output` and `--quiet` come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For people: bars where stderr is a terminal, a log where it is not.
    Text,
    /// JSON lines, on stdout.
    Json,
    /// Nothing while the run goes on.
    Quiet,
}

/// Opens the view of a run that goes on from `model`.
pub fn open(output: Output, color: Color, model: Model) -> Box<dyn View> {
    let stderr = std::io::stderr();
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    match output {
        Output::Text if stderr.is_terminal() && !dumb => Box::new(Terminal::stderr(model, color.paint(&stderr))),
        Output::Text => {
            let mut plain = Plain::new(model, stderr);
            plain.heading(Timestamp::now());
            Box::new(plain)
        }
        Output::Json => Box::new(Json::new(std::io::stdout())),
        Output::Quiet => Box::new(Quiet),
    }
}

#[cfg(test)]
mod tests;
