//! In which phases a restore runs: what each sends, to which members, and what has to be so of the tables then.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Into, Restore};

/// One of the two phases of a restore into a server without the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PhaseName {
    /// The tables are made, without their rows.
    Structure,
    /// The tables that the other phase has made are filled.
    Data,
}

impl PhaseName {
    /// The step's name below the restore's own.
    pub fn word(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Data => "data",
        }
    }
}

/// One phase of a restore. What runs and what is reviewed are both made of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestorePhase {
    /// The step's name below the restore's own; `None` where all is one step.
    pub name: Option<&'static str>,
    pub statements: RestoreStatements,
    pub members: RestoreMembers,
    /// What has to be so when a statement of this phase is sent.
    pub into: Into,
    /// Whether the tables come without their rows.
    pub structure_only: bool,
}

/// Which statements a phase sends to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreStatements {
    /// One for each of the restore's `tables`.
    EachTable,
    /// One for its `database`.
    Database,
    /// One for `all` that is in the backup.
    All,
}

/// To which members a phase sends its statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreMembers {
    Every,
    /// Replication carries the rows on; two members of a shard would double them.
    OneOfEachShard,
}

impl Restore {
    /// In which order it is done: in one phase, or, into a server without the tables, first all tables without their rows and
    /// then the rows. Only `all` that is in a backup comes in one piece then.
    pub fn phases(&self) -> Vec<RestorePhase> {
        let statements = match (&self.all, &self.tables) {
            (Some(_), _) => RestoreStatements::All,
            (None, Some(_)) => RestoreStatements::EachTable,
            (None, None) => RestoreStatements::Database,
        };
        let members = RestoreMembers::OneOfEachShard;
        let rows = RestorePhase { name: None, statements, members, into: self.into, structure_only: false };
        if self.into != Into::Absent || statements == RestoreStatements::All {
            return vec![rows];
        }
        let structure = RestorePhase {
            name: Some(PhaseName::Structure.word()),
            statements: RestoreStatements::Database,
            members: RestoreMembers::Every,
            structure_only: true,
            ..rows
        };
        let data = RestorePhase { name: Some(PhaseName::Data.word()), into: Into::Existing, ..rows };
        match self.only {
            None => vec![structure, data],
            Some(PhaseName::Structure) => vec![structure],
            Some(PhaseName::Data) => vec![data],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::fixture;

    #[track_caller]
    fn case(yaml: &str, expected: &[(Option<&str>, RestoreStatements, RestoreMembers, Into)]) {
        let plan = format!(
            "apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: small }}\ntargets: {{ c: {{ kind: clickhouse }}, s: {{ kind: s3 }} }}
steps:\n  back: {{ restore: {{ on: c, from: p, store: s, {yaml} }} }}"
        );
        let bundle = fixture::bundle(&plan, None);
        let phases = bundle.plan().document.steps["back"].restore.as_ref().unwrap().phases();
        let found: Vec<_> = phases.iter().map(|it| (it.name, it.statements, it.members, it.into)).collect();
        assert_eq!(found, expected, "{yaml}");
        assert!(phases.iter().all(|it| it.structure_only == (it.name == Some("structure"))), "{yaml}");
    }

    #[test]
    fn only_into_nothing_the_tables_come_before_their_rows() {
        use RestoreMembers::{Every, OneOfEachShard};
        use RestoreStatements::{All, Database, EachTable};
        let structure = (Some("structure"), Database, Every, Into::Absent);
        case(
            "database: d, tables: [a], into: absent",
            &[structure, (Some("data"), EachTable, OneOfEachShard, Into::Existing)],
        );
        case("database: d, into: absent", &[structure, (Some("data"), Database, OneOfEachShard, Into::Existing)]);
        case("all: {}, into: absent", &[(None, All, OneOfEachShard, Into::Absent)]);
        case("all: {}, into: existing", &[(None, All, OneOfEachShard, Into::Existing)]);
        case("database: d, tables: [a], into: existing", &[(None, EachTable, OneOfEachShard, Into::Existing)]);
        case("database: d, into: existing", &[(None, Database, OneOfEachShard, Into::Existing)]);
        let data = (Some("data"), EachTable, OneOfEachShard, Into::Existing);
        case("database: d, tables: [a], into: absent, only: structure", &[structure]);
        case("database: d, tables: [a], into: absent, only: data", &[data]);
        case("database: d, tables: [a], into: append", &[(None, EachTable, OneOfEachShard, Into::Append)]);
    }
}
