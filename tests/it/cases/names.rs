//! Names that a server takes, for databases, tables and columns: through backup, restore in every mode, and verify. What arrives is
//! compared by statements of this test's own, and by nothing of houseplan's.

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

/// What houseplan, ClickHouse, SQL, a URL, a pattern, a template or a file system might take for something else.
const NAMES: [&str; 36] = [
    "rows",
    "checksum",
    "count",
    "database",
    "table",
    "name",
    "sum",
    "parts",
    "hash",
    "row_hash",
    "tuple",
    "cityHash64",
    "text",
    "FINAL",
    "select",
    "NULL",
    "_part",
    "1",
    "a b",
    "a.b",
    "a,b",
    "a(b)",
    "count()",
    "*",
    "b`tick",
    "q'uote",
    "d\"ouble",
    "back\\slash",
    "100%",
    "%41",
    "ünï",
    "x{y}",
    "{{ inputs.path }}",
    "-- no",
    "?#&=",
    "a_column_whose_name_is_longer_than_that_of_any_file_may_be_a_column_whose_name_is_longer_than_that_of_any_file_may_be_a_column_whose_name_is_longer_than_that_of_any_file_may_be_a_column_whose_name_is_longer_than_that_of_any_file_may_be_",
];

/// Those that are as odd for a table as for a column.
const ODD: [&str; 8] = ["rows", "FINAL", "a.b", "b`tick", "q'uote", "back\\slash", "%41", "{{ inputs.path }}"];

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// A database, tables in it, and where their backup goes.
struct House {
    number: usize,
    database: String,
    tables: Vec<String>,
}

impl House {
    fn new(number: usize, database: &str, tables: &[&str]) -> Self {
        let tables = tables.iter().map(|name| (*name).to_owned()).collect();
        Self { number, database: database.to_owned(), tables }
    }

    fn qualified(&self, table: usize) -> String {
        format!("{}.{}", quoted(&self.database), quoted(&self.tables[table]))
    }

    /// A table with columns of all names, one of them made of others and one a view of another.
    fn creates(&self, table: usize, replicated: bool) -> String {
        let engine = match replicated {
            true => format!("ReplicatedMergeTree('/clickhouse/names/{}/{table}', '{{replica}}')", self.number),
            false => "MergeTree".to_owned(),
        };
        let columns: Vec<String> = NAMES.iter().map(|column| format!("{} String", quoted(column))).collect();
        format!(
            "CREATE TABLE {} (id UInt64, {}, `made of` String MATERIALIZED concat(`a b`, `b\\`tick`), \
             `shown.as` String ALIAS `back\\\\slash`) ENGINE = {engine} ORDER BY (id, `a b`)",
            self.qualified(table),
            columns.join(", ")
        )
    }

    /// Three rows, in each column another value.
    fn fills(&self, table: usize) -> String {
        let values: Vec<String> = (0..NAMES.len()).map(|at| format!("concat('{at} ', toString(number))")).collect();
        format!("INSERT INTO {} SELECT number, {} FROM numbers(3)", self.qualified(table), values.join(", "))
    }

    fn reads(&self, table: usize) -> String {
        let columns: Vec<String> = NAMES.iter().chain(&["made of", "shown.as"]).map(|name| quoted(name)).collect();
        format!("SELECT id, {} FROM {} ORDER BY id", columns.join(", "), self.qualified(table))
    }
}

struct Bed {
    sandbox: SandboxLease,
    operator: Operator,
}

impl Bed {
    async fn holds(&self, member: &str, house: &House) -> Vec<String> {
        let mut all = Vec::new();
        for table in 0..house.tables.len() {
            all.push(self.sandbox.must(member, &house.reads(table)).await);
        }
        all
    }

    async fn builds(&self, house: &House) {
        for (member, replicated) in [("source", false), ("replica1", true), ("replica2", true)] {
            self.sandbox.must(member, &format!("CREATE DATABASE {}", quoted(&house.database))).await;
            for table in 0..house.tables.len() {
                self.sandbox.must(member, &house.creates(table, replicated)).await;
                if !replicated {
                    self.sandbox.must(member, &house.fills(table)).await;
                }
            }
        }
    }

    async fn runs(&self, plan: &str, house: &House, more: &[&str], code: i32) {
        let database = format!("database={}", house.database);
        self.operator.does(&[&["run", plan, "--set", &database], more].concat()).await.with(code);
    }

    async fn restores(&self, house: &House, to: &str, mode: &str, code: i32) {
        let (to, mode, path) =
            (format!("destination={to}"), format!("mode={mode}"), format!("path=n/{}", house.number));
        self.runs("restore", house, &["--target", &to, "--set", &mode, "--set", &path], code).await;
    }

    async fn approves(&self, step: &str) {
        self.operator.does(&["approve", &self.operator.last_run(), step]).await.with(0);
        self.operator.resumes(&[]).await.with(0);
    }
}

#[tokio::test]
async fn databases_tables_and_columns_have_the_names_that_a_server_takes() {
    let sandbox = SandboxLease::acquire().await;
    let operator = Operator::new(&sandbox);
    let bed = Bed { sandbox, operator };
    // The sandbox's store takes keys of 160 bytes or so; longer names are below.
    let (long, less_long) = ("t".repeat(90), "t".repeat(30));
    let houses = [
        House::new(0, "rows", &[&ODD[..], &[&long]].concat()),
        House::new(1, "a b`'\".\\%41 {{ x }} ünï", &["rows", &less_long]),
        House::new(2, &"d".repeat(80), &["b`tick"]),
    ];
    for house in &houses {
        bed.builds(house).await;
        let before = bed.holds("source", house).await;
        bed.runs("backup", house, &["--set", &format!("path=n/{}", house.number)], 0).await;
        bed.restores(house, "cluster", "existing", 0).await;
        for replica in ["replica1", "replica2"] {
            assert_eq!(bed.holds(replica, house).await, before, "{} on {replica}", house.database);
        }
        bed.runs("verify", house, &[], 0).await;
        match house.number {
            0 => {
                bed.restores(house, "source", "replace", 4).await;
                bed.approves("allow_drop").await;
            }
            1 => {
                bed.sandbox.must("source", &format!("DROP DATABASE {} SYNC", quoted(&house.database))).await;
                bed.restores(house, "source", "empty", 0).await;
            }
            _ => {
                bed.sandbox.must("source", &format!("TRUNCATE TABLE {}", house.qualified(0))).await;
                bed.restores(house, "source", "append", 4).await;
                bed.approves("allow_append").await;
            }
        }
        assert_eq!(bed.holds("source", house).await, before, "{}", house.database);
        // One row is another one: in the rows, since the parts are no longer the same.
        let change = format!(
            "ALTER TABLE {} UPDATE `count()` = 'x' WHERE id = 1 SETTINGS mutations_sync = 2",
            house.qualified(0)
        );
        bed.sandbox.must("source", &change).await;
        bed.runs("verify", house, &[], 3).await;
    }
}

#[tokio::test]
async fn names_as_long_as_a_server_takes_them_are_compared() {
    let sandbox = SandboxLease::acquire().await;
    let operator = Operator::new(&sandbox);
    let bed = Bed { sandbox, operator };
    // The server takes 213 bytes of both together.
    let house = House::new(3, &"d".repeat(100), &[&"t".repeat(110)]);
    bed.builds(&house).await;
    bed.runs("verify", &house, &[], 3).await;
    bed.sandbox.must("replica1", &house.fills(0)).await;
    bed.runs("verify", &house, &[], 0).await;
}
