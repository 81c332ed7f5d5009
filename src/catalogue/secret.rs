//! Secrets of Kubernetes that a plan makes.

use super::Entry;

entries! {
    NO_KEY = Entry::new("houseplan::secret::no_key", "the Secret {secret} has no key {keys}")
        .help("look at the keys it has (`kubectl describe secret`, which shows no values), and correct `keys` in the step")
        .explained("
A step copies values from another Secret, and that one lacks a key that the step names. Nothing was made.");

    CHANGED = Entry::new("houseplan::secret::changed", "the Secret {secret} has changed while it was being written")
        .help("`houseplan resume {run}` reads it again")
        .temporary()
        .explained("
Somebody else has made or changed the Secret between houseplan's reading and writing. houseplan's write was refused by the
API server, so what is there now is theirs. The next attempt compares it anew.");
}
