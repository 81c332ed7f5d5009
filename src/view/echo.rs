//! Keeps the terminal from writing `^C` where the moving part stands: the cursor would leave the line that is drawn anew, and a
//! line of it would stay behind for good.

use std::io::{Stderr, stderr};

use rustix::{
    process::getpgrp,
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr},
};

/// The terminal as it was, to be put back. Where it cannot be changed, nothing is lost but that line.
pub struct Echo(Option<Termios>);

impl Echo {
    /// Switches the echo of control characters off, on the terminal that stderr is.
    pub fn off() -> Self {
        let before = tcgetattr(stderr()).ok().filter(|_| is_foreground(&stderr()));
        if let Some(before) = &before {
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHOCTL);
            tcsetattr(stderr(), OptionalActions::Now, &silent).unwrap_or_default();
        }
        Self(before)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        if let Some(before) = self.0.take().filter(|_| is_foreground(&stderr())) {
            tcsetattr(stderr(), OptionalActions::Now, &before).unwrap_or_default();
        }
    }
}

/// A process in the background that changes its terminal is stopped for it.
fn is_foreground(terminal: &Stderr) -> bool {
    tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp())
}
