//! The named collection by which a server is let into a store for one run.
//!
//! It is made without a secret and filled by a statement of its own, so that a server which cannot use it never sees one.
//! Servers hide all values of both in what they log *(run: from 25.8 on; 24.8 does not, and is never sent the second)*.

use secrecy::{ExposeSecret, SecretString};

use super::place::s3_of_collection;
use crate::sql::{quote_identifier, quote_string};

/// What the names of all collections of a run begin with.
pub fn collection_prefix(run: &str) -> String {
    format!("houseplan_{run}_")
}

/// What the collection of a run for the store of this name is called.
pub fn collection_name(run: &str, store: &str) -> String {
    format!("{}{store}", collection_prefix(run))
}

/// Makes it, empty but for where the store is. That may be overridden, whatever the server's default is, for the table
/// function `s3` is given whole URLs.
pub fn make_collection(name: &str, store_url: &str) -> String {
    let url = format!("{}/", store_url.trim_end_matches('/'));
    format!("CREATE NAMED COLLECTION {} AS url = {} OVERRIDABLE", quote_identifier(name), quote_string(&url))
}

/// Puts the credentials into it, or others in their place. Holds the secrets.
pub fn fill_collection(
    name: &str,
    id: &SecretString,
    secret: &SecretString,
    token: Option<&SecretString>,
) -> SecretString {
    let values = [("access_key_id", Some(id)), ("secret_access_key", Some(secret)), ("session_token", token)];
    let values = values.into_iter().filter_map(|(key, value)| Some((key, value?)));
    let values: Vec<String> =
        values.map(|(key, value)| format!("{key} = {}", quote_string(value.expose_secret()))).collect();
    format!("ALTER NAMED COLLECTION {} SET {}", quote_identifier(name), values.join(", ")).into()
}

/// Drops it; one that is not there is dropped.
pub fn drop_collection(name: &str) -> String {
    format!("DROP NAMED COLLECTION IF EXISTS {}", quote_identifier(name))
}

/// What the ids of such trials begin with; they are nobody's work.
pub const TRIALS: &str = "houseplan-tries/";

/// The RESTORE by which a server shows how it takes the collection: nobody has put a backup at `path`, so it looks there, and
/// fails with 599 BACKUP_NOT_FOUND. It changes nothing. `once` makes its id another one than every other's.
pub fn try_collection(name: &str, path: &str, once: &str) -> String {
    let id = quote_string(&format!("{TRIALS}{once}"));
    format!("RESTORE DATABASE `houseplan_tries` FROM {} SETTINGS id = {id}", s3_of_collection(name, path))
}
