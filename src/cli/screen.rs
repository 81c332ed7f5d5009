//! A run on the screen: the view meanwhile, and what is said when it ends or is suspended.

use std::io::{IsTerminal, Write};

use houseplan::{
    account::{Account, outline::Outline},
    engine::{
        event::Event,
        observer::Observer,
        performer::Progress,
        state::{Item, State},
    },
    journal::{self, Record, folder::RunFolder},
    name::{StepId, TaskId},
    run::{Documents, Finished, Session, account_of},
    view::{self, closing::closing, failure::StepPlace, live::Watch, suspended::suspended, wrap::hang},
};
use miette::IntoDiagnostic;
use serde::Serialize;

use super::global::Global;

/// Tells the view what the scheduler tells us.
struct Following(Watch);

impl Observer for Following {
    fn event(&mut self, record: &Record<Event>, _: &State) {
        self.0.record(record);
    }

    fn progress(&mut self, item: Item, progress: &Progress, state: &State) {
        let task = match item {
            Item::Task(task) => state.task(task as usize).seed.id.clone(),
            Item::Step(step) => TaskId::new(state.step_id(step as usize), None, None),
        };
        self.0.progress(&task, progress);
    }
}

/// When the run started that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Began {
    Now,
    /// It is resumed: what was before has been told before.
    Before,
}

/// Drives a run on the screen: what goes on meanwhile, then how it ended, or why it waits and what to do next.
pub async fn follow(global: &Global, session: Session, began: Began) -> miette::Result<Account> {
    let known = journal::read::<Event>(&session.folder.journal())?.records;
    // A reader of JSON lines is told what was on record before the view joined: above all the run's name.
    let before = if global.is_json() && began == Began::Now { 0 } else { known.len() };
    let (before, told) = known.split_at(before);
    let account = Account { at_work: true, ..Account::replay(Outline::of(&session.documents.plan), before) };
    let mut following = Following(view::open(global.view(), global.color, account));
    told.iter().for_each(|record| following.0.record(record));
    conclude(global, &session.drive(following).await?)
}

/// The run as its journal tells it.
pub fn account(documents: &Documents, folder: &RunFolder) -> miette::Result<Account> {
    let records = journal::read::<Event>(&folder.journal())?.records;
    Ok(account_of(documents, &records))
}

fn conclude(global: &Global, finished: &Finished) -> miette::Result<Account> {
    let account = account(&finished.documents, &finished.folder)?;
    if global.is_json() {
        return Ok(account);
    }
    let stderr = std::io::stderr();
    for sentence in &finished.left {
        anstream::eprint!("{}", hang("  note   ", sentence, columns(&stderr)));
    }
    let places = |step: &StepId| place(&finished.documents, step);
    let text = suspended(&account, &places, columns(&stderr), global.color.paint(&stderr));
    if !text.is_empty() {
        anstream::eprintln!("\n{text}");
    }
    let stdout = std::io::stdout();
    let text = closing(&account, columns(&stdout), global.color.paint(&stdout));
    if !text.is_empty() {
        say(&format!("\n{text}"));
    }
    Ok(account)
}

/// Writes data to stdout. A reader that has gone away is no error of ours.
pub fn say(text: &str) {
    let mut out = anstream::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes data to stdout as one line of JSON.
pub fn say_json(value: &impl Serialize) -> miette::Result<()> {
    say(&format!("{}\n", serde_json::to_string(value).into_diagnostic()?));
    Ok(())
}

/// Where a step stands in the plan.
fn place(documents: &Documents, step: &StepId) -> Option<StepPlace> {
    let found = documents.plan.steps.iter().find(|it| it.id == *step)?;
    let (file, span) = documents.bundle.locate(&found.place);
    Some(StepPlace { name: file.document.source.name.to_string(), text: file.document.source.text.to_string(), span })
}

/// How wide the stream's terminal is; 100 columns where it is none.
pub fn columns(stream: &impl IsTerminal) -> usize {
    let terminal = stream.is_terminal().then(|| console::Term::stdout().size_checked()).flatten();
    terminal.map_or(100, |(_, columns)| columns.into())
}
