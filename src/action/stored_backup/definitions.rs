//! The CREATE statements that a backup has, read by a server that is going to restore it.

use std::collections::HashSet;

use super::{
    manifest::{File, Manifest, definition_of},
    reader::{LONGEST_CHAIN, is_archive},
};

use crate::{
    action::{
        inventory::{Column, declared::quoted},
        store_reader::StoreReader,
    },
    catalogue,
    connect::target::Member,
    diagnose::{Activity, Context},
    failure::Failure,
};

/// So many different lists of columns of one table are read.
const MOST_COLUMN_FILES: usize = 100;

/// The columns that a part's `columns.txt` names: after two lines, one a line, as `` `name` Type ``. `None` where it is another text.
fn names(text: &str) -> Option<HashSet<String>> {
    let mut lines = text.lines().skip(1);
    let number: usize = lines.next()?.strip_suffix(" columns:")?.parse().ok()?;
    let names: HashSet<String> = lines.map_while(|line| Some(quoted(line)?.0)).collect();
    (names.len() == number).then_some(names)
}

/// Reads definitions through one server. It needs no right that RESTORE does not need, but for that of using `s3()`.
pub(in crate::action) struct Definitions<'a> {
    pub(in crate::action) reader: StoreReader<'a>,
    pub(in crate::action) member: &'a Member,
    pub(in crate::action) path: &'a str,
}

impl Definitions<'_> {
    /// The tables, views and dictionaries that the backup defines: database and name.
    pub(in crate::action) async fn tables(&self) -> Result<Vec<(String, String)>, Failure> {
        Ok(self.manifest(self.path).await?.tables)
    }

    /// The statement that makes a table, on one line and as the server itself writes it; `None` where the backup has none.
    ///
    /// The text is formatted where it is read, so that no password in it (of a table that reads elsewhere) stands in a
    /// statement of ours.
    pub(in crate::action) async fn of(&self, database: &str, table: &str) -> Result<Option<String>, Failure> {
        let name = definition_of(database, table);
        if !is_archive(self.path)
            && let Some(text) = self.text(self.path, &name).await?
        {
            return Ok(Some(text));
        }
        // It shares its content with another file, or with a backup that this one builds on; what the last one names counts.
        let (mut path, mut manifest) = (self.path.to_owned(), self.manifest(self.path).await?);
        let Some(mut file) = manifest.definitions.iter().find(|file| file.name == name).cloned() else {
            return Ok(None);
        };
        for _ in 0..LONGEST_CHAIN {
            if let Some(stored) = file.stored() {
                let text = self.text(&path, stored).await?;
                return text.map(Some).ok_or_else(|| self.damaged(&path, &format!("`{stored}` is not there")));
            }
            if !file.is_in_base() {
                break;
            }
            let base = manifest.base.as_deref().and_then(|base| self.reader.path_of(base));
            let Some(base) = base else { break };
            let under = self.manifest(&base).await?;
            if under.uuid != manifest.base_uuid {
                return Err(self.damaged(&path, "the backup that it builds on is another, or gone"));
            }
            let Some(found) = under.same(&file).cloned() else { break };
            (path, manifest, file) = (base, under, found);
        }
        Err(self.damaged(&path, &format!("it is not known where `{name}` is stored")))
    }

    /// Those of a table's stored columns that some of its parts lack, by what the parts say themselves; `None` where that is not
    /// in this backup's own folder, or in too many files.
    pub(in crate::action) async fn lacking(
        &self,
        database: &str,
        table: &str,
        columns: &[Column],
    ) -> Result<Option<Vec<String>>, Failure> {
        let manifest = self.manifest(self.path).await?;
        let files = manifest.part_columns.get(&(database.to_owned(), table.to_owned())).cloned().unwrap_or_default();
        let stored: Option<Vec<&str>> = files.iter().map(File::stored).collect();
        let Some(stored) = stored.filter(|files| files.len() <= MOST_COLUMN_FILES) else { return Ok(None) };
        let mut lacking: Vec<String> = Vec::new();
        for name in stored {
            let Some(text) = self.reader.text_through(self.member, self.path, name, "raw_blob").await? else {
                return Ok(None);
            };
            let Some(held) = names(&text) else { return Ok(None) };
            let lacked = columns.iter().filter(|column| column.is_stored() && !held.contains(&column.name));
            lacking.extend(lacked.map(|column| column.name.clone()));
        }
        Ok(Some(lacking))
    }

    async fn text(&self, path: &str, name: &str) -> Result<Option<String>, Failure> {
        self.reader.text_through(self.member, path, name, "formatQuerySingleLine(raw_blob)").await
    }

    async fn manifest(&self, path: &str) -> Result<Manifest, Failure> {
        if is_archive(path) {
            return Err(self.damaged(path, "it is an archive: what it defines cannot be seen from outside"));
        }
        self.reader.understood(path).await?.ok_or_else(|| self.damaged(path, "there is no .backup file"))
    }

    fn damaged(&self, path: &str, why: &str) -> Failure {
        let context = Context::on(Activity::Restore, self.member);
        catalogue::restore::DEFINITION_NOT_UNDERSTOOD.failure_in(&context).with_cause(format!("{path}: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_a_part_are_named_one_a_line() {
        let of = |lines: &str| names(&format!("columns format version: 1\n2 columns:\n{lines}"));
        let both = HashSet::from(["id".to_owned(), "a`b".to_owned()]);
        assert_eq!(of("`id` UInt64\n`a\\`b` Tuple(x UInt8)\n"), Some(both));
        assert_eq!((of("`id` UInt64\n"), of("`id` UInt64\nno column\n"), names("")), (None, None, None));
    }
}
