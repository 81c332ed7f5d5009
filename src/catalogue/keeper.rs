//! Keeper, replicas, and what they leave behind.

use super::{
    Entry,
    sign::{code, words},
};

entries! {
    REPLICA_EXISTS = Entry::new("houseplan::keeper::replica_exists", "a replica of {table} is already registered in Keeper")
        .cause("the table may have been dropped without SYNC: it is no longer in the catalogue, but stays in Keeper for about 8 minutes")
        .help("first look at system.dropped_tables on {member}. While the table is there, wait, or UNDROP TABLE and DROP TABLE … SYNC. Only then, if the path is still in Keeper: SYSTEM DROP REPLICA '…' FROM ZKPATH '…'")
        .signs(&[code(253)])
        .explained("
DROP TABLE without SYNC hides the table immediately. The table and the nodes of its replica in Keeper are removed only
after database_atomic_delay_before_drop_table_sec (480 s). A CREATE before that finds the old replica.

Danger: removing the path by hand (SYSTEM DROP REPLICA, or `rmr` in the client of Keeper) seems to work, and the new
table is created. But when the delayed drop of the old table runs, it deletes the nodes of the new replica. Then
is_readonly is 0, active_replicas is 0, and INSERT fails with 244 or 999. So never change Keeper while
system.dropped_tables lists the table, and always drop with SYNC.");

    REPLICA_ALIVE = Entry::new("houseplan::keeper::replica_alive", "the replica is still active in Keeper")
        .cause("perhaps its session has not expired yet (about 15 s after its server ended), or a server still has the table")
        .help("make sure that no server has the table, wait until the session has expired, and try again")
        .temporary()
        .signs(&[code(305)])
        .explained("
SYSTEM DROP REPLICA … FROM ZKPATH is refused while the replica is active. After its server was killed, that is until
its session expires. On a path that is half removed it is always refused, while CREATE fails with 253. Then only the
client of Keeper can remove it (`rmr '/path'`, the path in single quotes), after a look at system.dropped_tables.");

    NOT_CONFIGURED = Entry::new("houseplan::keeper::not_configured", "{member} has no Keeper")
        .cause("perhaps the configuration of the server has no `zookeeper` section, or Keeper could not be reached when the server started")
        .help("check `SELECT * FROM system.zookeeper_connection` on {member}")
        .signs(&[code(225)])
        .explained("
Replicated tables and ON CLUSTER need ZooKeeper or ClickHouse Keeper, and this server does not know where one is. On a
standalone server that is normal. Then a statement for the cluster was sent to the wrong target.");

    READONLY_REPLICA = Entry::new("houseplan::keeper::readonly_replica", "{table} on {member} is read-only")
        .cause("perhaps the replica has lost Keeper, or its nodes there are gone")
        .help("if Keeper works again and the table is still read-only: SYSTEM RESTART REPLICA {table}; if its nodes are gone: SYSTEM RESTORE REPLICA {table}")
        .temporary()
        .signs(&[code(242)])
        .explained("
A replicated table accepts no writes while it has no session in Keeper. It recovers by itself when Keeper does. If its
path was removed, it stays read-only until SYSTEM RESTART REPLICA and SYSTEM RESTORE REPLICA write the path again from
the parts on disk.");

    NODES_GONE = Entry::new("houseplan::keeper::nodes_gone", "nodes of {table} are gone from Keeper")
        .cause("its path may have been removed by hand, or by the delayed drop of an older table with the same path")
        .help("on one replica after the other: SYSTEM RESTART REPLICA {table}, SYSTEM RESTORE REPLICA {table}; then check that active_replicas = total_replicas in system.replicas")
        .signs(&[words(999, "No node"), code(244), words(242, "No node")])
        .explained("
The table exists, but its path in Keeper does not, or only a part of it. `is_readonly` may still be 0: a healthy table
has active_replicas = total_replicas > 0. The rows on disk are not damaged. SYSTEM RESTORE REPLICA registers them
again.

This happens when somebody removes a path by hand while a server still has the table, or when a table is dropped
without SYNC and created again: after 480 s the drop of the old table deletes the nodes of the new one.");

    FAILED = Entry::new("houseplan::keeper::failed", "Keeper refused a request, or could not be reached")
        .help("check that Keeper has a leader and answers (`echo ruok | nc host 2181`), then try again")
        .temporary()
        .signs(&[code(999)])
        .explained("
999 KEEPER_EXCEPTION has the words of Keeper itself. `Connection loss` and `Session expired` end when Keeper is
healthy again. `No node` does not.");

    OTHER_COLUMNS = Entry::new("houseplan::keeper::other_columns", "{table} has other columns in Keeper than in this CREATE")
        .cause("perhaps another replica was created with another definition, or an older table left its path in Keeper")
        .help("create every replica with the same statement (ON CLUSTER); remove what an older table left")
        .signs(&[words(122, "ZooKeeper")])
        .explained("
The first replica writes the columns of the table into Keeper. Every other replica must have the same columns.");

    UNREACHABLE = Entry::new("houseplan::keeper::unreachable", "Keeper cannot be reached from this machine")
        .help("check its host and port in the environment, and that they can be reached from this machine")
        .temporary()
        .explained("
houseplan itself connects to ZooKeeper or ClickHouse Keeper only to see whether a path exists, and to remove a path
that is already half removed, which no server can do. Before it removes one, it creates a test path (`/houseplan-…`)
and lets every server drop the replica in it. A server that does not see the test path uses another Keeper, and then
houseplan removes nothing. Everything else goes through a ClickHouse server.

A run whose steps need Keeper connects to it before anything is changed, and so does `render --check`.");

    PARTLY_REMOVED = Entry::new("houseplan::keeper::partly_removed", "some of the paths are removed ({removed}), the others are not")
        .help("fix what stopped it, then `houseplan resume {run}`: what is gone already is left out")
        .explained("
Before the first path is removed, all of them are looked at. Something has changed since, so the step stopped in its
middle. What it has removed were the paths of tables that nobody has any more.");

    NO_SERVER = Entry::new("houseplan::keeper::no_server", "the plan names no server that could remove the paths")
        .help("say `through: <a ClickHouse target>`")
        .explained("
A path of a replicated table is removed by a ClickHouse server (SYSTEM DROP REPLICA), which refuses it while the
replica is active. The step does not say which server, or that target has no members. Nothing was removed.");
}
