//! One shell in a container, kept open for one command after the other: to start one takes longer than most commands do.
//!
//! Nothing here ends a stream, so it is the same on every protocol of exec. A request begins with a mark that nobody can foresee. The
//! shell says the mark, and only then is the rest sent, so a shell that has gone meanwhile has done nothing; then it says it at the end of
//! both of its streams. Meanwhile it says every now and then that it is there: a link that stalls tells nothing of itself.

use std::time::Duration;

use futures::FutureExt;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, timeout, timeout_at},
};
use uuid::Uuid;

use super::{Ended, Kubernetes, KubernetesError, PodContainer, Process};

/// How often the shell says that it is there, in seconds.
const BEAT: u64 = 10;
/// How long it may be silent.
const SILENCE: Duration = Duration::from_secs(45);
/// How long it may take to begin with a request.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the shell says on its standard error for that.
const BEAT_FRAME: &[u8] = b"\0+\0";

/// A shell in a container.
pub struct Shell {
    stdin: Box<dyn AsyncWrite + Send + Unpin>,
    heard: UnboundedReceiver<Heard>,
    out: Vec<u8>,
    err: Vec<u8>,
    /// When it was last of use.
    pub used: Instant,
}

/// What one command said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub out: Vec<u8>,
    pub err: Vec<u8>,
    pub code: i32,
}

/// Why a shell gave no answer. It is of no use any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellError {
    /// Nothing of the request was sent.
    NotSent(String),
    /// The command may have run.
    Lost(String),
}

enum Heard {
    Out(Vec<u8>),
    Err(Vec<u8>),
    Ended(Ended),
}

impl Kubernetes {
    /// Opens a shell that runs `body` for each request, after `setup` was run once.
    ///
    /// What `body` needs of a request it reads by itself: lines by `read`, what follows from descriptor 4. Its exit code is the
    /// answer's. Neither may hold a secret; `arguments` are `$1`, `$2` and so on.
    pub async fn shell(
        &self,
        at: &PodContainer,
        setup: &str,
        body: &str,
        arguments: &[String],
    ) -> Result<Shell, KubernetesError> {
        let command = ["sh", "-c", &script(setup, body), "sh"].map(str::to_owned);
        let process = self.exec(at, &[command.as_slice(), arguments].concat()).await?;
        let Process { stdin, stdout, stderr, link } = process;
        Ok(Shell::new(Box::new(stdin), stdout, stderr, link))
    }
}

/// The beat is written by a process of its own that ends when the shell has ended. Descriptor 4 is the input, for in a pipeline `0` is
/// another one.
fn script(setup: &str, body: &str) -> String {
    format!(
        "(while kill -0 $$ 2>/dev/null; do printf '\\0+\\0' >&2; sleep {BEAT} 2>/dev/null; done) </dev/null >/dev/null &\n\
         exec 4<&0\n\
         {setup}\n\
         while IFS= read -r mark; do\n\
         printf '\\0%s\\0' \"$mark\"\n\
         {body}\n\
         code=$?\n\
         printf '\\0%s\\0' \"$mark\" >&2\n\
         printf '\\0%s %s\\0' \"$mark\" \"$code\"\n\
         done"
    )
}

impl Shell {
    fn new(
        stdin: Box<dyn AsyncWrite + Send + Unpin>,
        stdout: impl AsyncRead + Send + Unpin + 'static,
        stderr: impl AsyncRead + Send + Unpin + 'static,
        link: impl Future<Output = Ended> + Send + 'static,
    ) -> Self {
        let (sender, heard) = unbounded_channel();
        let reading = [
            tokio::spawn(hear(stdout, sender.clone(), Heard::Out)).abort_handle(),
            tokio::spawn(hear(stderr, sender.clone(), Heard::Err)).abort_handle(),
        ];
        tokio::spawn(async move {
            // Dropped, the link is cut; so is a link that nobody listens to any more.
            let ended = tokio::select! {
                ended = link => ended,
                () = sender.closed() => {
                    reading.iter().for_each(tokio::task::AbortHandle::abort);
                    return;
                }
            };
            let _ = sender.send(Heard::Ended(ended));
        });
        Self { stdin, heard, out: Vec::new(), err: Vec::new(), used: Instant::now() }
    }

    /// What `setup` reads before the first request.
    pub async fn give(&mut self, text: &[u8]) -> Result<(), ShellError> {
        let written = timeout(PATIENCE, self.stdin.write_all(text)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(ShellError::NotSent(error.to_string())),
            Err(_) => Err(ShellError::NotSent("its input is not taken".to_owned())),
        }
    }

    /// Sends one request, and gives all that was said to it.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Said, ShellError> {
        let mark = Uuid::new_v4().simple().to_string();
        self.begin(&mark).await?;
        // From here on it may have been carried out.
        let mut written = 0;
        loop {
            if let Some(said) = self.said(&mark) {
                self.used = Instant::now();
                return Ok(said);
            }
            let heard = tokio::select! {
                biased;
                heard = timeout(SILENCE, self.heard.recv()) => heard,
                more = self.stdin.write(&request[written..]), if written < request.len() => {
                    written += more.map_err(|error| ShellError::Lost(error.to_string()))?;
                    continue;
                }
            };
            match heard {
                Ok(Some(heard)) => self.hears(heard).map_err(ShellError::Lost)?,
                Ok(None) => return Err(ShellError::Lost("the link has ended".to_owned())),
                Err(_) => {
                    let reason = format!("the link has stalled: nothing was heard for {} s", SILENCE.as_secs());
                    return Err(ShellError::Lost(reason));
                }
            }
        }
    }

    /// Waits until the shell has taken the mark.
    async fn begin(&mut self, mark: &str) -> Result<(), ShellError> {
        while let Some(Some(heard)) = self.heard.recv().now_or_never() {
            self.hears(heard).map_err(ShellError::NotSent)?;
        }
        (self.out, self.err) = (Vec::new(), Vec::new());
        self.give(format!("{mark}\n").as_bytes()).await?;
        let (taken, until) = (format!("\0{mark}\0"), Instant::now() + PATIENCE);
        while !self.out.starts_with(taken.as_bytes()) {
            match timeout_at(until, self.heard.recv()).await {
                Ok(Some(heard)) => self.hears(heard).map_err(ShellError::NotSent)?,
                Ok(None) => return Err(ShellError::NotSent("the link has ended".to_owned())),
                Err(_) => {
                    let reason = format!("the shell in the container has not answered in {} s", PATIENCE.as_secs());
                    return Err(ShellError::NotSent(reason));
                }
            }
        }
        self.out.drain(..taken.len());
        Ok(())
    }

    /// Fails where it has ended, with how.
    fn hears(&mut self, heard: Heard) -> Result<(), String> {
        match heard {
            Heard::Out(text) => self.out.extend(text),
            Heard::Err(text) => self.err.extend(text),
            Heard::Ended(Ended::Code(code)) => {
                return Err(format!("the shell in the container has ended with code {code}"));
            }
            Heard::Ended(Ended::NotStarted(_)) => return Err("the container has no `sh`".to_owned()),
            Heard::Ended(Ended::Unknown(reason)) => return Err(reason),
        }
        Ok(())
    }

    /// The whole answer, once both streams have ended with the mark.
    fn said(&mut self, mark: &str) -> Option<Said> {
        let (before, frame) = last_frame(&self.out)?;
        let code = std::str::from_utf8(frame).ok()?.strip_prefix(mark)?.trim().parse().ok()?;
        let err = without_beats(&self.err);
        let err = err.strip_suffix(format!("\0{mark}\0").as_bytes())?.to_vec();
        let out = self.out[..before].to_vec();
        Some(Said { out, err, code })
    }
}

async fn hear(mut from: impl AsyncRead + Unpin, to: UnboundedSender<Heard>, as_what: fn(Vec<u8>) -> Heard) {
    let mut buffer = vec![0_u8; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if to.send(as_what(buffer[..read].to_vec())).is_err() {
            return;
        }
    }
}

/// What stands between the last two NULs, where one is the end, and where the first of them is.
fn last_frame(text: &[u8]) -> Option<(usize, &[u8])> {
    let body = text.strip_suffix(b"\0")?;
    let at = body.iter().rposition(|byte| *byte == 0)?;
    Some((at, &body[at + 1..]))
}

fn without_beats(text: &[u8]) -> Vec<u8> {
    let mut left = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, others)) = rest.split_first() {
        match rest.strip_prefix(BEAT_FRAME) {
            Some(behind) => rest = behind,
            None => {
                left.push(*first);
                rest = others;
            }
        }
    }
    left
}

#[cfg(test)]
mod tests;
