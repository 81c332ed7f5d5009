//! What migrations print. They come as a process's output, not as an exception to a statement.

use super::{Entry, sign::printed};

entries! {
    DIRTY = Entry::new("houseplan::migration::dirty", "a migration was not finished")
        .cause("an earlier run of the migrations failed in the middle, and the migrator refuses to go on")
        .help("see how far that migration came, finish or undo it by hand on every replica, then mark it clean: INSERT INTO schema_migrations (version, dirty, sequence) VALUES (N, 0, toUInt64(toUnixTimestamp64Nano(now64()))); delete the job of the migrations and start it again")
        .signs(&[printed(&["Dirty database version"])])
        .explained("
`Dirty database version N. Fix and force version.` golang-migrate writes a dirty row into schema_migrations before
each migration, and a clean row after it. A dirty row at the end means that migration N failed. Rows are only added to
the table: the row with the highest `sequence` counts.

When N is complete on every replica, add a clean row for N. When it is undone, add one for N - 1. In Kubernetes:
kubectl delete job langsmith-backend-ch-migrations, then run the upgrade again. On a cluster without rows it is
simpler to clean every replica and Keeper, and to let the migrations start from nothing.");

    ARRAY_JOIN_VIEW = Entry::new("houseplan::migration::array_join_view", "a column of a materialized view is not in its target table")
        .cause("a view written with `arrayJoin(col) AS kv` works on one node and fails with ON CLUSTER")
        .help("create the view by hand with `ARRAY JOIN col AS kv` and tupleElement(kv, 1), as in runs_inputs_kv_mv TO runs_inputs_kv; mark the migration clean, and run the migrations again")
        .signs(&[printed(&["column", "not found in target table"])])
        .explained("
`column 'kv' not found in target table`: the migration creates a materialized view that names the element of an array
with arrayJoin(col) AS kv in the SELECT. With ON CLUSTER the server compares the columns of the view with its target
table, and the target has no column `kv`. The same view with `ARRAY JOIN col AS kv` in the FROM is accepted. After
that the migration is dirty: see `houseplan explain houseplan::migration::dirty`.");
}
