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
    frame::{Screen, frame},
    line::{self, heading, names},
    live::{Live, Shared, View},
    paint::Paint,
};
use crate::{
    account::{Account, Record},
    engine::{event::Event, performer::Progress},
    name::TaskId,
};

/// How often the moving part is drawn anew; so often is the terminal's size asked for, too.
const BEAT: Duration = Duration::from_millis(125);

/// Draws on a terminal through indicatif, which keeps what moves apart from what stands. The moving part is one bar whose
/// message is the whole frame: so it changes in one piece, and its lines are cut to the screen before they are drawn.
pub struct Terminal {
    drawing: Arc<Mutex<Drawing>>,
    /// Dropped to end the drawing thread.
    ends: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What is drawn, and on what. Taken after the live model, never before it.
struct Drawing {
    multi: MultiProgress,
    bar: ProgressBar,
    paint: Paint,
    size: fn() -> (usize, usize),
    beat: usize,
}

impl Terminal {
    /// On the terminal that stderr is.
    pub fn stderr(live: Shared, paint: Paint) -> Self {
        Self::new(live, paint, ProgressDrawTarget::stderr(), || {
            let (rows, columns) = console::Term::stderr().size();
            (columns.into(), rows.into())
        })
    }

    fn new(live: Shared, paint: Paint, target: ProgressDrawTarget, size: fn() -> (usize, usize)) -> Self {
        let multi = MultiProgress::with_draw_target(target);
        let bar = multi.add(ProgressBar::new_spinner());
        // proved: the template has no placeholder but one that indicatif knows
        bar.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()));
        let drawing = Drawing { multi, bar, paint, size, beat: 0 };
        // What a resume found has named its run already.
        let now = live.now();
        if now.account.created.is_some() && now.account.sessions.is_empty() {
            drawing.heading(&now.account);
        }
        drop(now);
        let drawing = Arc::new(Mutex::new(drawing));
        let (ends, ended) = channel();
        let drawn = Arc::clone(&drawing);
        let thread =
            std::thread::Builder::new().name("view".to_owned()).spawn(move || keep_drawing(&live, &drawn, &ended));
        // without the thread, the frame moves only when something happens
        Self { drawing, ends: Some(ends), thread: thread.ok() }
    }
}

fn lock(drawing: &Mutex<Drawing>) -> MutexGuard<'_, Drawing> {
    drawing.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep_drawing(live: &Shared, drawing: &Mutex<Drawing>, ended: &Receiver<()>) {
    while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
        let live = live.now();
        let mut drawing = lock(drawing);
        drawing.beat += 1;
        drawing.draw(&live);
    }
}

impl Drawing {
    fn columns(&self) -> usize {
        (self.size)().0
    }

    fn draw(&self, live: &Live) {
        let (columns, rows) = (self.size)();
        let screen = Screen { columns, rows, now: Timestamp::now(), paint: self.paint, beat: self.beat };
        self.bar.set_message(frame(live, screen).join("\n"));
        self.bar.tick();
    }

    /// A line that stands. Where the terminal is gone there is nobody to tell.
    fn stand(&self, text: &str) {
        self.multi.println(text).unwrap_or_default();
    }

    fn heading(&self, account: &Account) {
        self.stand(&heading(account, self.columns(), self.paint));
        self.stand("");
    }

    fn line(&self, account: &Account, record: &Record) {
        if let Event::RunCreated(_) = &record.event {
            self.heading(account);
        }
        if let Some(line) = line::standing(account, record) {
            self.stand(&line.on_screen(names(account), self.columns().min(100), self.paint));
        }
    }
}

impl View for Terminal {
    fn record(&mut self, live: &Live, record: &Record) {
        let drawing = lock(&self.drawing);
        drawing.line(&live.account, record);
        drawing.draw(live);
    }

    fn progress(&mut self, _: &Live, _: &TaskId, _: &Progress) {}

    fn finish(&mut self) {
        self.ends = None;
        if let Some(thread) = self.thread.take() {
            // a drawing thread that panicked has nothing more to say
            thread.join().unwrap_or_default();
        }
        let drawing = lock(&self.drawing);
        drawing.bar.finish_and_clear();
        drawing.multi.clear().unwrap_or_default();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.ends.is_some() {
            self.finish();
        }
    }
}
