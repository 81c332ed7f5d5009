//! What is backed up or restored.

use super::form::Form;
use crate::sql::quote_identifier;

/// The database that is the claim of a run.
pub const CLAIM_DATABASE: &str = "houseplan_claim";

/// What ALL never touches: the system's databases and the claim of a run.
pub const NEVER: [&str; 4] = ["system", "information_schema", "INFORMATION_SCHEMA", CLAIM_DATABASE];

/// What a BACKUP or RESTORE is of.
pub enum Subject<F: Form> {
    Database(F::Name),
    /// A database without some of its tables.
    DatabaseExcept {
        database: F::Name,
        except: Vec<F::Name>,
    },
    /// Tables of a database; without one, where the plan names none.
    Tables {
        database: Option<F::Name>,
        tables: Vec<F::Name>,
    },
    /// Every database but those of the system, the claim, and these.
    AllExcept(Vec<F::Name>),
}

impl<F: Form> Subject<F> {
    /// A database without these of its tables, which may be none.
    pub fn database(database: F::Name, except: Vec<F::Name>) -> Self {
        match except.is_empty() {
            true => Self::Database(database),
            false => Self::DatabaseExcept { database, except },
        }
    }

    pub(super) fn sql(&self) -> String {
        match self {
            Self::Database(name) => format!("DATABASE {}", F::name(name)),
            // ClickHouse 24.8 takes these names without their database only *(run)*.
            Self::DatabaseExcept { database, except } => {
                let except: Vec<String> = except.iter().map(F::name).collect();
                format!("DATABASE {} EXCEPT TABLES {}", F::name(database), except.join(", "))
            }
            Self::Tables { database, tables } => {
                let of = database.as_ref().map_or_else(String::new, |database| format!("{}.", F::name(database)));
                let tables: Vec<String> = tables.iter().map(|name| format!("TABLE {of}{}", F::name(name))).collect();
                tables.join(", ")
            }
            Self::AllExcept(except) => {
                let is_there = |name: &&F::Name| !F::plain(name).is_some_and(|name| NEVER.contains(&name));
                let never = NEVER.iter().map(|name| quote_identifier(name));
                let names: Vec<String> = never.chain(except.iter().filter(is_there).map(F::name)).collect();
                format!("ALL EXCEPT DATABASES {}", names.join(", "))
            }
        }
    }
}
