//! The parts that the texts of BACKUP and RESTORE have in common: destinations, names, and settings in the one order that
//! ClickHouse takes (`SETTINGS id = '…', … ASYNC`; the other way round is 115 UNKNOWN_SETTING).

use indexmap::IndexMap;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::{
    catalogue,
    connect::{
        clickhouse::{quote_identifier, quote_string},
        target::Store,
    },
    diagnose::{Activity, Context},
    failure::Failure,
    world::claim::DATABASE as CLAIM_DATABASE,
};

/// What ALL never touches: the system's databases and the claim of a run.
pub(in crate::action) const NEVER: [&str; 4] = ["system", "information_schema", "INFORMATION_SCHEMA", CLAIM_DATABASE];

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

/// `S3('url', 'key', 'secret')`; only the URL where the servers use credentials of their own. Holds the secret.
pub(in crate::action) fn destination(store: &Store, path: &str) -> String {
    let url = quote_string(&store.url_of(path));
    match &store.credentials {
        Some((id, secret)) => {
            format!("S3({url}, {}, {})", quote_string(id.expose_secret()), quote_string(secret.expose_secret()))
        }
        None => format!("S3({url})"),
    }
}

/// `` `database`.`table` ``.
pub(in crate::action) fn qualified(database: &str, table: &str) -> String {
    format!("{}.{}", quote_identifier(database), quote_identifier(table))
}

/// `ALL EXCEPT DATABASES …`: the system's, houseplan's own, and those the plan names.
pub(in crate::action) fn except_databases(except: &[String]) -> String {
    let mut names: Vec<&str> = NEVER.to_vec();
    names.extend(except.iter().map(String::as_str).filter(|name| !NEVER.contains(name)));
    let names: Vec<String> = names.into_iter().map(quote_identifier).collect();
    format!("ALL EXCEPT DATABASES {}", names.join(", "))
}

/// The settings of one statement, in order. What houseplan sets cannot be set by a plan.
pub(in crate::action) struct Settings(Vec<(String, String)>);

impl Settings {
    /// Begins with the id. `ours` are already literals.
    pub(in crate::action) fn new(id: &str, ours: Vec<(&str, String)>) -> Self {
        let mut settings = vec![("id".to_owned(), quote_string(id))];
        settings.extend(ours.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Self(settings)
    }

    /// Those of a probe: it gives up soon, and is waited for.
    pub(in crate::action) fn probe(known: &[String]) -> String {
        let few = |name: &str| if name == "backup_restore_s3_retry_attempts" { "3" } else { "200" };
        let retries = RETRIES.iter().filter(|(name, _)| known.iter().any(|known| known == name));
        let settings: Vec<String> = retries.map(|(name, _)| format!("{name} = {}", few(name))).collect();
        if settings.is_empty() { String::new() } else { format!("SETTINGS {}", settings.join(", ")) }
    }

    /// Adds those that the plan asks for.
    pub(in crate::action) fn with_plans(mut self, settings: &IndexMap<String, Value>) -> Result<Self, Failure> {
        for (name, value) in settings {
            let refused = |reason: &str| {
                let message = format!("the setting `{name}` {reason}");
                Err(catalogue::backup::SETTING_REFUSED
                    .failure_in(&Context::new(Activity::Backup))
                    .with_message(message))
            };
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return refused("is no name of a setting: letters, digits and `_` only");
            }
            if OURS.contains(&name.as_str()) || self.has(name) {
                return refused("is set by houseplan itself");
            }
            if name == "password" {
                return refused("is written into the server's log in clear, and no format on S3 takes one");
            }
            let literal = match value {
                Value::String(text) => quote_string(text),
                Value::Bool(flag) => u8::from(*flag).to_string(),
                Value::Number(number) => number.to_string(),
                _ => return refused("is neither text, number nor boolean"),
            };
            self.0.push((name.clone(), literal));
        }
        Ok(self)
    }

    /// Adds our retries against S3, as far as the server knows the settings and nobody else has set them.
    pub(in crate::action) fn with_retries(mut self, known: &[String]) -> Self {
        for (name, value) in RETRIES {
            if known.iter().any(|known| known == name) && !self.has(name) {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
        self
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// `SETTINGS id = '…', … ASYNC`.
    pub(in crate::action) fn text(&self) -> String {
        let settings: Vec<String> = self.0.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        format!("SETTINGS {} ASYNC", settings.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_id_comes_first_and_async_last() {
        let plans = IndexMap::from([
            ("max_backup_bandwidth".to_owned(), json!(1_000)),
            ("s3_storage_class".to_owned(), json!("it's")),
            ("deduplicate_files".to_owned(), json!(false)),
        ]);
        let settings = Settings::new("run/backup/1", vec![]).with_plans(&plans).unwrap();
        let settings = settings.with_retries(&["backup_restore_s3_retry_attempts".to_owned()]);
        assert_eq!(
            settings.text(),
            r"SETTINGS id = 'run/backup/1', max_backup_bandwidth = 1000, s3_storage_class = 'it\'s', deduplicate_files = 0, backup_restore_s3_retry_attempts = 20 ASYNC"
        );
    }

    #[test]
    fn what_houseplan_sets_a_plan_cannot() {
        for name in ["id", "async", "base_backup", "allow_non_empty_tables", "password", "a b", "", "create_table"] {
            let plans = IndexMap::from([(name.to_owned(), json!("x"))]);
            let ours = vec![("create_table", "'must exist'".to_owned())];
            assert!(Settings::new("i", ours).with_plans(&plans).is_err(), "{name}");
        }
    }

    #[test]
    fn all_leaves_out_the_systems_databases_and_ours() {
        assert_eq!(
            except_databases(&["lo`g".to_owned(), "system".to_owned()]),
            "ALL EXCEPT DATABASES `system`, `information_schema`, `INFORMATION_SCHEMA`, `houseplan_claim`, `lo\\`g`"
        );
    }
}
