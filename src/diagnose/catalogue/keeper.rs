//! Keeper, replicas, and what they leave behind.

use super::{Entry, code, words};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "houseplan::keeper::replica_exists",
        title: "a replica of {table} is already registered in Keeper",
        cause: Some(
            "the table was dropped without SYNC: it is gone from the catalogue, and goes from Keeper some 8 minutes later",
        ),
        help: "look at system.dropped_tables on {member} first. While the table is there, wait, or UNDROP TABLE and DROP TABLE … SYNC. Only then, if the path is still in Keeper: SYSTEM DROP REPLICA '…' FROM ZKPATH '…'",
        temporary: false,
        signs: &[code(253)],
        explanation: "
DROP TABLE without SYNC hides the table at once and removes it, and its replica's nodes in Keeper, after
database_atomic_delay_before_drop_table_sec (480 s). A CREATE in between meets the old replica.

The trap behind it: removing the path by hand (SYSTEM DROP REPLICA, or `rmr` in Keeper's client) seems to work, and
the new table comes up. But when the old table's delayed drop runs, it deletes the new replica's nodes. Then
is_readonly is 0, active_replicas is 0, and INSERT fails with 244 or 999. So: never touch Keeper while
system.dropped_tables names the table, and always drop with SYNC.",
    },
    Entry {
        code: "houseplan::keeper::replica_alive",
        title: "the replica is still alive in Keeper",
        cause: Some("its session has not expired yet (some 15 s after its end), or a server still has the table"),
        help: "make sure that no server has the table any more, wait until the session has expired, and try again",
        temporary: true,
        signs: &[code(305)],
        explanation: "
SYSTEM DROP REPLICA … FROM ZKPATH is refused while the replica is active. After its server was killed, that is until
its session expires. On a half-removed path it is refused for good, while CREATE says 253: then Keeper's own client
is what is left (`rmr '/path'`, the path in single quotes), after a look at system.dropped_tables.",
    },
    Entry {
        code: "houseplan::keeper::not_configured",
        title: "{member} has no Keeper",
        cause: Some(
            "the server's configuration has no `zookeeper` section, or Keeper could not be reached when it started",
        ),
        help: "check `SELECT * FROM system.zookeeper_connection` on {member}",
        temporary: false,
        signs: &[code(225)],
        explanation: "
Replicated tables and ON CLUSTER need ZooKeeper or ClickHouse Keeper, and this server is not told where one is. On a
standalone server that is as it should be: then a statement meant for the cluster was sent to the wrong target.",
    },
    Entry {
        code: "houseplan::keeper::readonly_replica",
        title: "{table} on {member} is read-only",
        cause: Some("the replica has lost Keeper, or its nodes there are gone"),
        help: "if Keeper is back and it stays so: SYSTEM RESTART REPLICA {table}; where its nodes are gone: SYSTEM RESTORE REPLICA {table}",
        temporary: true,
        signs: &[code(242)],
        explanation: "
A replicated table takes no writes while it has no session in Keeper. It comes back by itself when Keeper does. When
its path was removed under it, it stays read-only until SYSTEM RESTART REPLICA and SYSTEM RESTORE REPLICA write it
anew from the parts on disk.",
    },
    Entry {
        code: "houseplan::keeper::nodes_gone",
        title: "nodes of {table} are gone from Keeper",
        cause: Some(
            "its path was removed under it: by hand, or by the delayed drop of an older table with the same path",
        ),
        help: "on one replica after the other: SYSTEM RESTART REPLICA {table}, SYSTEM RESTORE REPLICA {table}; then see that active_replicas = total_replicas in system.replicas",
        temporary: false,
        signs: &[words(999, "No node"), code(244), words(242, "No node")],
        explanation: "
The table is there and its path in Keeper is not, or only half of it. `is_readonly` may say 0 all the same: health is
active_replicas = total_replicas > 0. The rows on disk are not harmed. SYSTEM RESTORE REPLICA registers them anew.

It comes of removing a path by hand while a server still had the table, or of a table that was dropped without SYNC
and made again: after 480 s the old one's drop deletes the new one's nodes.",
    },
    Entry {
        code: "houseplan::keeper::failed",
        title: "Keeper refused, or was not there",
        cause: None,
        help: "check that Keeper has a leader and answers (`echo ruok | nc host 2181`), then try again",
        temporary: true,
        signs: &[code(999)],
        explanation: "
999 KEEPER_EXCEPTION holds Keeper's own words: `Connection loss` and `Session expired` pass when Keeper is well again,
`No node` does not.",
    },
    Entry {
        code: "houseplan::keeper::other_columns",
        title: "{table} has other columns in Keeper than in this CREATE",
        cause: Some("another replica was made with another definition, or an older table left its path"),
        help: "make every replica with the same statement (ON CLUSTER); remove what an older table left",
        temporary: false,
        signs: &[words(122, "ZooKeeper")],
        explanation: "
The first replica writes the table's columns into Keeper; each further one has to have the same.",
    },
];
