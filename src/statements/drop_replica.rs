//! SYSTEM DROP REPLICA.

use crate::sql::quote_string;

/// Removes a dead replica of the table at `path` from Keeper. Where only a run knows which, `replica` is a symbol.
pub fn drop_replica(replica: &str, path: &str) -> String {
    format!("SYSTEM DROP REPLICA {} FROM ZKPATH {}", quote_string(replica), quote_string(path.trim_end_matches('/')))
}
