//! Removes the paths of tables that nobody has any more.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::task::{KeeperTask, failed};

use crate::{
    action::{failure::statement_failed, secrets::Secrets},
    catalogue,
    connect::{
        clickhouse::{Row, Statement, quote_string},
        keeper::{KeeperClient, KeeperError},
        target::{Cluster, Member},
    },
    diagnose::{Activity, Context},
    engine::performer::{Answer, Progress, TaskContext},
    failure::{Failure, Refusal},
    plan::outputs::{KeeperOutput, KeeperRow},
    statements::drop_replica,
};

/// How long a killed server's session may live on (305 until then): ClickHouse asks for 30 s.
const SESSION: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(1);

/// What ClickHouse keeps below the path of a table: by these a path is known to be one.
const OF_A_TABLE: [&str; 9] =
    ["replicas", "metadata", "columns", "log", "blocks", "mutations", "block_numbers", "leader_election", "dropped"];

const NOT_OF_A_TABLE: &str = "is not the path of a replicated table";
const NOTHING_THERE: &str = "nothing there";

/// Whether what is below a path (`None` where there is no such path) is what a table keeps there. Where nothing is, nothing is
/// removed.
fn is_of_a_table(path: &str, children: Option<&[String]>) -> bool {
    let deep = path.starts_with('/') && path.split('/').filter(|part| !part.is_empty()).count() >= 2;
    let of_a_table = |children: &[String]| children.iter().any(|child| OF_A_TABLE.contains(&child.as_str()));
    children.is_none_or(|children| deep && (children.is_empty() || of_a_table(children)))
}

/// Why a path was not removed.
enum Obstacle {
    Refused(Refusal),
    Failed(Failure),
    Interrupted,
}

impl Obstacle {
    /// What is said of it once other paths are removed: no refusal, for that says that nothing was.
    fn midway(self, rows: &[KeeperRow]) -> Self {
        let removed = rows.iter().filter_map(|row| match row {
            KeeperRow::Removed { path, removed } if removed != NOTHING_THERE => Some(path.as_str()),
            _ => None,
        });
        let removed: Vec<&str> = removed.collect();
        match self {
            Self::Refused(refusal) if !removed.is_empty() => {
                let found: Vec<String> = refusal.found.iter().map(|line| line.join(" · ")).collect();
                let cause = [found.join("\n"), refusal.otherwise.unwrap_or_default()].join("\n");
                let failure = catalogue::keeper::PARTLY_REMOVED.with("removed", removed.join(", "));
                Self::Failed(failure.failure_in(&Context::new(Activity::Keeper)).with_cause(cause.trim()))
            }
            other => other,
        }
    }
}

impl From<Failure> for Obstacle {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<KeeperError> for Obstacle {
    fn from(error: KeeperError) -> Self {
        Self::Failed(failed(&error))
    }
}

impl KeeperTask {
    pub(super) async fn remove(&self, task_context: &TaskContext, paths: &[String]) -> Answer {
        match self.remove_each(task_context, paths).await {
            Ok(rows) => Answer::Acted(json!(KeeperOutput { rows })),
            Err(Obstacle::Refused(refusal)) => Answer::Stopped(refusal),
            Err(Obstacle::Failed(failure)) => Answer::Failed(failure),
            Err(Obstacle::Interrupted) => {
                Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&Context::new(Activity::Keeper)))
            }
        }
    }

    async fn remove_each(&self, task_context: &TaskContext, paths: &[String]) -> Result<Vec<KeeperRow>, Obstacle> {
        let Some(cluster) = self.through.as_deref().filter(|cluster| !cluster.members.is_empty()) else {
            return Err(catalogue::keeper::NO_SERVER
                .failure_in(&Context::new(Activity::Keeper))
                .before_sending()
                .into());
        };
        let paths: Vec<&str> = paths.iter().map(|path| path.trim_end_matches('/')).collect();
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let found = in_use(cluster, &paths).await.map_err(Failure::before_sending)?;
        if !found.is_empty() {
            return Err(Obstacle::Refused(refusal(found)));
        }
        let keeper = self.client().await.map_err(Failure::before_sending)?;
        // A refusal says that nothing was removed, so that all of them are looked at before the first is.
        let mut strange = Vec::new();
        for path in &paths {
            if !is_of_a_table(path, keeper.children(path).await?.as_deref()) {
                strange.push(vec!["keeper".to_owned(), (*path).to_owned(), NOT_OF_A_TABLE.to_owned()]);
            }
        }
        if !strange.is_empty() {
            return Err(Obstacle::Refused(refusal(strange)));
        }
        let mut rows = Vec::new();
        for (done, path) in paths.iter().enumerate() {
            (task_context.progress)(Progress {
                doing: Some((*path).to_owned()),
                done: Some(done as u64),
                total: Some(paths.len() as u64),
                ..Progress::default()
            });
            let removed = self.remove_one(task_context, cluster, &keeper, path).await;
            let removed = removed.map_err(|obstacle| obstacle.midway(&rows))?.to_owned();
            rows.push(KeeperRow::Removed { path: (*path).to_owned(), removed });
        }
        Ok(rows)
    }

    /// Says how it went: `nothing there`, `by the servers`, `by Keeper's client`.
    async fn remove_one(
        &self,
        task_context: &TaskContext,
        cluster: &Cluster,
        keeper: &KeeperClient,
        path: &str,
    ) -> Result<&'static str, Obstacle> {
        let Some(children) = keeper.children(path).await? else { return Ok(NOTHING_THERE) };
        if !is_of_a_table(path, Some(&children)) {
            let found = ["keeper", path, NOT_OF_A_TABLE].map(str::to_owned).to_vec();
            return Err(Obstacle::Refused(refusal(vec![found])));
        }
        let replicas = format!("{path}/replicas");
        let begun = Instant::now();
        loop {
            let names = keeper.children(&replicas).await?.unwrap_or_default();
            let mut living = Vec::new();
            for name in &names {
                if keeper.exists(&format!("{replicas}/{name}/is_active")).await? {
                    living.push(name.clone());
                } else {
                    self.drop_replica(cluster, name, path).await?;
                }
            }
            if !keeper.exists(path).await? {
                return Ok("by the servers");
            }
            if living.is_empty() {
                // No replica is left, or only halves of some: no server removes these, and none is using them. Or the servers
                // do not see this path at all, for theirs is another Keeper.
                let strangers = self.strangers(cluster, keeper).await?;
                if !strangers.is_empty() {
                    return Err(Obstacle::Refused(another_keeper(strangers, keeper.address())));
                }
                keeper.remove_all(path).await?;
                return Ok("by Keeper's client");
            }
            if begun.elapsed() > SESSION {
                let message = format!("replicas of {path} are still active: {}", living.join(", "));
                let failure =
                    catalogue::keeper::REPLICA_ALIVE.failure_in(&Context::new(Activity::Keeper)).with_message(message);
                return Err(failure.into());
            }
            (task_context.progress)(Progress {
                doing: Some(format!("waiting until the session of {} has expired", living.join(", "))),
                ..Progress::default()
            });
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = task_context.interrupted.cancelled() => return Err(Obstacle::Interrupted),
            }
        }
    }

    /// By the first server that takes it. 305 TABLE_WAS_NOT_DROPPED is no end: the session may live on, or the path be half
    /// gone; what is there afterwards tells.
    async fn drop_replica(&self, cluster: &Cluster, replica: &str, path: &str) -> Result<(), Failure> {
        let text = drop_replica(replica, path);
        let mut last = Ok(());
        for member in &cluster.members {
            let statement = Statement::write(text.clone()).marked(self.attempt.mark());
            match member.client.query(&statement).await {
                Ok(_) => return Ok(()),
                Err(error) if error.has_code(305) => return Ok(()),
                Err(error) => {
                    last = Err(statement_failed(&Context::on(Activity::Keeper, member), &error, &Secrets::default()));
                }
            }
        }
        last
    }
}

/// Who still uses one of the paths, or will touch one later: member, what, why.
async fn in_use(cluster: &Cluster, paths: &[&str]) -> Result<Vec<Vec<String>>, Failure> {
    let quoted: Vec<String> = paths.iter().map(|path| quote_string(path)).collect();
    let queries = [
        format!(
            "SELECT concat(database, '.', table) AS full_name, concat('lives at ', zookeeper_path) AS what \
             FROM system.replicas WHERE zookeeper_path IN ({}) ORDER BY full_name",
            quoted.join(", ")
        ),
        "SELECT concat(database, '.', table) AS full_name, \
         'was dropped without SYNC: when its delayed drop runs, it deletes what is at its path then' AS what \
         FROM system.dropped_tables WHERE engine LIKE 'Replicated%' ORDER BY full_name"
            .to_owned(),
    ];
    let mut found = Vec::new();
    for member in &cluster.members {
        for query in &queries {
            found.extend(lines(member, query).await?);
        }
    }
    Ok(found)
}

async fn lines(member: &Member, query: &str) -> Result<Vec<Vec<String>>, Failure> {
    let rows = member.client.query(&Statement::read(query)).await;
    let rows =
        rows.map_err(|error| statement_failed(&Context::on(Activity::Keeper, member), &error, &Secrets::default()))?;
    let cell = |row: &Row, name: &str| row.get(name).and_then(|cell| cell.as_str()).unwrap_or_default().to_owned();
    Ok(rows.0.iter().map(|row| vec![member.name.to_string(), cell(row, "full_name"), cell(row, "what")]).collect())
}

fn another_keeper(members: Vec<String>, address: &str) -> Refusal {
    let what = format!("does not see what is written into the Keeper at {address}");
    Refusal {
        check: "this machine and the servers use the same Keeper".to_owned(),
        phase: "precondition".to_owned(),
        expected: "every member removes a replica that this machine has made up in Keeper".to_owned(),
        found: members.into_iter().map(|member| vec![member, "keeper".to_owned(), what.clone()]).collect(),
        otherwise: Some(
            "Nothing was removed there: it may be another cluster's. See `SELECT * FROM system.zookeeper_connection` on the members, \
             and write that address for the Keeper in the environment; where the servers have a `root` in theirs, remove the path by hand."
                .to_owned(),
        ),
        waited: None,
    }
}

fn refusal(found: Vec<Vec<String>>) -> Refusal {
    Refusal {
        check: "nobody uses the paths in Keeper".to_owned(),
        phase: "precondition".to_owned(),
        expected: "no member has a table at one of the paths, and none has a pending drop of a replicated table".to_owned(),
        found,
        otherwise: Some(
            "Nothing was removed. Drop the tables with SYNC; wait until system.dropped_tables is empty, or UNDROP them and DROP … SYNC."
                .to_owned(),
        ),
        waited: None,
    }
}
