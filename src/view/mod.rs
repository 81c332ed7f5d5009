//! What a person sees of a run: meanwhile, at its end, and where it is suspended.
//!
//! Input are the run's account and its tasks' progress, and nothing else; nothing here changes a run or reads a file. Views
//! write to what they are given. The rule for what goes where: **stdout is data, stderr is talk**. Bars, lines and the screens
//! of a suspended run are talk; the closing table, and the JSON lines of `--output json`, are data.
//!
//! A further view is one more file: [`View`] for what is shown meanwhile, and a function of the account for a screen.

mod approval_text;
pub mod claimed;
pub mod closing;
pub mod drawing;
pub mod dry_check;
mod effects_so_far;
pub mod failure;
pub mod frame;
pub mod json;
pub mod line;
pub mod live;
pub mod log;
pub mod next;
pub mod paint;
pub mod quiet;
pub mod resumed;
mod stops;
pub mod suspended;
pub mod table;
pub mod terminal;
pub mod wrap;

use std::io::IsTerminal;

use jiff::Timestamp;

use self::{
    json::Json,
    live::{Shared, View, Watch},
    log::Log,
    paint::Color,
    quiet::Quiet,
    terminal::Terminal,
};

use crate::account::Account;

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

/// Opens the view of a run that goes on from `account`.
pub fn open(output: Output, color: Color, account: Account) -> Watch {
    let stderr = std::io::stderr();
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let live = Shared::new(account);
    let view: Box<dyn View> = match output {
        Output::Text if stderr.is_terminal() && !dumb => Box::new(Terminal::stderr(live.clone(), color.paint(&stderr))),
        Output::Text => {
            let mut log = Log::new(stderr);
            log.heading(&live.now().account, Timestamp::now());
            Box::new(log)
        }
        Output::Json => Box::new(Json::new(std::io::stdout())),
        Output::Quiet => Box::new(Quiet),
    };
    Watch::new(live, view)
}

#[cfg(test)]
pub(crate) mod tests;
