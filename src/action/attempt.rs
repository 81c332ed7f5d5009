//! Which attempt of which task an action is, and by what servers know it again.

use std::time::Duration;

use crate::name::TaskId;

/// Which attempt of which task of which run an action is.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub run: String,
    pub task: TaskId,
    /// From 1.
    pub number: u32,
    /// How long tracked work may make no progress before it counts as stalled.
    pub stalled_after: Option<Duration>,
}

impl Attempt {
    /// `RUN/TASK/ATTEMPT`: the id of a BACKUP or RESTORE.
    pub fn operation_id(&self) -> String {
        format!("{}{}", self.id_prefix(), self.number)
    }

    /// What the ids of all attempts of the task begin with.
    pub fn id_prefix(&self) -> String {
        harmless(&format!("{}/{}/", self.run, self.task))
    }

    /// What the marks of all attempts of the task begin with.
    pub fn mark_prefix(&self) -> String {
        format!("houseplan {}", self.id_prefix())
    }

    /// The comment that every statement of the attempt begins with.
    pub fn mark(&self) -> String {
        format!("houseplan {}", self.operation_id())
    }
}

/// A text that can stand in a comment of SQL, in a string and on one line: a table may be called anything. Different texts
/// stay different.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '*' | '%' | '\u{2028}' | '\u{2029}') {
            let mut bytes = [0_u8; 4];
            out.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::StepId;

    fn attempt(item: &str) -> Attempt {
        let task = TaskId::new(&StepId::new("restore"), Some(item), None);
        Attempt { run: "r".to_owned(), task, number: 2, stalled_after: None }
    }

    #[test]
    fn a_mark_never_ends_its_comment() {
        for name in ["t*/ DROP TABLE a; /*", "/*", "a\nb\r\u{2028}\0", "*", "/**/"] {
            let attempt = attempt(name);
            let mark = attempt.mark();
            assert!(!mark.contains("*/") && !mark.contains("/*") && !mark.contains('*'), "{mark}");
            assert!(!mark.chars().any(|c| c.is_control() || c == '\u{2028}'), "{mark:?}");
            assert!(mark.starts_with(&attempt.mark_prefix()) && mark.ends_with(&attempt.operation_id()));
        }
        assert_eq!(attempt("runs").mark(), "houseplan r/restore[runs]/2");
        assert_ne!(attempt("a*").operation_id(), attempt("a%2A").operation_id());
    }
}
