//! The view on a terminal: what is done stands above as plain lines, what is at work moves below.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use super::{
    Record, View,
    frame::{Screen, Tracks, frame},
    line,
    model::Model,
    paint::{Paint, hang, width},
};
use crate::{
    engine::{event::Event, performer::Progress},
    name::TaskId,
};

/// How often the moving part is drawn anew; so often is the terminal's size asked for, too.
const BEAT: Duration = Duration::from_millis(125);

/// Draws on a terminal through indicatif, which keeps what moves apart from what stands. The moving part is one bar whose
/// message is the whole frame: so it changes in one piece, and its lines are cut to the screen before they are drawn.
pub struct Terminal {
    shared: Arc<Mutex<Shared>>,
    /// Dropped to end the drawing thread.
    ends: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    model: Model,
    tracks: Tracks,
    multi: MultiProgress,
    bar: ProgressBar,
    paint: Paint,
    size: fn() -> (usize, usize),
    beat: usize,
}

impl Terminal {
    /// On the terminal that stderr is, going on from `model` (what was before, where a run is resumed).
    pub fn stderr(model: Model, paint: Paint) -> Self {
        Self::new(model, paint, ProgressDrawTarget::stderr(), || {
            let (rows, columns) = console::Term::stderr().size();
            (columns.into(), rows.into())
        })
    }

    fn new(model: Model, paint: Paint, target: ProgressDrawTarget, size: fn() -> (usize, usize)) -> Self {
        let multi = MultiProgress::with_draw_target(target);
        let bar = multi.add(ProgressBar::new_spinner());
        // proved: the template has no placeholder but one that indicatif knows
        bar.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()));
        let shared = Arc::new(Mutex::new(Shared { model, tracks: Tracks::new(), multi, bar, paint, size, beat: 0 }));
        let (ends, ended) = channel();
        let drawn = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("view".to_owned()).spawn(move || keep_drawing(&drawn, &ended));
        // without the thread, the frame moves only when something happens
        Self { shared, ends: Some(ends), thread: thread.ok() }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep_drawing(shared: &Mutex<Shared>, ended: &Receiver<()>) {
    while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
        let mut shared = lock(shared);
        shared.beat += 1;
        shared.draw();
    }
}

impl Shared {
    fn columns(&self) -> usize {
        (self.size)().0
    }

    fn draw(&self) {
        let (columns, rows) = (self.size)();
        let screen = Screen { columns, rows, now: Timestamp::now(), paint: self.paint, beat: self.beat };
        self.bar.set_message(frame(&self.model, &self.tracks, screen).join("\n"));
        self.bar.tick();
    }

    /// A line that stands. Where the terminal is gone there is nobody to tell.
    fn stand(&self, text: &str) {
        self.multi.println(text).unwrap_or_default();
    }

    fn line(&self, record: &Record) {
        if let Event::RunCreated(_) = &record.event {
            self.stand(&heading(&self.model, self.columns(), self.paint));
            self.stand("");
        }
        if let Some(line) = line::standing(&self.model, record) {
            self.stand(&line.on_screen(names(&self.model), self.columns().min(100), self.paint));
        }
    }
}

/// `standalone-to-replicated 1.0.0 · environment sandbox · run 2026-11-22_143000-k7q2`.
pub fn heading(model: &Model, columns: usize, paint: Paint) -> String {
    let Some(created) = &model.created else { return String::new() };
    let version = created.plan_version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let rest = format!(" · environment {} · run {}", created.environment, created.run);
    let one_line = format!("{}{version}{rest}", paint.strong(&created.plan));
    if width(&one_line) < columns { one_line } else { one_line.replace(" · ", "\n  ") }
}

/// The width of the column of names: that of the longest that will be shown, within bounds.
pub fn names(model: &Model) -> usize {
    model.shown_steps().map(|(id, _)| width(id.as_str())).max().unwrap_or(0).clamp(10, 24)
}

impl View for Terminal {
    fn record(&mut self, record: &Record) {
        let mut shared = self.shared();
        shared.model.apply(record);
        if let Event::TaskStarted { task, .. } | Event::SettlementBegun { task, .. } = &record.event {
            shared.tracks.remove(task);
        }
        shared.line(record);
        shared.draw();
    }

    fn progress(&mut self, task: &TaskId, progress: &Progress) {
        let mut shared = self.shared();
        let before = shared.tracks.remove(task).unwrap_or_default();
        // a line that was printed, or what is being done, stays until there is another one
        let kept = Progress {
            doing: progress.doing.clone().or(before.doing),
            line: progress.line.clone().or(before.line),
            ..progress.clone()
        };
        shared.tracks.insert(task.clone(), kept);
    }

    fn notice(&mut self, text: &str) {
        let shared = self.shared();
        let text = hang(&format!("  {} ", shared.paint.warn("!")), text, shared.columns().min(100));
        shared.stand(text.trim_end());
    }

    fn finish(&mut self) {
        self.ends = None;
        if let Some(thread) = self.thread.take() {
            // a drawing thread that panicked has nothing more to say
            thread.join().unwrap_or_default();
        }
        let shared = self.shared();
        shared.bar.finish_and_clear();
        shared.multi.clear().unwrap_or_default();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.ends.is_some() {
            self.finish();
        }
    }
}
