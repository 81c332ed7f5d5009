//! What persons decided (or houseplan, for a settlement): approvals, settlements, and that a run was abandoned.

use jiff::Timestamp;
use serde::Serialize;

use super::Account;
use crate::{engine::event::MemberName, humanize};

/// Who decided what, and when.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    pub at: Timestamp,
    pub what: String,
    pub by: String,
}

impl Account {
    /// All decisions, the first one first.
    pub fn decisions(&self) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for (id, task) in &self.tasks {
            if let Some(approved) = &task.approved {
                let what = format!("approved {id}, which showed {}", approved.digest);
                decisions.push(Decision { at: approved.at, what, by: approved.by.clone() });
            }
            for attempt in &task.attempts {
                if let Some(settled) = &attempt.settled {
                    let what = format!("settled {id}, attempt {}, as {}", attempt.number, settled.verdict);
                    decisions.push(Decision { at: settled.at, what, by: settled.by.clone() });
                }
            }
        }
        if let Some((at, by)) = &self.abandoned {
            let what = format!("abandoned the run{}", without(&self.without));
            decisions.push(Decision { at: *at, what, by: by.clone() });
        }
        decisions.sort_by_key(|decision| decision.at);
        decisions
    }
}

/// Which servers a run was abandoned without, to stand behind that it was; nothing where it has them all.
pub fn without<'a>(members: impl IntoIterator<Item = &'a MemberName>) -> String {
    let names: Vec<&str> = members.into_iter().map(|it| it.member.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(" without {}", humanize::list(&names)) }
}
