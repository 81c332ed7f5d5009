//! That the servers are those that were meant.

use super::Entry;

entries! {
    NOT_AS_NEEDED = Entry::new("houseplan::world::not_as_needed", "the servers are not as the plan needs them")
        .help("fix what is listed, then repeat the command")
        .explained("
Before a run starts or goes on, houseplan checks every server that it would act on. Each problem is listed with its
own code. Nothing was done on the servers.");

    CHANGED = Entry::new("houseplan::world::changed", "{member} is another server than when the run started")
        .help("in the environment, write the address of the server that the run started with, then `houseplan resume {run} --accept-changes`; or abandon the run (if `finally` needs that server: `--without MEMBER`) and start a new one")
        .explained("
When a run starts, it records the identity of each server: host name, data path, version, and UUID if there is one. On
resume it compares them, for the members that remaining steps act on. Here they differ. The address may lead to
another server now (a port-forward to another pod, a new volume under an old name), or the server was replaced. What
the run has found on the old server may not be true for the new one. If the same server has another address now, write
that address into the environment: `resume --accept-changes` takes it, if it proves to be the server that was
recorded.");

    OTHER_VERSION = Entry::new("houseplan::world::other_version", "{member} runs another version of ClickHouse than when the run started")
        .cause("it was upgraded or downgraded since; its name and its data path are the same")
        .help("`houseplan resume {run} --accept-changes` goes on with the new version; or install the old version again")
        .explained("
When a run starts, it records the version of each server. On resume it compares them, for the members that remaining
steps act on. Here the version differs, and nothing else: the host name, the data path and the UUID (if there is one)
are those of the server that the run started with.

The server has restarted for that. Its data are on disk, but what was in memory is gone. It has forgotten `SYSTEM STOP
MERGES`, so merges may have run. `system.backups` is empty, so a BACKUP or RESTORE that was running is judged by what
it left. Statements may differ between versions, and members of one cluster should not run different versions for
long.

`--accept-changes` accepts the new version, and the journal records who accepted it. A run that is abandoned accepts
it without asking, because its `finally` steps restore the servers.");

    DUPLICATE_MEMBER = Entry::new("houseplan::world::duplicate_member", "two members are the same server")
        .help("give each member of the environment its own URL; the address of a load balancer is not a member")
        .explained("
Two members answer with the same UUID, or with the same host name and data path. One server would be asked twice and
another one never, so a check that `every replica is empty` could be wrong. Often there is a Service or a load
balancer in front of the replicas: each connection may reach another one. Every member needs an address of its own (in
Kubernetes: the address of the pod).");

    SAME_SERVER = Entry::new("houseplan::world::same_server", "two targets are the same server")
        .help("correct the environment: a plan must never clean the server that it copies from")
        .explained("
The targets of the plan must be different servers: it copies from one, and cleans and fills the other. A member of
each answers with the same identity, so what is dropped on one is gone on the other.");

    MISSING_MEMBERS = Entry::new("houseplan::world::missing_members", "the environment names fewer members than the cluster has")
        .help("add every host of `SELECT host_name, shard_num, replica_num FROM system.clusters` to the environment")
        .explained("
`system.clusters` on the server lists more hosts of this cluster than the environment. A replica that the plan does
not know is not cleaned, its old tables make the migrations fail, and no check looks at it.");

    UNKNOWN_CLUSTER = Entry::new("houseplan::world::unknown_cluster", "{member} does not know the cluster that the environment names")
        .help("use a name from `SELECT DISTINCT cluster FROM system.clusters` on that server")
        .explained("
The environment names the cluster in `system.clusters` that a target is, so that the run can check that it knows all
hosts. The server has no cluster with that name.");

    SHARD_COUNT = Entry::new("houseplan::world::shard_count", "the target has a number of shards that the plan does not allow")
        .help("see `shards` in the targets of the plan, and `shard` of the members in the environment")
        .explained("
A plan says for how many shards it was written (`shards: 1` if it says nothing). Rows from one server do not spread
over several shards by themselves: RESTORE puts all of them on the server where it runs.");

    MEMBER_COUNT = Entry::new("houseplan::world::member_count", "the target has a number of members that the plan does not allow")
        .help("see `members` in the targets of the plan, and the members in the environment")
        .explained("
A plan says how many servers a target must have: one for a standalone server, at least two for a replicated cluster.
The environment names another number.");
}
