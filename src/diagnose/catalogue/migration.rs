//! What migrations say, known by their words: they come as a process's output, not as an exception to a statement.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: DIRTY,
        title: "a migration was left half done",
        cause: Some("an earlier run of the migrations failed in the middle, and the migrator will not go on by itself"),
        help: "see how far that migration came, finish or undo it by hand on every replica, then mark it clean: INSERT INTO schema_migrations (version, dirty, sequence) VALUES (N, 0, toUInt64(toUnixTimestamp64Nano(now64()))); delete the migrations' job and start it again",
        temporary: false,
        signs: &[],
        explanation: "
`Dirty database version N. Fix and force version.` golang-migrate writes a dirty row into schema_migrations before each
migration, and a clean one behind it. A dirty one at the end means that migration N failed. The table is append-only:
the row with the highest `sequence` counts.

When N is made whole on every replica, append a clean row for N. When it is undone, append one for N - 1. In
Kubernetes: kubectl delete job langsmith-backend-ch-migrations, and the upgrade once more. On a cluster that holds no
rows yet it is simpler to clean every replica and Keeper and let the migrations start from nothing.",
    },
    Entry {
        code: ARRAY_JOIN_VIEW,
        title: "a materialized view's column is not in its target table",
        cause: Some("a view written with `arrayJoin(col) AS kv` passes on one node and fails with ON CLUSTER"),
        help: "create the view by hand with `ARRAY JOIN col AS kv` and tupleElement(kv, 1), as in runs_inputs_kv_mv TO runs_inputs_kv; mark the migration clean, and run the migrations again",
        temporary: false,
        signs: &[],
        explanation: "
`column 'kv' not found in target table`: the migration creates a materialized view that names its array's element with
arrayJoin(col) AS kv in the SELECT. With ON CLUSTER the server checks the view's columns against its target, and `kv`
is one it does not have. The same view with `ARRAY JOIN col AS kv` in the FROM passes. After that the migration is
dirty: see `houseplan explain houseplan::migration::dirty`.",
    },
];

pub(super) const DIRTY: &str = "houseplan::migration::dirty";
pub(super) const ARRAY_JOIN_VIEW: &str = "houseplan::migration::array_join_view";

/// The code of what a migrator printed.
pub(super) fn recognise(output: &str) -> Option<&'static str> {
    if output.contains("Dirty database version") {
        return Some(DIRTY);
    }
    (output.contains("not found in target table") && output.contains("column")).then_some(ARRAY_JOIN_VIEW)
}
