//! RESTORE.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    form::Form,
    settings::{SettingRefused, Settings, Worded},
    subject::Subject,
};

/// What has to be so of the tables that are restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Into {
    /// They are there, with the same columns, and empty on every replica.
    Existing,
    /// None of them is there.
    Absent,
    /// They are there and may hold rows: what is restored is added, and a repeat would double it.
    Append,
}

/// One RESTORE.
pub struct Restore<F: Form> {
    pub subject: Subject<F>,
    pub from: F::Place,
    /// What has to be so of the tables when it is sent.
    pub into: Into,
    /// The tables without their rows.
    pub structure_only: bool,
    pub settings: Settings<F>,
}

impl<F: Form> Restore<F> {
    /// The statement; an error where the plan gives it a setting that it may not have.
    ///
    /// Into tables that are there: `allow_different_table_def`, for the engine may have become a replicated one (it alone
    /// suffices for empty tables, *run*), and `create_table = 'must exist'`, for what is missing would silently come back as
    /// a table of one node. `allow_non_empty_tables` only where rows are to be added: without it the server itself refuses
    /// a second restore (608) instead of doubling the rows.
    pub fn text(&self) -> Result<Worded<F>, SettingRefused> {
        let mut ours = Vec::new();
        if self.into != Into::Absent {
            ours.push(("allow_different_table_def", "1".to_owned()));
            ours.push(("create_table", "'must exist'".to_owned()));
        }
        if self.into == Into::Append {
            ours.push(("allow_non_empty_tables", "1".to_owned()));
        }
        if self.structure_only {
            ours.push(("structure_only", "1".to_owned()));
        }
        let (inside, settings) = self.settings.sql(ours)?;
        let text = format!("RESTORE {} FROM {} {inside}", self.subject.sql(), F::place(&self.from)).into();
        Ok(Worded { text, settings })
    }
}
