//! Asks every member for its version, and looks for what a bug of that version is met with.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::equal_parts::{self, Destination, Doubled};

use crate::{
    catalogue::{
        self,
        known_bugs::{Affected, KNOWN_BUGS, KnownBug, Look, Version},
    },
    connect::{
        clickhouse::Statement,
        target::{Cluster, Member},
    },
    diagnose::{Activity, Context, diagnose},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    failure::{Failure, Refusal},
    plan::outputs::{BackedUpTable, BugRow, KnownBugsOutput},
};

/// Where the rows come from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Server(Arc<Member>),
    Backup(Vec<BackedUpTable>),
}

/// Looks for the bugs that a RESTORE on a target would meet.
#[derive(Debug, Clone)]
pub(super) struct KnownBugsTask {
    pub(super) on: Arc<Cluster>,
    pub(super) database: String,
    pub(super) origin: Origin,
    /// Tables that are not restored.
    pub(super) except: Vec<String>,
    /// Whether the tables are made anew, whatever is there.
    pub(super) anew: bool,
}

impl KnownBugsTask {
    /// At least one row for each bug that can be looked for and each member.
    pub(super) async fn rows(&self) -> Result<Vec<BugRow>, Failure> {
        let mut doubled = match &self.origin {
            Origin::Server(source) => equal_parts::on_server(source, &self.database).await?,
            Origin::Backup(tables) => equal_parts::in_backup(tables),
        };
        doubled.retain(|it| !self.except.contains(&it.table));
        let mut rows = Vec::new();
        for member in &self.on.members {
            let said = self.version(member).await?;
            for bug in KNOWN_BUGS.iter().filter(|bug| bug.look == Look::EqualParts) {
                rows.extend(self.rows_of(bug, member, &said, &doubled).await?);
            }
        }
        Ok(rows)
    }

    async fn version(&self, member: &Member) -> Result<String, Failure> {
        let said = member.client.query(&Statement::read("SELECT version() AS version".to_owned())).await;
        let said = said.map_err(|error| diagnose(&error, &Context::on(Activity::Check, member)))?;
        Ok(said.scalar().and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    async fn rows_of(
        &self,
        bug: &KnownBug,
        member: &Member,
        version: &str,
        doubled: &[Doubled],
    ) -> Result<Vec<BugRow>, Failure> {
        let affected = Version::parse(version).map_or(Affected::NotKnown, |version| bug.versions.have(version));
        let row = |table: Option<&Doubled>| BugRow {
            member: member.name.clone(),
            version: version.to_owned(),
            bug: bug.id.to_owned(),
            affected: match affected {
                Affected::Yes => "yes",
                Affected::No => "no",
                Affected::NotKnown => "not known",
            }
            .to_owned(),
            table: table.map(|it| it.table.clone()),
            what: table.map(|it| it.what.clone()),
            met: table.is_some(),
            title: bug.title.to_owned(),
        };
        if affected == Affected::No || doubled.is_empty() {
            return Ok(vec![row(None)]);
        }
        let there = match self.anew {
            true => Default::default(),
            false => equal_parts::destinations(member, &self.database).await?,
        };
        let destination = |it: &Doubled| there.get(&it.table).copied().unwrap_or(Destination::Missing);
        let met: Vec<BugRow> = doubled.iter().filter(|it| it.is_met(destination(it))).map(|it| row(Some(it))).collect();
        Ok(if met.is_empty() { vec![row(None)] } else { met })
    }
}

/// What it says no to as a step of its own, with the way round of each bug that is met.
pub(super) fn refusal(rows: &[BugRow]) -> Option<Refusal> {
    let met: Vec<&BugRow> = rows.iter().filter(|row| row.met).collect();
    let bugs = KNOWN_BUGS.iter().filter(|bug| met.iter().any(|row| row.bug == bug.id));
    let told: Vec<String> = bugs.map(KnownBug::told).collect();
    (!met.is_empty()).then(|| Refusal {
        check: "the restore would meet no known bug of ClickHouse".to_owned(),
        phase: "check".to_owned(),
        expected: "not row.met".to_owned(),
        found: Refusal::shorten(met.iter().map(|row| row.cells()).collect()),
        otherwise: Some(told.join(" ")),
        waited: None,
    })
}

#[async_trait]
impl TaskRun for KnownBugsTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        let rows = tokio::select! {
            rows = self.rows() => rows,
            () = task_context.interrupted.cancelled() => {
                return Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&Context::new(Activity::Check)));
            }
        };
        match rows {
            Err(failure) => Answer::Failed(failure),
            Ok(rows) => match refusal(&rows) {
                Some(refusal) => Answer::Stopped(refusal),
                None => Answer::Acted(json!(KnownBugsOutput { rows })),
            },
        }
    }

    /// It only reads: again.
    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
