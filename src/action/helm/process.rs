//! A process that outlives us unharmed: what it prints goes into files that have no name any more, and is read from there. At a pipe
//! whose reader has died, helm would be ended by its next line, in the middle of its work.

use std::{
    fs::File,
    io::{self, Read as _},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncWriteExt as _, DuplexStream, duplex},
    process::Command,
    sync::oneshot,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::action::exec::{
    Redact,
    printed::{Tail, read_lines},
};

/// How often its output is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How much of its output is kept.
const KEPT: usize = 64 << 10;
const PIECE: usize = 16 << 10;

/// A process at work, and what it prints.
pub(super) struct Detached {
    pub printed: Tail,
    pub errors: Tail,
    ended: oneshot::Receiver<io::Result<ExitStatus>>,
}

impl Detached {
    /// Starts it, in a process group of its own. It is watched on a task of its own: where who started it is dropped, it goes on.
    pub(super) fn start(
        mut command: Command,
        redact: &Redact,
        show: impl Fn(&str) + Clone + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (stdout, read_stdout) = output()?;
        let (stderr, read_stderr) = output()?;
        let mut child = command.stdout(stdout).stderr(stderr).process_group(0).spawn()?;
        let (printed, errors) = (Tail::new(KEPT), Tail::new(KEPT));
        let over = CancellationToken::new();
        let reading = [(read_stdout, printed.clone()), (read_stderr, errors.clone())].map(|(file, tail)| {
            let (theirs, ours) = duplex(PIECE);
            tokio::spawn(copy(file, theirs, over.clone()));
            tokio::spawn(read_lines(ours, tail, redact.clone(), show.clone()))
        });
        let (sender, ended) = oneshot::channel();
        tokio::spawn(async move {
            let status = child.wait().await;
            over.cancel();
            for reading in reading {
                let _ = reading.await;
            }
            // Nobody may be there to hear it any more.
            let _ = sender.send(status);
        });
        Ok(Self { printed, errors, ended })
    }

    /// Its end, with all that it has printed read.
    pub(super) async fn end(&mut self) -> io::Result<ExitStatus> {
        match (&mut self.ended).await {
            Ok(status) => status,
            Err(_) => Err(io::Error::other("it is not watched any more")),
        }
    }
}

/// A file without a name, to write to and to read from.
fn output() -> io::Result<(Stdio, File)> {
    let named = tempfile::NamedTempFile::new()?;
    let read = named.reopen()?;
    Ok((Stdio::from(named.into_file()), read))
}

/// Hands on what comes into the file, until the process is over and all of it was read.
async fn copy(mut from: File, mut to: DuplexStream, over: CancellationToken) {
    let mut buffer = vec![0_u8; PIECE];
    loop {
        let is_over = over.is_cancelled();
        match from.read(&mut buffer) {
            Ok(read @ 1..) => {
                if to.write_all(&buffer[..read]).await.is_err() {
                    return;
                }
            }
            Ok(_) if !is_over => {
                tokio::select! {
                    () = sleep(LOOK) => {}
                    () = over.cancelled() => {}
                }
            }
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn started(script: &str, shown: &Arc<Mutex<Vec<String>>>) -> Detached {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null());
        let redact: Redact = Arc::new(|line: &str| line.replace("pass", "[HIDDEN]"));
        let shown = Arc::clone(shown);
        Detached::start(command, &redact, move |line| shown.lock().unwrap().push(line.to_owned())).unwrap()
    }

    #[tokio::test]
    async fn what_it_prints_is_shown_as_it_comes_and_read_to_the_end() {
        let shown = Arc::default();
        let mut process = started("echo one; echo pass >&2; sleep 0.3; seq 3000; printf end; exit 3", &shown);
        sleep(Duration::from_millis(250)).await;
        assert!(shown.lock().unwrap().contains(&"one".to_owned()));
        assert_eq!(process.end().await.unwrap().code(), Some(3));
        assert!(process.printed.text().ends_with("2999\n3000\nend"));
        assert_eq!(process.errors.text(), "[HIDDEN]");
        assert_eq!(shown.lock().unwrap().len(), 3003);
    }

    #[tokio::test]
    async fn it_goes_on_when_nobody_listens_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("made");
        let script = format!("sleep 0.3; echo a; echo b >&2; touch {}", made.display());
        drop(started(&script, &Arc::default()));
        while !made.exists() {
            sleep(LOOK).await;
        }
    }
}
