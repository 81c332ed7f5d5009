//! The settings of BACKUP and RESTORE: their own in the one order that ClickHouse takes (`SETTINGS id = '…', … ASYNC`; the other
//! way round is 115 UNKNOWN_SETTING), and those of the server beside the statement, where every version takes them.

use indexmap::IndexMap;
use serde_json::Value;

use super::form::Form;
use crate::sql::quote_string;

/// What decides whether something can happen twice: never a plan's to set.
const OURS: [&str; 7] = [
    "async",
    "base_backup",
    "internal",
    "create_table",
    "allow_different_table_def",
    "allow_non_empty_tables",
    "structure_only",
];

/// How retries against S3 are set where neither the plan nor the server's profile says: some 75 s, where the server's own
/// 1,000 attempts look like hanging *(run)*.
const RETRIES: [(&str, &str); 3] = [
    ("backup_restore_s3_retry_attempts", "20"),
    ("backup_restore_s3_retry_initial_backoff_ms", "100"),
    ("backup_restore_s3_retry_max_backoff_ms", "5000"),
];

/// Settings of the server, not of BACKUP: inside `SETTINGS` ClickHouse 24.8 refuses them (653 CANNOT_PARSE_BACKUP_SETTINGS), and
/// newer versions take them there as well *(run)*.
const OF_THE_SERVER: [&str; 2] = ["max_backup_bandwidth", "backup_restore_"];

/// Settings that are sent beside a statement, each with its text.
pub type Beside = IndexMap<String, String>;

/// A statement, and what is sent beside it.
#[derive(Debug, Clone)]
pub struct Worded<F: Form> {
    pub text: F::Text,
    pub settings: Beside,
}

/// A setting that a plan may not give to BACKUP and RESTORE.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the setting `{name}` {reason}")]
pub struct SettingRefused {
    pub name: String,
    pub reason: &'static str,
}

/// What a BACKUP or RESTORE is told beside what its kind says.
pub struct Settings<F: Form> {
    /// The id under which the server knows it.
    pub id: String,
    /// Those that the plan asks for.
    pub of_plan: IndexMap<String, F::Value>,
    /// Which of the settings for retries the server knows.
    pub known: F::Known,
}

impl<F: Form> Settings<F> {
    /// `SETTINGS id = '…', … ASYNC`, and what is sent beside it. `ours` are already literals.
    pub(super) fn sql(&self, ours: Vec<(&'static str, String)>) -> Result<(String, Beside), SettingRefused> {
        let mut inside = vec![format!("id = {}", quote_string(&self.id))];
        inside.extend(ours.into_iter().map(|(name, value)| format!("{name} = {value}")));
        let mut beside = Beside::new();
        for (name, value) in &self.of_plan {
            let literal = self.literal(name, value)?;
            match F::beside(value).filter(|_| OF_THE_SERVER.iter().any(|it| name.starts_with(it))) {
                Some(text) => _ = beside.insert(name.clone(), text),
                None => inside.push(format!("{name} = {literal}")),
            }
        }
        for (name, value) in RETRIES.into_iter().filter(|(name, _)| !self.of_plan.contains_key(*name)) {
            beside.extend(F::where_known(name, value, &self.known).map(|value| (name.to_owned(), value)));
        }
        Ok((format!("SETTINGS {} ASYNC", inside.join(", ")), beside))
    }

    fn literal(&self, name: &str, value: &F::Value) -> Result<String, SettingRefused> {
        let refused = |reason| SettingRefused { name: name.to_owned(), reason };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(refused("is no name of a setting: letters, digits and `_` only"));
        }
        if name == "id" || OURS.contains(&name) {
            return Err(refused("is set by houseplan itself"));
        }
        if name == "password" {
            return Err(refused("is written into the server's log in clear, and no format on S3 takes one"));
        }
        F::literal(value).ok_or_else(|| refused("is neither text, number nor boolean"))
    }
}

/// Those of a probe: it gives up soon, and is waited for.
pub(super) fn of_probe<F: Form>(known: &F::Known) -> Beside {
    let few = |name: &str| if name == "backup_restore_s3_retry_attempts" { "3" } else { "200" };
    let retries = RETRIES.into_iter().map(|(name, _)| (name, F::where_known(name, few(name), known)));
    retries.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A setting's value as a parameter of a URL has it: ClickHouse reads it as text, whatever its type.
pub fn setting_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(on) => u8::from(*on).to_string(),
        other => other.to_string(),
    }
}
