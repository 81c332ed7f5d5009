//! Programs that are run to their end, with what they said.

use std::{
    io::{Read, Write as _},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::operator::Said;

/// What takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(5);

/// Runs a command, with this on its standard input.
pub fn run(command: &mut Command, input: &str) -> Said {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("its standard input");
    let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
    // Who does not read it has ended; the exit code tells.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().expect("its state") {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().expect("a signal");
            panic!("{command:?} hangs");
        }
        thread::sleep(LOOK);
    };
    let text = |reader: thread::JoinHandle<String>| reader.join().expect("its output");
    Said { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

fn reader(from: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    let mut from = from.expect("a pipe");
    thread::spawn(move || {
        let mut text = Vec::new();
        from.read_to_end(&mut text).expect("its output");
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// Asks again until it is so; what it is waited for is said where it never is.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        thread::sleep(Duration::from_millis(200));
    }
}
