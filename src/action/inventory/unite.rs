//! One inventory of what several members hold.

use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;

use super::{
    Inventory, Nondeterministic, Parts, Rows, Table, TableCopy, checksum, is_replicated,
    read::{Depth, Held, HeldTable, Question},
};

use crate::{connect::target::Cluster, humanize::NOT_IN_A_BACKUP, name::Name};

/// Puts together what each of the target's members holds, in the order of its members.
pub(super) fn unite(target: &Cluster, question: &Question, held: Vec<Held>, taken: Timestamp) -> Inventory {
    let members: IndexMap<Name, u32> =
        target.members.iter().map(|member| (member.name.clone(), member.shard)).collect();
    let mut notes: IndexSet<String> = held.iter().flat_map(|held| held.notes.iter().cloned()).collect();
    notes.extend(absences(question, &members, &held));

    let mut names: Vec<&String> = held.iter().flat_map(|held| held.tables.keys()).collect();
    names.sort();
    names.dedup();
    let tables: Vec<Table> = names.into_iter().filter_map(|name| table(name, &members, &held)).collect();
    if !tables.is_empty() {
        notes.insert(NOT_IN_A_BACKUP.to_owned());
    }
    let mut paths: Vec<String> =
        tables.iter().flat_map(|table| table.copies.values()).filter_map(|copy| copy.zookeeper_path.clone()).collect();
    paths.sort();
    paths.dedup();
    let nondeterministic: IndexSet<Nondeterministic> =
        held.iter().flat_map(|held| held.nondeterministic.iter().cloned()).collect();
    Inventory {
        target: target.name.clone(),
        members,
        database: question.database.clone(),
        database_engine: held.iter().find_map(|held| held.database_engine.clone()),
        except: question.except.clone(),
        checksum: question.depth == Depth::Checksum,
        taken,
        tables,
        nondeterministic: nondeterministic.into_iter().collect(),
        zookeeper_paths: paths,
        notes: notes.into_iter().collect(),
    }
}

/// Which members have no such database.
fn absences(question: &Question, members: &IndexMap<Name, u32>, held: &[Held]) -> Option<String> {
    let absent: Vec<&str> = members
        .keys()
        .zip(held)
        .filter(|(_, held)| held.database_engine.is_none())
        .map(|(member, _)| member.as_str())
        .collect();
    (!absent.is_empty()).then(|| format!("there is no database `{}` on {}", question.database, absent.join(", ")))
}

fn table(name: &str, members: &IndexMap<Name, u32>, held: &[Held]) -> Option<Table> {
    let holders: Vec<(&Name, u32, &HeldTable)> = members
        .iter()
        .zip(held)
        .filter_map(|((member, shard), held)| Some((member, *shard, held.tables.get(name)?)))
        .collect();
    let (_, _, first) = holders.first()?;
    let copies = holders.iter().map(|(member, _, held)| {
        let copy = TableCopy {
            engine: held.engine.clone(),
            rows: held.rows.clone(),
            bytes: held.bytes,
            zookeeper_path: held.zookeeper_path.clone(),
            columns: (held.columns != first.columns).then(|| held.columns.clone()),
            definition: (held.definition != first.definition).then(|| held.definition.clone()),
        };
        ((*member).clone(), copy)
    });
    let counted = counted(&holders);
    Some(Table {
        name: name.to_owned(),
        kind: first.kind,
        engine: first.engine.clone(),
        columns: first.columns.clone(),
        lacking: lacking(&holders),
        definition: Some(first.definition.clone()),
        rows: total(counted.iter().map(|held| &held.rows)),
        bytes: counted.iter().map(|held| held.bytes).sum(),
        zookeeper_path: holders.iter().find_map(|(_, _, held)| held.zookeeper_path.clone()),
        copies: copies.collect(),
    })
}

/// The columns that parts lack on any of the members; not known where one of them does not tell.
fn lacking(holders: &[(&Name, u32, &HeldTable)]) -> Option<Vec<String>> {
    let each: Option<Vec<&Vec<String>>> = holders.iter().map(|(_, _, held)| held.lacking.as_ref()).collect();
    let all: IndexSet<&String> = each?.into_iter().flatten().collect();
    Some(all.into_iter().cloned().collect())
}

/// The copies whose rows are rows of their own: of a replicated table the fullest one of each shard, else all.
fn counted<'a>(holders: &[(&Name, u32, &'a HeldTable)]) -> Vec<&'a HeldTable> {
    let mut counted: Vec<&HeldTable> = Vec::new();
    let mut fullest: IndexMap<u32, &HeldTable> = IndexMap::new();
    for (_, shard, held) in holders {
        if is_replicated(&held.engine) {
            let best = fullest.entry(*shard).or_insert(held);
            if held.rows.rows > best.rows.rows {
                *best = held;
            }
        } else {
            counted.push(held);
        }
    }
    counted.extend(fullest.into_values());
    counted
}

/// The rows of disjoint parts together; what one of them does not know, the whole does not.
pub(in crate::action) fn total<'a>(parts: impl Iterator<Item = &'a Rows>) -> Rows {
    parts
        .cloned()
        .reduce(|sum, part| Rows {
            rows: sum.rows.zip(part.rows).map(|(a, b)| a + b),
            checksum: sum.checksum.zip(part.checksum).and_then(|(a, b)| checksum::add(&a, &b)),
            final_rows: sum.final_rows.zip(part.final_rows).map(|(a, b)| a + b),
            final_checksum: sum.final_checksum.zip(part.final_checksum).and_then(|(a, b)| checksum::add(&a, &b)),
            parts: sum.parts.zip(part.parts).and_then(|(a, b)| Parts::add(&a, &b)),
        })
        .unwrap_or_default()
}
