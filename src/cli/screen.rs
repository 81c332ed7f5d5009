//! A run on the screen: the view meanwhile, and what is said when it ends or has to wait.

use std::io::{IsTerminal, Write};

use houseplan::{
    document::Place,
    engine::{
        event::Event,
        observer::Observer,
        performer::Progress,
        state::{Item, State},
    },
    exit::Exit,
    journal::{self, Record},
    plan::name::{StepId, TaskId},
    run::{Documents, Finished, Session},
    view::{
        View,
        closing::closing,
        failure::StepPlace,
        json::Json,
        model::Model,
        outline::Outline,
        paint::Paint,
        plain::Plain,
        quiet::Quiet,
        suspended::suspended,
        terminal::{Terminal, heading},
    },
};
use miette::{IntoDiagnostic, WrapErr};

use super::global::Global;

/// Tells the view what the scheduler tells us.
pub struct Watch(Box<dyn View>);

impl Watch {
    /// Tells a machine what was on record before the view joined: above all the run's name.
    pub fn begins(mut self, global: &Global, session: &Session) -> miette::Result<Self> {
        if global.is_json() {
            for record in records(session.folder.journal().as_path())? {
                self.0.record(&record);
            }
        }
        Ok(self)
    }
}

impl Observer for Watch {
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

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// The view that fits: what moves on a terminal, lines elsewhere, JSON where it is asked for.
pub fn watch(global: &Global, session: &Session) -> miette::Result<Watch> {
    let model = model(&session.documents, session.folder.journal().as_path())?;
    if global.is_json() {
        return Ok(Watch(Box::new(Json::new(std::io::stdout()))));
    }
    if global.quiet {
        return Ok(Watch(Box::new(Quiet)));
    }
    let stderr = std::io::stderr();
    if stderr.is_terminal() {
        return Ok(Watch(Box::new(Terminal::stderr(model, global.color.paint(&stderr)))));
    }
    anstream::eprintln!("{}", heading(&model, usize::MAX, Paint::NONE));
    Ok(Watch(Box::new(Plain::new(model, stderr))))
}

/// The run as its journal tells it.
pub fn model(documents: &Documents, journal: &camino::Utf8Path) -> miette::Result<Model> {
    Ok(Model::replay(Outline::of(&documents.plan), &records(journal)?))
}

fn records(journal: &camino::Utf8Path) -> miette::Result<Vec<Record<Event>>> {
    Ok(journal::read::<Event>(journal).into_diagnostic().wrap_err("the journal cannot be read")?.records)
}

/// Says how the run ended, or why it waits and what to do next.
pub fn conclude(global: &Global, finished: &Finished) -> miette::Result<Model> {
    let model = model(&finished.documents, finished.folder.journal().as_path())?;
    if global.is_json() {
        return Ok(model);
    }
    let stderr = std::io::stderr();
    let talk = global.color.paint(&stderr);
    for sentence in &finished.left {
        anstream::eprintln!("  {sentence}");
    }
    let places = |step: &StepId| place(&finished.documents, step);
    let text = suspended(&model, &places, columns(&stderr), talk);
    if !text.is_empty() {
        anstream::eprintln!("\n{text}");
    }
    let stdout = std::io::stdout();
    let text = closing(&model, columns(&stdout), global.color.paint(&stdout));
    if !text.is_empty() {
        say(&format!("\n{text}"));
    }
    Ok(model)
}

/// Writes data to stdout. A reader that has gone away is no error of ours.
pub fn say(text: &str) {
    let mut out = anstream::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Where a step stands in the plan.
fn place(documents: &Documents, step: &StepId) -> Option<StepPlace> {
    let found = documents.plan.steps.iter().find(|it| it.id == *step)?;
    let place: &Place = &found.place;
    let (file, span) = documents.bundle.locate(place);
    Some(StepPlace { name: file.document.source.name.to_string(), text: file.document.source.text.to_string(), span })
}

/// How wide the stream's terminal is; 100 columns where it is none.
pub fn columns(stream: &impl IsTerminal) -> usize {
    let terminal = stream.is_terminal().then(|| console::Term::stdout().size_checked()).flatten();
    terminal.map_or(100, |(_, columns)| columns.into())
}

/// How stderr is painted.
pub fn talk(global: &Global) -> Paint {
    global.color.paint(&std::io::stderr())
}

/// The exit code of a run that was driven.
pub fn exit(model: &Model) -> Exit {
    Exit::of_run(model)
}
