//! What a run's data prove: what was compared with what, what was backed up, what was restored.
//!
//! From the outputs of `compare`, `inventory` and `backup` steps: what is missing there is not claimed.

use std::{collections::BTreeSet, fmt};

use indexmap::{IndexMap, IndexSet};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{
    Account, Step, StepStatus, Task, at,
    outline::{Comparison, Kind},
    outputs,
};

use crate::{
    humanize::{self, NOT_IN_A_BACKUP},
    name::{Name, StepId},
    plan::{
        actions::Aspect,
        outputs::{BackupOutput, CompareOutput, ComparisonRow, InspectOutput, Inventory, Rows, SameBy, Table},
    },
};

/// What one `compare` step found.
#[derive(Debug, Serialize)]
pub struct Compared<'a> {
    pub step: &'a StepId,
    #[serde(skip)]
    pub by: &'a [Aspect],
    /// The database on the left, where it is known.
    pub database: Option<String>,
    /// The tables that the inventory left out, and with it the comparison.
    pub left_out: Vec<String>,
    /// In the order they were found in.
    pub members: Vec<Name>,
    #[serde(rename = "compared")]
    pub tables: Vec<ComparedTable>,
    /// Whether each table of the inventory was compared on each member that the run knows of the target. Never so where the
    /// inventory is not known.
    pub covers_inventory: bool,
    /// Whether each row said that it is equal, and there was one.
    #[serde(skip)]
    pub all_equal: bool,
}

/// One table on all members.
#[derive(Debug, Default, Serialize)]
pub struct ComparedTable {
    #[serde(rename = "table")]
    pub name: String,
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    pub checksum: Option<String>,
    /// By member.
    pub found: IndexMap<Name, MemberTable>,
}

/// What one member's table is, compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberTable {
    pub verdict: TableVerdict,
    /// In words.
    pub differences: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableVerdict {
    /// With what was compared for it, where that is known.
    Equal(Option<SameBy>),
    Differs,
    Missing,
    /// It is there, and was not in the inventory.
    Extra,
}

impl TableVerdict {
    pub fn is_equal(self) -> bool {
        matches!(self, Self::Equal(_))
    }

    fn same_by(self) -> Option<SameBy> {
        match self {
            Self::Equal(same_by) => same_by,
            _ => None,
        }
    }

    /// As a cell of a table.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal(same_by) => same_by.map_or("=", SameBy::sign),
            Self::Differs => "differs",
            Self::Missing => "missing",
            Self::Extra => "extra",
        }
    }
}

/// The sign alone; the differences stand beside, for all tables together.
impl Serialize for MemberTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.verdict.sign())
    }
}

/// Where a table is not as it should be: `feedbacks on replica1: missing`.
#[derive(Debug)]
pub struct Difference<'a> {
    pub table: &'a str,
    pub member: &'a Name,
    pub found: &'a MemberTable,
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = &self.found.differences;
        let what = if words.is_empty() { self.found.verdict.sign().to_owned() } else { words.join("; ") };
        write!(f, "{} on {}: {what}", self.table, self.member)
    }
}

impl ComparedTable {
    pub fn all_equal(&self) -> bool {
        self.found.values().all(|found| found.verdict.is_equal())
    }

    pub fn differences(&self) -> impl Iterator<Item = Difference<'_>> {
        let unequal = self.found.iter().filter(|(_, found)| !found.verdict.is_equal());
        unequal.map(|(member, found)| Difference { table: &self.name, member, found })
    }
}

/// A backup that was made.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct BackedUp<'a> {
    pub step: &'a StepId,
    pub store: Name,
    pub path: String,
    pub bytes: Option<u64>,
    pub files: Option<u64>,
}

impl Compared<'_> {
    /// Whether the data prove that every table is the same in these aspects wherever it should be. Of no table nothing is
    /// proved.
    pub fn proves(&self, aspects: &[Aspect]) -> bool {
        !self.tables.is_empty()
            && self.all_equal
            && self.covers_inventory
            && aspects.iter().all(|aspect| self.by.contains(aspect))
    }

    /// How many tables are equal only as after all merges (`FINAL`).
    pub fn by_final(&self) -> usize {
        self.same_by().filter(|same_by| *same_by == SameBy::Final).count()
    }

    /// How its tables are the same: ` by their parts`, `: 20 by their parts, 4 by their rows`. Older runs know only which are the
    /// same after merges alone.
    pub fn how(&self) -> String {
        if self.same_by().count() == self.equal() {
            return SameBy::told(self.same_by());
        }
        self.only_merged()
    }

    /// How many of them are the same only as after all merges, in words; empty where none is.
    pub fn only_merged(&self) -> String {
        match self.by_final() {
            0 => String::new(),
            tables => format!(" ({} only after merges, FINAL)", humanize::count(tables as u64, "table")),
        }
    }

    /// What was compared of each table that is the same, where that is known: the weakest of what its members were compared by.
    fn same_by(&self) -> impl Iterator<Item = SameBy> {
        let equal = self.tables.iter().filter(|table| table.all_equal());
        equal.filter_map(|table| table.found.values().filter_map(|found| found.verdict.same_by()).max())
    }

    /// How many tables were compared and are equal wherever they were.
    pub fn equal(&self) -> usize {
        self.tables.iter().filter(|table| !table.found.is_empty() && table.all_equal()).count()
    }

    /// Every difference, table by table.
    pub fn differences(&self) -> impl Iterator<Item = Difference<'_>> {
        self.tables.iter().flat_map(ComparedTable::differences)
    }

    pub fn rows(&self) -> Option<u64> {
        sum(self.tables.iter().map(|table| table.rows))
    }

    pub fn bytes(&self) -> Option<u64> {
        sum(self.tables.iter().map(|table| table.bytes))
    }
}

/// The sum of what is known; nothing where nothing is.
fn sum(values: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    values.flatten().fold(None, |sum, value| Some(sum.unwrap_or(0) + value))
}

impl Account {
    /// The comparisons that were made, the last one last.
    pub fn compared(&self) -> Vec<Compared<'_>> {
        let comparisons = self.steps.iter().filter(|(_, step)| step.state == StepStatus::Succeeded);
        comparisons
            .filter_map(|(id, step)| {
                let comparison = self.outline.steps.get(id)?.comparison.as_ref()?;
                Some(read(self, id, step, comparison))
            })
            .collect()
    }

    /// The backups that were made, also by steps that did not come to their end. One that its own check has said no to counts
    /// when the run has ended: it is in the store and stays there.
    pub fn backups(&self) -> Vec<BackedUp<'_>> {
        let ended = self.outcome().is_some();
        let counts = move |task: &Task| ended || task.state.has_acted();
        let steps = self.steps.iter().filter(|(id, _)| self.outline.kind(id) == Kind::Backup);
        let made = steps.flat_map(|(id, step)| {
            let tasks = self.tasks_of(step).filter(move |(_, task)| counts(task));
            tasks.filter_map(move |(_, task)| Some((id, task.backed_up.as_ref()?)))
        });
        made.filter_map(|(step, output)| backed_up(step, output)).collect()
    }

    /// What was restored so far.
    pub fn restored(&self) -> Restored {
        let mut restored = Restored::default();
        for (id, step) in self.steps.iter().filter(|(id, _)| self.outline.kind(id) == Kind::Restore) {
            // What `into: absent` is expanded to: its tables are made on each member, then filled.
            let makes_tables = id.as_str().ends_with("/structure");
            for (task_id, task) in self.tasks_of(step) {
                restored.tasks += 1;
                restored.started += usize::from(task.attempts.iter().any(|attempt| !attempt.refused));
                if task.state.is_done() {
                    let subject = self.subject(task_id);
                    restored.done.push(match subject.is_empty() {
                        true => id.to_string(),
                        false if makes_tables => format!("the tables without rows on {subject}"),
                        false => subject,
                    });
                }
            }
        }
        restored
    }

    /// Which server runs which ClickHouse, where they are not all of one version.
    fn versions(&self) -> Option<String> {
        let mut members: IndexMap<&str, Vec<&str>> = IndexMap::new();
        for pinned in &self.members {
            if let Some(version) = pinned.identity.get("version").and_then(Value::as_str) {
                members.entry(version).or_default().push(pinned.member.as_str());
            }
        }
        let run = |(version, members): (&&str, &Vec<&str>)| {
            let verb = if members.len() == 1 { "runs" } else { "run" };
            format!("{} {verb} ClickHouse {version}", humanize::list(members))
        };
        (members.len() > 1).then(|| members.iter().map(run).collect::<Vec<_>>().join(", "))
    }

    /// What the inventories say that no table of numbers does (what a backup leaves out, what starts by itself when restored),
    /// and what the end of the run has left on a server.
    pub fn notes(&self) -> Vec<String> {
        let inventories = self.shown_steps().filter(|(id, _)| self.outline.kind(id) == Kind::Inventory);
        let inventories = inventories.filter_map(|(_, step)| outputs::of_step::<Inventory>(&step.outputs));
        let held = inventories.filter(|inventory| !inventory.tables.is_empty());
        let notes: IndexSet<String> = held.flat_map(|inventory| inventory.notes).collect();
        let backs_up = self.outline.steps.values().any(|step| step.kind == Kind::Backup);
        let held = notes.into_iter().filter(|note| backs_up || note.as_str() != NOT_IN_A_BACKUP);
        let mut notes: Vec<String> = self.versions().into_iter().chain(held).collect();
        if self.outcome().is_some() {
            notes.extend(self.lent.iter().map(|(target, member, collection)| {
                let place = at(target, member);
                format!("the named collection {collection} with credentials of a store is still on {place}")
            }));
        }
        notes
    }

    /// Of a run that has ended, the locks that it could not release, each in a sentence.
    pub fn kept_locks(&self) -> Vec<String> {
        let kept = |(target, member): &(Name, Name)| format!("the lock on {} was not released", at(target, member));
        self.claims.iter().filter(|_| self.outcome().is_some()).map(kept).collect()
    }
}

fn backed_up<'a>(step: &'a StepId, output: &'a Value) -> Option<BackedUp<'a>> {
    let BackupOutput { place, num_files, total_size, .. } = outputs::of_value(output)?;
    Some(BackedUp { step, store: place.store, path: place.path, bytes: total_size, files: num_files })
}

fn read<'a>(account: &'a Account, id: &'a StepId, step: &'a Step, comparison: &'a Comparison) -> Compared<'a> {
    let left = comparison.left.as_ref().and_then(|left| account.steps.get(left));
    let inventory: Option<Inventory> = left.and_then(|left| outputs::of_step(&left.outputs));
    let mut tables: IndexMap<String, ComparedTable> = IndexMap::new();
    for Table { name, rows: Rows { rows, checksum, .. }, bytes, .. } in inventory.iter().flat_map(|it| &it.tables) {
        let (name, rows, bytes, checksum) = (name.clone(), *rows, *bytes, checksum.clone());
        tables.insert(name.clone(), ComparedTable { name, rows, bytes, checksum, found: IndexMap::new() });
    }
    // Of a backup: its rows may have been added to others, so that only the comparison knows how many have to be there.
    let backup: Option<InspectOutput> = left.and_then(|left| outputs::of_step(&left.outputs));
    for table in backup.iter().flat_map(|it| it.tables.iter().flatten()) {
        let name = table.name.clone();
        tables.insert(name.clone(), ComparedTable { name, ..ComparedTable::default() });
    }
    let rows = outputs::of_step::<CompareOutput>(&step.outputs).map(|it| it.rows).unwrap_or_default();
    let all_equal = !rows.is_empty() && rows.iter().all(|row| verdict(row).is_equal());
    let mut members: IndexSet<Name> = IndexSet::new();
    for row in rows {
        members.insert(row.member.clone());
        let verdict = verdict(&row);
        if let Some(name) = row.table.filter(|_| row.not_compared.is_none()) {
            let table =
                tables.entry(name.clone()).or_insert_with(|| ComparedTable { name, ..ComparedTable::default() });
            table.rows = table.rows.or(row.left_rows);
            table.bytes = table.bytes.or(row.bytes);
            table.found.insert(row.member, MemberTable { verdict, differences: row.differences });
            table.checksum = table.checksum.take().or(row.left_checksum);
        }
    }
    let pinned = account.members.iter().filter(|it| it.target == comparison.right);
    let meant: BTreeSet<&Name> = pinned.map(|it| &it.member).collect();
    let everywhere = |table: &ComparedTable| members.iter().all(|member| table.found.contains_key(member));
    Compared {
        step: id,
        by: &comparison.by,
        covers_inventory: (inventory.is_some() || backup.is_some())
            && !members.is_empty()
            && meant.iter().all(|member| members.contains(*member))
            && tables.values().all(everywhere),
        database: inventory.as_ref().map(|it| it.database.clone()).or(backup.and_then(|it| it.database)),
        left_out: inventory.map(|inventory| inventory.except).unwrap_or_default(),
        all_equal,
        tables: tables.into_values().collect(),
        members: members.into_iter().collect(),
    }
}

/// Equal is only what says so, and whose figures do not say otherwise.
fn verdict(row: &ComparisonRow) -> TableVerdict {
    let checksums = row.left_checksum.as_ref().zip(row.right_checksum.as_ref());
    let figures_agree = row.left_rows.zip(row.right_rows).is_none_or(|(left, right)| left == right)
        && checksums.is_none_or(|(left, right)| left == right);
    match row.equal && figures_agree {
        true if row.by_final => TableVerdict::Equal(Some(SameBy::Final)),
        true => TableVerdict::Equal(row.same_by),
        false if row.missing => TableVerdict::Missing,
        false if row.extra => TableVerdict::Extra,
        false => TableVerdict::Differs,
    }
}

/// What `restore` steps have restored: how many tasks of how many are done, and what these have restored.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Restored {
    pub done: Vec<String>,
    /// Those that may have done something: what was refused before it began does not count.
    pub started: usize,
    pub tasks: usize,
}
