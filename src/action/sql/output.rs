//! What `sql` gives, of its tasks.

use indexmap::IndexSet;
use serde_json::{Map, Value, json};

use crate::{action::Skipped, engine::state::TaskState, plan::outputs::SqlOutput};

impl SqlOutput {
    pub(super) fn of(tasks: &[TaskState]) -> Self {
        Self {
            rows: tasks.iter().flat_map(rows).collect(),
            skipped_members: tasks.iter().filter_map(skipped).collect(),
        }
    }
}

/// On which members the statements ran, and which were skipped; `None` where there are no members.
pub(super) fn summary(tasks: &[TaskState]) -> Option<String> {
    let ran = tasks.iter().filter(|task| skipped(task).is_none()).filter_map(|task| task.seed.member.as_ref());
    let ran: IndexSet<String> = ran.map(ToString::to_string).collect();
    let skipped = tasks.iter().filter_map(skipped).map(|why| format!("skipped: {why}"));
    let all: Vec<String> = ran.into_iter().chain(skipped).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn skipped(task: &TaskState) -> Option<String> {
    Skipped::reason(task.output.as_ref()?).map(str::to_owned)
}

fn rows(task: &TaskState) -> Vec<Map<String, Value>> {
    let rows = task.output.as_ref().and_then(|output| output.get("rows")).and_then(Value::as_array);
    let with_member = |row: &Value| {
        let mut whole = Map::new();
        whole.insert("member".to_owned(), json!(task.seed.member));
        whole.extend(row.as_object().cloned().unwrap_or_default());
        whole
    };
    rows.into_iter().flatten().map(with_member).collect()
}
