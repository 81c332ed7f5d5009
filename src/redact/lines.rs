//! Redaction of a stream, line by line: a secret may come in two chunks, but hardly in two lines.

use std::sync::Arc;

use super::Redactor;

/// How long a line may get before it is cut.
const LONGEST_LINE: usize = 64 * 1024;

/// Takes chunks of a process's output, gives whole lines without secrets.
#[derive(Debug)]
pub struct LineRedactor {
    redactor: Arc<Redactor>,
    pending: Vec<u8>,
}

impl LineRedactor {
    pub fn new(redactor: Arc<Redactor>) -> Self {
        Self { redactor, pending: Vec::new() }
    }

    /// The lines that the chunk completes, without their ends. What is no UTF-8 is replaced.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<String> {
        self.pending.extend_from_slice(chunk);
        let mut lines = Vec::new();
        let mut from = 0;
        while let Some(end) = self.pending[from..].iter().position(|byte| *byte == b'\n').map(|found| from + found) {
            lines.push(self.line(&self.pending[from..end]));
            from = end + 1;
        }
        self.pending.drain(..from);
        while self.pending.len() > LONGEST_LINE + self.redactor.longest {
            lines.push(self.cut());
        }
        lines
    }

    /// The last line, where nothing ended it.
    pub fn finish(mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.pending);
        (!rest.is_empty()).then(|| self.line(&rest))
    }

    fn line(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        self.redactor.redact(text.strip_suffix('\r').unwrap_or(&text)).into_owned()
    }

    /// The first part of a line that is too long, cut where no secret is.
    fn cut(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.pending).into_owned();
        let cut = match self.redactor.safe_cut(&text, LONGEST_LINE.min(text.len())) {
            0 => text.len(), // one secret is all of it
            cut => cut,
        };
        let line = self.redactor.redact(&text[..cut]).into_owned();
        self.pending = text.as_bytes()[cut..].to_vec();
        line
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let redactor = Redactor::new([&SecretString::from("hunter2-hunter2".to_owned())]);
        let mut stream = LineRedactor::new(Arc::new(redactor));
        let mut lines: Vec<String> = chunks.iter().flat_map(|chunk| stream.push(chunk)).collect();
        lines.extend(stream.finish());
        lines
    }

    #[test]
    fn a_secret_in_two_chunks_is_found() {
        assert_eq!(lines(&[b"a hunter2-", b"hunter2 b\r\nc", b"\n", b"d"]), ["a [secret] b", "c", "d"]);
        assert_eq!(lines(&[b"\xc3", b"\xa9\n\xff"]), ["é", "\u{fffd}"]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]
        #[test]
        fn a_line_without_end_is_cut_beside_the_secret(at in LONGEST_LINE - 20..LONGEST_LINE + 5, chunk in 1_000_usize..70_000) {
            let mut text = vec![b'x'; at];
            text.extend_from_slice(b"hunter2-hunter2");
            text.extend(vec![b'y'; 3_000]);
            let chunks: Vec<&[u8]> = text.chunks(chunk).collect();
            let whole = lines(&chunks).concat();
            proptest::prop_assert!(!whole.contains("hunter2"));
            proptest::prop_assert_eq!(whole.matches("[secret]").count(), 1);
        }
    }
}
