//! `houseplan status`: how all runs stand, or one.

use std::{io::IsTerminal, process::ExitCode};

use houseplan::{
    account::{Account, outline::Outline},
    engine::event::Event,
    journal::{self, folder::RunStore},
    report::status,
    run::{account_of, saved_documents},
};
use jiff::Timestamp;

use super::{
    global::Global,
    screen::{columns, say, say_json},
};

/// Show the state of all runs, or of one with its steps and tasks
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan status
  houseplan status 2026-11-22_143000-k7q2
  houseplan status --output json")]
pub struct StatusCommand {
    /// The run; all of them where it is left out
    run: Option<String>,
}

impl StatusCommand {
    pub fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let store = global.runs()?;
        let stdout = std::io::stdout();
        let (columns, paint, now) = (columns(&stdout), global.color.paint(&stdout), Timestamp::now());
        if let Some(run) = &self.run {
            let account = read(&store, run)?;
            match global.is_json() {
                true => say_json(&account)?,
                false => say(&status::run(&account, now, columns, paint)),
            }
            return Ok(ExitCode::SUCCESS);
        }
        let mut lines = Vec::new();
        for run in store.list()? {
            match read(&store, &run) {
                Ok(account) => lines.push(status::RunLine::of(&account)),
                Err(error) => anstream::eprintln!("{run}: {error}"),
            }
        }
        if global.is_json() {
            for line in &lines {
                say_json(line)?;
            }
        } else if lines.is_empty() {
            anstream::eprintln!("there are no runs yet; `houseplan run PLAN --env FILE` starts one");
        } else {
            // A file and a pipe have no edge.
            let columns = if stdout.is_terminal() { columns } else { usize::MAX };
            say(&status::runs(&lines, now, columns, paint));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The account of a run, as its journal tells it. The plan's outline is made from the run's own copies.
pub fn read(store: &RunStore, run: &str) -> miette::Result<Account> {
    let path = store.journal_of(run)?;
    let records = journal::read::<Event>(&path)?.records;
    let created = records.iter().find_map(|record| match &record.event {
        Event::RunCreated(created) => Some(created),
        _ => None,
    });
    let names = created.map(|created| created.targets.clone()).unwrap_or_default();
    let at_work = store.holder_of(run).is_some();
    let account = match saved_documents(store, run, &names) {
        Ok(documents) => account_of(&documents, &records),
        Err(_) => Account::replay(Outline::default(), &records),
    };
    Ok(Account { at_work, ..account })
}
