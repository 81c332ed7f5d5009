//! What a process prints: line by line, redacted, the last of it kept.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::io::{AsyncRead, AsyncReadExt};

/// Takes secrets out of a line.
pub type Redact = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// A line longer than this is not shown: cut in two, a secret in it could escape redaction.
const LONGEST_LINE: usize = 64 << 10;

/// The last lines of a text, as many as fit.
#[derive(Clone)]
pub(in crate::action) struct Tail {
    kept: Arc<Mutex<Kept>>,
    limit: usize,
}

#[derive(Default)]
struct Kept {
    lines: VecDeque<String>,
    size: usize,
    /// Lines at the beginning are gone, or a line is.
    cut: bool,
    /// A secret was taken out.
    redacted: bool,
}

impl Tail {
    pub(in crate::action) fn new(limit: usize) -> Self {
        Self { kept: Arc::default(), limit }
    }

    // A panic between two pushes leaves whole lines: what is there can be used.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: String, overlong: bool, redacted: bool) {
        let mut kept = self.kept();
        kept.cut |= overlong;
        kept.redacted |= redacted;
        kept.size += line.len() + 1;
        kept.lines.push_back(line);
        while kept.size > self.limit {
            let Some(first) = kept.lines.pop_front() else { break };
            kept.size -= first.len() + 1;
            kept.cut = true;
        }
    }

    pub(in crate::action) fn text(&self) -> String {
        self.kept().lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// The text; where it is not all that was printed, it says so at its beginning.
    pub(in crate::action) fn marked(&self) -> String {
        match self.is_cut() {
            true => format!("[not all that was printed: of {} bytes at most, the last]\n{}", self.limit, self.text()),
            false => self.text(),
        }
    }

    pub(in crate::action) fn is_redacted(&self) -> bool {
        self.kept().redacted
    }

    pub(in crate::action) fn is_cut(&self) -> bool {
        self.kept().cut
    }
}

/// Reads to the end of a pipe. Each line is redacted before anyone sees it.
pub(in crate::action) async fn read_lines(
    mut pipe: impl AsyncRead + Unpin,
    tail: Tail,
    redact: Redact,
    show: impl Fn(&str),
) {
    let take = |line: &[u8], overlong: bool| {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches('\r');
        let line = match overlong {
            true => format!("[a line of more than {LONGEST_LINE} bytes]"),
            false => redact(text),
        };
        show(&line);
        let redacted = !overlong && line != text;
        tail.push(line, overlong, redacted);
    };
    let (mut line, mut overlong) = (Vec::new(), false);
    let mut buffer = vec![0_u8; 8 << 10];
    // An error of a pipe is its end.
    while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
        for piece in buffer[..read].split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match piece.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (piece, false),
            };
            overlong |= line.len() + text.len() > LONGEST_LINE;
            if !overlong {
                line.extend_from_slice(text);
            }
            if ended {
                take(&line, overlong);
                (line, overlong) = (Vec::new(), false);
            }
        }
    }
    if !line.is_empty() || overlong {
        take(&line, overlong);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kept(text: &[u8], limit: usize) -> String {
        let tail = Tail::new(limit);
        let redact: Redact = Arc::new(|line: &str| line.replace("secret", "[HIDDEN]"));
        read_lines(text, tail.clone(), redact, |line| assert!(!line.contains("secret"))).await;
        assert_eq!(tail.is_redacted(), text.windows(6).any(|it| it == b"secret"));
        tail.text()
    }

    #[tokio::test]
    async fn lines_are_redacted_and_the_last_are_kept() {
        assert_eq!(kept(b"a secret\r\nb\n\nc", 100).await, "a [HIDDEN]\nb\n\nc");
        assert_eq!(kept(b"aaaa\nbbbb\ncccc\n", 10).await, "bbbb\ncccc");
        assert_eq!(kept(b"\xff\n", 10).await, "\u{fffd}");
    }

    #[tokio::test]
    async fn a_line_without_end_takes_no_memory() {
        let mut text = vec![b'x'; LONGEST_LINE * 2];
        text.extend_from_slice(b"\nend\n");
        assert_eq!(kept(&text, 1000).await, "[a line of more than 65536 bytes]\nend");
    }
}
