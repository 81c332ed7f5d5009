//! The settings of BACKUP and RESTORE, in the one order that ClickHouse takes (`SETTINGS id = '…', … ASYNC`; the other way
//! round is 115 UNKNOWN_SETTING).

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
    /// `SETTINGS id = '…', … ASYNC`. `ours` are already literals.
    pub(super) fn sql(&self, ours: Vec<(&'static str, String)>) -> Result<String, SettingRefused> {
        let mut settings = vec![("id", quote_string(&self.id))];
        settings.extend(ours);
        for (name, value) in &self.of_plan {
            settings.push((name, self.literal(name, value)?));
        }
        let has = |name: &str| settings.iter().any(|(known, _)| *known == name);
        let retries: Vec<_> = RETRIES.into_iter().filter(|(name, _)| !has(name)).map(pair).collect();
        let settings: Vec<String> = settings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        Ok(format!("{} ASYNC", F::settings(&settings, &retries, &self.known)))
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
pub(super) fn of_probe<F: Form>(known: &F::Known) -> String {
    let few = |name: &str| if name == "backup_restore_s3_retry_attempts" { "3" } else { "200" };
    let retries: Vec<_> = RETRIES.into_iter().map(|(name, _)| pair((name, few(name)))).collect();
    F::settings(&[], &retries, known)
}

fn pair((name, value): (&'static str, &str)) -> (&'static str, String) {
    (name, format!("{name} = {value}"))
}

/// A setting's value as a parameter of a URL has it: ClickHouse reads it as text, whatever its type.
pub fn setting_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(on) => u8::from(*on).to_string(),
        other => other.to_string(),
    }
}
