//! Keeper, replicas, and what they leave behind.

use super::{
    Entry,
    sign::{code, words},
};

entries! {
    REPLICA_EXISTS = Entry::new("houseplan::keeper::replica_exists", "a replica of {table} is already registered in Keeper")
        .cause("the table was dropped without SYNC: it is gone from the catalogue, and goes from Keeper some 8 minutes later")
        .help("look at system.dropped_tables on {member} first. While the table is there, wait, or UNDROP TABLE and DROP TABLE … SYNC. Only then, if the path is still in Keeper: SYSTEM DROP REPLICA '…' FROM ZKPATH '…'")
        .signs(&[code(253)])
        .explained("
DROP TABLE without SYNC hides the table at once and removes it, and its replica's nodes in Keeper, after
database_atomic_delay_before_drop_table_sec (480 s). A CREATE in between meets the old replica.

The trap behind it: removing the path by hand (SYSTEM DROP REPLICA, or `rmr` in Keeper's client) seems to work, and
the new table comes up. But when the old table's delayed drop runs, it deletes the new replica's nodes. Then
is_readonly is 0, active_replicas is 0, and INSERT fails with 244 or 999. So: never touch Keeper while
system.dropped_tables names the table, and always drop with SYNC.");

    REPLICA_ALIVE = Entry::new("houseplan::keeper::replica_alive", "the replica is still alive in Keeper")
        .cause("its session has not expired yet (some 15 s after its end), or a server still has the table")
        .help("make sure that no server has the table any more, wait until the session has expired, and try again")
        .temporary()
        .signs(&[code(305)])
        .explained("
SYSTEM DROP REPLICA … FROM ZKPATH is refused while the replica is active. After its server was killed, that is until
its session expires. On a half-removed path it is refused for good, while CREATE says 253: then Keeper's own client
is what is left (`rmr '/path'`, the path in single quotes), after a look at system.dropped_tables.");

    NOT_CONFIGURED = Entry::new("houseplan::keeper::not_configured", "{member} has no Keeper")
        .cause("the server's configuration has no `zookeeper` section, or Keeper could not be reached when it started")
        .help("check `SELECT * FROM system.zookeeper_connection` on {member}")
        .signs(&[code(225)])
        .explained("
Replicated tables and ON CLUSTER need ZooKeeper or ClickHouse Keeper, and this server is not told where one is. On a
standalone server that is as it should be: then a statement meant for the cluster was sent to the wrong target.");

    READONLY_REPLICA = Entry::new("houseplan::keeper::readonly_replica", "{table} on {member} is read-only")
        .cause("the replica has lost Keeper, or its nodes there are gone")
        .help("if Keeper is back and it stays so: SYSTEM RESTART REPLICA {table}; where its nodes are gone: SYSTEM RESTORE REPLICA {table}")
        .temporary()
        .signs(&[code(242)])
        .explained("
A replicated table takes no writes while it has no session in Keeper. It comes back by itself when Keeper does. When
its path was removed under it, it stays read-only until SYSTEM RESTART REPLICA and SYSTEM RESTORE REPLICA write it
anew from the parts on disk.");

    NODES_GONE = Entry::new("houseplan::keeper::nodes_gone", "nodes of {table} are gone from Keeper")
        .cause("its path was removed under it: by hand, or by the delayed drop of an older table with the same path")
        .help("on one replica after the other: SYSTEM RESTART REPLICA {table}, SYSTEM RESTORE REPLICA {table}; then see that active_replicas = total_replicas in system.replicas")
        .signs(&[words(999, "No node"), code(244), words(242, "No node")])
        .explained("
The table is there and its path in Keeper is not, or only half of it. `is_readonly` may say 0 all the same: health is
active_replicas = total_replicas > 0. The rows on disk are not harmed. SYSTEM RESTORE REPLICA registers them anew.

It comes of removing a path by hand while a server still had the table, or of a table that was dropped without SYNC
and made again: after 480 s the old one's drop deletes the new one's nodes.");

    FAILED = Entry::new("houseplan::keeper::failed", "Keeper refused, or was not there")
        .help("check that Keeper has a leader and answers (`echo ruok | nc host 2181`), then try again")
        .temporary()
        .signs(&[code(999)])
        .explained("
999 KEEPER_EXCEPTION holds Keeper's own words: `Connection loss` and `Session expired` pass when Keeper is well again,
`No node` does not.");

    OTHER_COLUMNS = Entry::new("houseplan::keeper::other_columns", "{table} has other columns in Keeper than in this CREATE")
        .cause("another replica was made with another definition, or an older table left its path")
        .help("make every replica with the same statement (ON CLUSTER); remove what an older table left")
        .signs(&[words(122, "ZooKeeper")])
        .explained("
The first replica writes the table's columns into Keeper; each further one has to have the same.");

    UNREACHABLE = Entry::new("houseplan::keeper::unreachable", "Keeper cannot be reached from this machine")
        .help("see whether its host and port in the environment are right, and reachable from here")
        .temporary()
        .explained("
houseplan connects to ZooKeeper or ClickHouse Keeper itself only to see whether a path exists, and to remove a path that
is half gone already, which no server removes. Before it removes one it makes a path up (`/houseplan-…`) and has
every server drop the replica in it: a server that does not see it uses another Keeper, and then nothing is removed.
Everything else goes through a ClickHouse server.");
}
