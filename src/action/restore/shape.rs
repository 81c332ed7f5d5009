//! How a table has to be for rows to be restored into it: as an inventory holds it, or as the backup itself declares it.

use std::collections::BTreeSet;

use super::table::ReplicaTable;

use crate::{
    action::{
        failure::statement_failed,
        inventory::{
            self, Column,
            columns::{self, BACKUP, Columns, INVENTORY, OfColumns},
            declared::Declared,
            definition,
            same_reading::Answers,
        },
        secrets::Secrets,
        stored_backup::BackupSource,
    },
    catalogue,
    connect::{
        clickhouse::{Statement, quote_string},
        target::Member,
    },
    diagnose::{Activity, Context},
    failure::Failure,
    plan::{actions::Extra, outputs::Definition},
};

/// A table that holds rows, as it is expected.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    engine: String,
    columns: Vec<Column>,
    lacking: Lacking,
    definition: Option<Definition>,
    /// What it is taken from, and so in which words keys are written.
    origin: &'static str,
}

/// Where it is known which columns some part lacks.
#[derive(Debug, Clone)]
enum Lacking {
    /// `None` where it is not known.
    Known(Option<Vec<String>>),
    /// The parts in the backup tell.
    InBackup { source: BackupSource, database: String, name: String },
}

impl Shape {
    /// As the inventory holds it; `None` where a backup has no rows of it.
    pub(super) fn of_inventory(table: &inventory::Table) -> Option<Self> {
        // A view's SELECT and target are no matter of the parts inside it.
        let bare = |it: &Definition| Definition { select: String::new(), to: String::new(), ..it.clone() };
        table.rows.rows.map(|_| Self {
            engine: table.engine.clone(),
            columns: table.columns.clone(),
            lacking: Lacking::Known(table.lacking.clone()),
            definition: table.definition.as_ref().map(bare),
            origin: INVENTORY,
        })
    }

    /// As the backup declares it, in the words of the server that is restored to; `None` where the backup has no rows of it.
    ///
    /// The server reads the definition from the store and writes it out again by its own grammar, so the text is known to be
    /// one; only the list of columns is taken apart by us. Then it is asked what it calls the types, for a definition spells
    /// some otherwise than `system.columns` does, and servers of other versions others. Nothing is made for that.
    pub(super) async fn of_backup(
        member: &Member,
        source: &BackupSource,
        database: &str,
        name: &str,
    ) -> Result<Option<Self>, Failure> {
        let context = Context::on(Activity::Restore, member).with_table(database, name);
        let not_understood =
            |cause: String| catalogue::restore::DEFINITION_NOT_UNDERSTOOD.failure_in(&context).with_cause(cause);
        let text = source.definitions(member).of(database, name).await.map_err(|failure| match &failure.server {
            Some(server) if is_of_text(server.code) => {
                not_understood(format!("{} does not take its CREATE statement: {}", member.name, server.name))
            }
            _ => failure,
        })?;
        let Some(text) = text else {
            return Err(catalogue::restore::NOT_IN_BACKUP.failure_in(&context));
        };
        let mut declared = Declared::parse(&text).map_err(&not_understood)?;
        if !declared.holds_rows() {
            return Ok(None);
        }
        let types: BTreeSet<&str> = declared.columns.iter().map(|column| column.type_name.as_str()).collect();
        let names = types
            .iter()
            .map(|it| format!("({0}, toTypeName(defaultValueOfTypeName({0})))", quote_string(it)))
            .collect::<Vec<_>>()
            .join(", ");
        let query = format!("SELECT pair.1 AS written, pair.2 AS named FROM (SELECT arrayJoin([{names}]) AS pair)");
        let statement = Statement::read(query).with_setting("print_pretty_type_names", 0);
        let rows = member.client.query(&statement).await.map_err(|error| match error.exception() {
            Some(exception) if is_of_text(exception.code) => {
                not_understood(format!("{} does not know a type in it: {}", member.name, exception.message))
            }
            _ => statement_failed(&context, &error, &Secrets::of_store(&source.store)),
        })?;
        for column in &mut declared.columns {
            let cell = |row: &crate::connect::clickhouse::Row, key: &str| Some(row.get(key)?.as_str()?.to_owned());
            let row = rows.0.iter().find(|row| cell(row, "written").as_ref() == Some(&column.type_name));
            let named = row.and_then(|row| cell(row, "named"));
            column.type_name = named.ok_or_else(|| not_understood(format!("the type of column {}", column.name)))?;
        }
        Ok(Some(Self {
            engine: declared.engine,
            columns: declared.columns,
            lacking: match text.trim_start().starts_with("CREATE MATERIALIZED VIEW ") {
                // Its parts lie under the name of the table inside.
                true => Lacking::Known(None),
                false => {
                    Lacking::InBackup { source: source.clone(), database: database.to_owned(), name: name.to_owned() }
                }
            },
            definition: Some(declared.definition),
            origin: BACKUP,
        }))
    }

    /// How one replica's table differs: by the same judge as a comparison of columns with `extra: ignore`, and in the
    /// definition that merges follow, for RESTORE attaches parts under another sorting key without a word.
    pub(super) async fn differences(&self, member: &Member, found: &ReplicaTable) -> Result<OfColumns, Failure> {
        if found.storage.is_none() {
            let what = format!("{}, which holds no rows", found.engine);
            return Ok(OfColumns { differences: vec![what], ..OfColumns::default() });
        }
        let mut expected = Columns { columns: &self.columns, lacking: None };
        // Rows that the table holds already read what they have read before.
        let actual = Columns { columns: &found.columns, lacking: Some(&[]) };
        let definition = self.definition.as_ref().map(|expected| (expected, self.definition_of(found)));
        let mut questions = columns::questions(expected, actual);
        if let Some((expected, Ok(found))) = &definition {
            questions.extend(found.questions(expected));
        }
        let answers = Answers::ask(member, questions, &Context::on(Activity::Restore, member)).await?;
        let lacking = self.lacking(member, columns::other_defaults(expected, actual, &answers)).await?;
        expected.lacking = lacking.as_deref();
        let mut all = columns::differences(expected, actual, Extra::Ignore, self.origin, &answers).stored();
        let (engine, expected) = (&found.storage_engine, &self.engine);
        if definition::engine_base(engine) != definition::engine_base(expected) {
            all.differences.push(format!("engine {engine} instead of {expected}"));
        }
        match definition {
            None => {}
            Some((expected, Ok(found))) => all.differences.extend(found.differences(expected, &answers)),
            Some((_, Err(reason))) => all.differences.push(format!("its definition is not understood: {reason}")),
        }
        Ok(all)
    }

    /// Columns that some part lacks, as far as that is known; nothing is read for it unless a default `differs`.
    async fn lacking(&self, member: &Member, differs: bool) -> Result<Option<Vec<String>>, Failure> {
        match &self.lacking {
            Lacking::Known(lacking) => Ok(lacking.clone()),
            Lacking::InBackup { .. } if !differs => Ok(None),
            Lacking::InBackup { source, database, name } => {
                source.definitions(member).lacking(database, name, &self.columns).await
            }
        }
    }

    /// The definition of what was found, in the words that the expected one is written in.
    fn definition_of(&self, found: &ReplicaTable) -> Result<Definition, String> {
        match self.origin {
            BACKUP => Declared::parse(&found.create).map(|declared| declared.definition),
            _ => Ok(found.definition.clone()),
        }
    }
}

/// Whether an exception is about a text that was to be parsed, and not about the way to it.
fn is_of_text(code: i32) -> bool {
    // BAD_ARGUMENTS, ILLEGAL_TYPE_OF_ARGUMENT, UNKNOWN_FUNCTION, NOT_IMPLEMENTED, UNKNOWN_TYPE, SYNTAX_ERROR,
    // ILLEGAL_SYNTAX_FOR_DATA_TYPE
    matches!(code, 36 | 43 | 46 | 48 | 50 | 62 | 377)
}
