//! Whether the Keeper that this machine reaches is the one that the servers use, at the same root.
//!
//! That a server answers 305 "does not look like a table path" says nothing: a path of another Keeper does not look like one
//! either, and what this machine would remove there may be another cluster's table. Two Keepers may hold the very same
//! paths, so comparing names proves nothing, and `system.zookeeper` may not be read by everyone. What proves it is a change
//! that goes from one to the other: this machine makes a table path up, under a name that nobody else can have, with a dead
//! replica in it, and the server is told to drop that replica, with the statement and the privilege that removing takes
//! anyway. Where the replica is gone then, both see one Keeper.

use uuid::Uuid;

use super::task::{KeeperTask, failed};
use crate::{
    connect::{
        clickhouse::Statement,
        keeper::{KeeperClient, KeeperError},
        target::{Cluster, Member},
    },
    failure::Failure,
    statements::drop_replica,
};

/// The name of the replica that is made up.
const REPLICA: &str = "houseplan";

impl KeeperTask {
    /// The members that have not shown that they see the same Keeper.
    pub(super) async fn strangers(&self, cluster: &Cluster, keeper: &KeeperClient) -> Result<Vec<String>, Failure> {
        let mut strangers = Vec::new();
        for member in &cluster.members {
            if !self.sees(member, keeper).await.map_err(|error| failed(&error))? {
                strangers.push(member.name.to_string());
            }
        }
        Ok(strangers)
    }

    async fn sees(&self, member: &Member, keeper: &KeeperClient) -> Result<bool, KeeperError> {
        let path = format!("/houseplan-{}", Uuid::new_v4());
        let replica = format!("{path}/replicas/{REPLICA}");
        let seen = async {
            for node in [&path, &format!("{path}/replicas"), &replica] {
                keeper.create(node).await?;
            }
            let text = drop_replica(REPLICA, &path);
            // What it answers does not matter: what is gone afterwards is the proof.
            let _ = member.client.query(&Statement::write(text).marked(self.attempt.mark())).await;
            Ok(!keeper.exists(&replica).await?)
        };
        let seen = seen.await;
        keeper.remove_all(&path).await?;
        seen
    }
}
