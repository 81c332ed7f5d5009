//! That the servers are those that were meant.

use super::Entry;

entries! {
    CHANGED = Entry::new("houseplan::world::changed", "{member} is another server than the run began with")
        .help("point the environment at the server the run began with and `houseplan resume RUN --accept-changes`, or abandon the run (where `finally` needs that server: `--without MEMBER`) and start a new one")
        .explained("
At its start a run notes who each server is: its host name, its data path, its version, its UUID where it has one.
On resume they are compared, for the members that steps are still to act on. Here they differ: the address leads to
another server now (a port-forward to another pod, a new volume under an old name), or the server was replaced. What
the run has found out about the old one does not hold for the new one. Where the same server is at another address now,
write that into the environment: a resume with --accept-changes takes it, if it proves to be the server that was noted.");

    OTHER_VERSION = Entry::new("houseplan::world::other_version", "{member} runs another version of ClickHouse than when the run began")
        .cause("it was upgraded, or downgraded, since; by its name and its data it is the same server")
        .help("`houseplan resume RUN --accept-changes` goes on with it as it is now; or put the old version back")
        .explained("
At its start a run notes which version each server runs, and looks again when it is resumed, on the members that steps
are still to act on. Here it is another one, and nothing else has changed: the host name, the data path and the UUID
(where there is one) are those of the server that was meant.

The server has restarted for that. Its data are on disk, but what it held in memory is gone: `SYSTEM STOP MERGES` is
forgotten, so merges may have run, and so is `system.backups`, so a BACKUP or RESTORE that was under way is settled by
what it left. Statements may differ between versions, and members of one cluster should not run several for long.

`--accept-changes` takes the version as it is: that is written into the journal, with who said so. A run that is
abandoned takes it without asking, for its `finally` steps are what puts the servers back.");

    DUPLICATE_MEMBER = Entry::new("houseplan::world::duplicate_member", "two members are the same server")
        .help("give each member of the environment a URL of its own; a load balancer's address is no member")
        .explained("
Two members answer with the same UUID, or with the same host name and data path. Then one server is asked twice and
another never, and a check that says `every replica is empty` means less than it says. The usual reason is a Service
or a load balancer in front of the replicas: each connection may reach another one. Every member needs an address of
its own (in Kubernetes: the pod's).");

    SAME_SERVER = Entry::new("houseplan::world::same_server", "two targets are the same server")
        .help("correct the environment: a plan must never clean the server that it copies from")
        .explained("
The plan's targets are there to be different: it takes from one and cleans and fills the other. A member of each
answers with the same identity, so what is dropped on the one is gone on the other.");

    MISSING_MEMBERS = Entry::new("houseplan::world::missing_members", "the environment names fewer members than the cluster has")
        .help("add every host of `SELECT host_name, shard_num, replica_num FROM system.clusters` to the environment")
        .explained("
`system.clusters` on the server knows more hosts of this cluster than the environment names. A replica that the plan
does not know is one that is not cleaned, whose leftovers the migrations meet, and that no check looks at.");

    UNKNOWN_CLUSTER = Entry::new("houseplan::world::unknown_cluster", "{member} does not know the cluster that the environment names")
        .help("take the name from `SELECT DISTINCT cluster FROM system.clusters` on that server")
        .explained("
The environment says which cluster of `system.clusters` a target is, so that the run can see whether it knows all of
its hosts. The server has no cluster of that name.");

    SHARD_COUNT = Entry::new("houseplan::world::shard_count", "the target has another number of shards than the plan allows")
        .help("see `shards` in the plan's targets, and `shard` of the environment's members")
        .explained("
A plan says for how many shards it was written (`shards: 1` where it says nothing). Rows that come from one server
do not spread over shards by themselves: RESTORE puts all of them where it runs.");

    MEMBER_COUNT = Entry::new("houseplan::world::member_count", "the target has another number of members than the plan allows")
        .help("see `members` in the plan's targets, and the members that the environment names")
        .explained("
A plan says how many servers a target has to have: one for a standalone server, at least two for a replicated
cluster. The environment names another number.");
}
