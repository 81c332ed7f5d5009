//! What `restore` gives, of its tasks.

use crate::{
    engine::state::TaskState,
    plan::outputs::{RestoreOutput, Restored},
};

impl RestoreOutput {
    pub(super) fn of(tasks: &[TaskState]) -> Self {
        Self { restored: tasks.iter().filter_map(|task| task.output.clone()).collect() }
    }

    /// What differs from the backup and does no harm, of all tasks.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        let each = self.restored.iter().filter_map(|output| serde_json::from_value::<Restored>(output.clone()).ok());
        each.flat_map(|restored| restored.notes)
    }
}
