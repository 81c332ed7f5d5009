//! Sets an inventory against what each member of a target holds now.
//!
//! It only reads. It waits until replication has come to rest ([`quiescence`]; not where a
//! target is compared with itself, for what is to be dropped may be broken), asks every member, hashes the rows of those tables
//! that are not the same by their parts ([`parts`](crate::action::inventory::parts)), counts again under `FINAL` where merges may
//! explain a difference, and gives one row a member and table ([`row`]). What is a difference is said in [`difference`].
//!
//! Where the inventory was taken of the very target that it is compared with, each member is compared with what it held
//! itself then: a table that was left over on one replica is expected on that one and on no other. Else each member is
//! compared with the inventory as a whole. Where the target has several shards, each member's rows count together with those
//! of one member of every other shard.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::try_join_all;
use indexmap::{IndexMap, IndexSet};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    difference::{self, Expected, Seen, Terms},
    quiescence::await_quiescence,
    row,
};

use crate::{
    action::inventory::{
        Inventory, Nondeterministic, Table,
        checksum::{RowState, is_merging},
        read::{Depth, Held, HeldTable, Question, count, counting, read},
        same_reading::{self, Answers},
        total,
    },
    catalogue,
    connect::target::Cluster,
    diagnose::{Activity, Context, diagnose},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    failure::{Failure, Refusal},
    name::Name,
    plan::{
        actions::{Aspect, Extra},
        outputs::{CompareOutput, ComparisonRow},
    },
};

/// How long replication may take to come to rest where the step has no timeout.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// Compares an inventory with a target.
#[derive(Debug, Clone)]
pub struct CompareTask {
    pub left: Inventory,
    pub right: Arc<Cluster>,
    /// The database on the right; the left's where there is none.
    pub database: Option<String>,
    pub by: Vec<Aspect>,
    pub extra: Extra,
    /// How long to wait until replication has come to rest; some less than the attempt's timeout, so that what is stuck
    /// is told. See [`PATIENCE`].
    pub patience: Duration,
}

impl CompareTask {
    /// One row for each member and table; at least one for each member.
    pub async fn compare(&self, task_context: &TaskContext) -> Result<Vec<ComparisonRow>, Failure> {
        self.refuse_without_checksums()?;
        let question = Question {
            database: self.database.clone().unwrap_or_else(|| self.left.database.clone()),
            except: self.left.except.clone(),
            depth: self.depth(),
            hashed: self.hashed(),
            finals: false,
            action: Activity::Compare,
        };
        // What is compared with itself may be broken, and is: left-over replicas that nobody is active of never come to rest.
        if question.depth > Depth::Columns && self.left.target != self.right.name {
            await_quiescence(&self.right, &question, self.patience, task_context).await?;
        }
        let members = &self.right.members;
        let mut held = try_join_all(members.iter().map(|member| read(member, &question, task_context))).await?;
        if question.depth == Depth::Parts {
            self.hash(&question, &mut held, task_context).await?;
        }
        if question.depth > Depth::Columns {
            self.count_finals(&question, &mut held, task_context).await?;
        }
        let mut rows = Vec::new();
        for at in 0..members.len() {
            let answers = self.answers(at, &held[at]).await?;
            self.rows_of(at, &held, &answers, &mut rows);
        }
        if self.extra == Extra::Ignore {
            rows.retain(|row| !row.extra);
        }
        self.tell_nondeterministic(&held, &mut rows);
        self.tell_starts(&mut rows).await?;
        Ok(rows)
    }

    fn depth(&self) -> Depth {
        self.by.iter().fold(Depth::Columns, |depth, aspect| {
            depth.max(match aspect {
                Aspect::Columns => Depth::Columns,
                Aspect::Rows => Depth::Rows,
                Aspect::Checksum => Depth::Parts,
            })
        })
    }

    /// The columns that are hashed, where the right may have more: those that the left's checksums are of.
    fn hashed(&self) -> IndexMap<String, Vec<String>> {
        if self.extra == Extra::Refuse || self.left.target == self.right.name {
            return IndexMap::new();
        }
        let stored = |table: &Table| {
            table.columns.iter().filter(|column| column.is_stored()).map(|column| column.name.clone()).collect()
        };
        self.left.tables.iter().map(|table| (table.name.clone(), stored(table))).collect()
    }

    /// What each member of a member's shard holds of a table, itself included.
    fn shard<'a>(&'a self, at: usize, table: &str, held: &'a [Held]) -> Vec<(&'a Name, Option<&'a HeldTable>)> {
        let shard = self.right.members[at].shard;
        let members = self.right.members.iter().zip(held).filter(|(member, _)| member.shard == shard);
        members.map(|(member, held)| (&member.name, held.tables.get(table))).collect()
    }

    fn refuse_without_checksums(&self) -> Result<(), Failure> {
        if self.by.contains(&Aspect::Checksum) && !self.left.checksum {
            let context = Context::new(Activity::Compare);
            return Err(catalogue::compare::NO_CHECKSUMS.failure_in(&context));
        }
        Ok(())
    }

    /// What is expected of a member, by table.
    fn expected(&self, at: usize) -> Vec<(&str, Expected<'_>)> {
        let member = &self.right.members[at].name;
        let itself = self.left.target == self.right.name && self.left.members.contains_key(member);
        let tables = self.left.tables.iter().filter_map(|table| {
            let expected = if itself { Expected::copy(table, member)? } else { Expected::whole(table) };
            Some((table.name.as_str(), expected))
        });
        tables.collect()
    }

    /// The members whose rows of a table are those that one member sees: itself, and one member of every other shard unless the
    /// member is compared with itself.
    fn seen_from(&self, at: usize) -> Vec<usize> {
        let mut seen = vec![at];
        if self.left.target == self.right.name {
            return seen;
        }
        let shard = |index: usize| self.right.members[index].shard;
        for index in 0..self.right.members.len() {
            if !seen.iter().any(|known| shard(*known) == shard(index)) {
                seen.push(index);
            }
        }
        seen
    }

    /// The rows of a table as seen from one member.
    fn seen(&self, at: usize, table: &str, expected: &Expected<'_>, held: &[Held]) -> Seen {
        let tables: Vec<&HeldTable> =
            self.seen_from(at).into_iter().filter_map(|index| held[index].tables.get(table)).collect();
        let rows = total(tables.iter().map(|table| &table.rows));
        let same_parts = rows.parts.is_some() && (rows.rows, &rows.parts) == (expected.rows.rows, &expected.rows.parts);
        Seen { by_parts: same_parts && tables.iter().all(|table| expected.is_read_alike(table)), rows }
    }

    /// Hashes the rows of the tables that are expected and not known to be the same by their parts.
    async fn hash(&self, question: &Question, held: &mut [Held], task_context: &TaskContext) -> Result<(), Failure> {
        let mut wanted: BTreeSet<(usize, String)> = BTreeSet::new();
        for at in 0..held.len() {
            for (name, expected) in self.expected(at) {
                if held[at].tables.contains_key(name) && !self.seen(at, name, &expected, held).by_parts {
                    wanted.extend(self.seen_from(at).into_iter().map(|index| (index, name.to_owned())));
                }
            }
        }
        let question = Question { depth: Depth::Checksum, ..question.clone() };
        self.count(&question, held, RowState::Stored, task_context, |at, name| wanted.contains(&(at, name.to_owned())))
            .await
    }

    /// Counts under `FINAL` what stands otherwise in the parts, where merges may be the reason.
    async fn count_finals(
        &self,
        question: &Question,
        held: &mut [Held],
        task_context: &TaskContext,
    ) -> Result<(), Failure> {
        let mut differing: Vec<String> = Vec::new();
        for at in 0..held.len() {
            for (name, expected) in self.expected(at) {
                let Some(table) = held[at].tables.get(name) else { continue };
                let stored = self.seen(at, name, &expected, held);
                let explainable = expected.rows.final_rows.is_some() && is_merging(&table.engine);
                if explainable && !stored.is_stored_as(expected.rows, &self.by) {
                    differing.push(name.to_owned());
                }
            }
        }
        let depth = if question.depth == Depth::Parts { Depth::Checksum } else { question.depth };
        let question = Question { depth, ..question.clone() };
        self.count(&question, held, RowState::Final, task_context, |_, name| differing.iter().any(|it| it == name))
            .await
    }

    /// Counts the rows of some tables on all members at the same time.
    async fn count(
        &self,
        question: &Question,
        held: &mut [Held],
        state: RowState,
        task_context: &TaskContext,
        is_wanted: impl Fn(usize, &str) -> bool,
    ) -> Result<(), Failure> {
        let is_wanted = &is_wanted;
        let counts = self.right.members.iter().zip(held).enumerate().map(|(at, (member, held))| async move {
            let mut tables: Vec<_> = held.tables.iter_mut().filter(|(name, _)| is_wanted(at, name)).collect();
            let total = tables.len();
            for (number, (name, table)) in tables.iter_mut().enumerate() {
                (task_context.progress)(counting(member, name, number, total));
                count(member, question, name, table, state).await?;
            }
            Ok(())
        });
        try_join_all(counts).await.map(drop)
    }

    /// Where rows are not as they were, that may be because a column is another at each reading.
    fn tell_nondeterministic(&self, held: &[Held], rows: &mut [ComparisonRow]) {
        let found: IndexSet<&Nondeterministic> =
            held.iter().flat_map(|held| &held.nondeterministic).chain(&self.left.nondeterministic).collect();
        // What is the same by its parts has no checksum on the right.
        let differ = |row: &ComparisonRow| {
            row.left_checksum.as_ref().zip(row.right_checksum.as_ref()).is_some_and(|(left, right)| left != right)
        };
        for row in rows.iter_mut().filter(|row| differ(row)) {
            let of_table = found.iter().filter(|column| row.table.as_ref() == Some(&column.table));
            row.differences
                .extend(of_table.map(|column| format!("{} (`ALTER TABLE … MATERIALIZE COLUMN`)", column.words())));
        }
    }

    /// Where rows are not stored as they were, merges may be why: says of each such member whether it has started since the
    /// inventory was taken. By how long it is up, for its clock may be another than ours.
    async fn tell_starts(&self, rows: &mut [ComparisonRow]) -> Result<(), Failure> {
        for member in &self.right.members {
            let mut concerned: Vec<&mut ComparisonRow> =
                rows.iter_mut().filter(|row| row.member == member.name && row.is_stored_otherwise()).collect();
            if concerned.is_empty() {
                continue;
            }
            let up = member.client.scalar("SELECT toUInt64(uptime())").await;
            let up = up.map_err(|error| diagnose(&error, &Context::on(Activity::Compare, member)))?;
            let up = i64::try_from(up.as_u64().unwrap_or(u64::MAX)).unwrap_or(i64::MAX);
            let started = Timestamp::now().checked_sub(SignedDuration::from_secs(up)).ok();
            let since = started.filter(|started| *started > self.left.taken);
            concerned.iter_mut().for_each(|row| row.started = since);
        }
        Ok(())
    }

    /// What a member says of expressions that are written otherwise than expected.
    async fn answers(&self, at: usize, held: &Held) -> Result<Answers, Failure> {
        let member = &self.right.members[at];
        Answers::ask(member, self.questions(at, held), &Context::on(Activity::Compare, member)).await
    }

    fn questions(&self, at: usize, held: &Held) -> Vec<same_reading::Question> {
        if !self.by.contains(&Aspect::Columns) {
            return Vec::new();
        }
        let expected = self.expected(at);
        let tables = expected.iter().filter_map(|(name, expected)| Some((expected, held.tables.get(*name)?)));
        tables.flat_map(|(expected, table)| difference::questions(expected, table)).collect()
    }

    fn rows_of(&self, at: usize, held: &[Held], answers: &Answers, rows: &mut Vec<ComparisonRow>) {
        let member = &self.right.members[at].name;
        let (before, expected) = (rows.len(), self.expected(at));
        let terms = Terms { by: &self.by, extra: self.extra, answers };
        for (name, expected) in &expected {
            rows.push(match held[at].tables.get(*name) {
                Some(table) => {
                    let right = self.seen(at, name, expected, held);
                    let unreplicated = row::unreplicated(table, &self.shard(at, name, held));
                    let known = ComparisonRow {
                        replicated: unreplicated.is_none(),
                        unreplicated,
                        ..ComparisonRow::new(member, Some(name))
                    };
                    difference::row(known, expected, table, right, terms)
                }
                None => ComparisonRow::missing(member, name, expected.rows),
            });
        }
        for (name, table) in &held[at].tables {
            if !expected.iter().any(|(expected, _)| expected == name) {
                let unreplicated = row::unreplicated(table, &self.shard(at, name, held));
                rows.push(ComparisonRow::extra(member, name, table, unreplicated));
            }
        }
        if rows.len() == before {
            rows.push(ComparisonRow::nothing(member));
        }
    }
}

#[async_trait]
impl TaskRun for CompareTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        let rows = tokio::select! {
            rows = self.compare(&task_context) => rows,
            () = task_context.interrupted.cancelled() => {
                return Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&Context::new(Activity::Compare)));
            }
        };
        match rows {
            Ok(rows) => match refusal(&rows) {
                Some(refusal) => Answer::Stopped(refusal),
                None => Answer::Acted(json!(CompareOutput::of(rows))),
            },
            Err(failure) => Answer::Failed(failure),
        }
    }

    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}

/// What `compare` says no to as a step of its own: rows that are not equal.
fn refusal(rows: &[ComparisonRow]) -> Option<Refusal> {
    let found: Vec<Vec<String>> = rows.iter().filter(|row| !row.equal).map(ComparisonRow::cells).collect();
    (!found.is_empty()).then(|| Refusal {
        check: "every table is the same".to_owned(),
        phase: "check".to_owned(),
        expected: "row.equal".to_owned(),
        found: Refusal::shorten(found),
        otherwise: None,
        waited: None,
    })
}
