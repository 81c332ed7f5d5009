//! What a database holds, counted by the tests' own means and not by houseplan's.

use std::collections::BTreeMap;

use super::{operator::DATABASE, sandbox_lease::SandboxLease};

/// Of each table: its rows, and the sum of a hash of each row. The sum sees doubled rows, which an XOR would not.
pub type Ledger = BTreeMap<String, (u64, String)>;

impl SandboxLease {
    /// Every table that stores rows, but for the migrations' own; a view's inner table under the view's name.
    pub async fn ledger(&self, member: &str) -> Ledger {
        let tables = format!(
            "SELECT name FROM system.tables WHERE database = '{DATABASE}' AND name != 'schema_migrations'
             AND NOT startsWith(name, '.inner') AND engine NOT IN ('View', 'Dictionary')
             AND (engine != 'MaterializedView' OR create_table_query NOT LIKE '% TO %') ORDER BY name"
        );
        let mut ledger = Ledger::new();
        for table in self.must(member, &tables).await.lines() {
            let columns = self
                .must(
                    member,
                    &format!(
                        "SELECT arrayStringConcat(arraySort(groupArray(concat('`', name, '`'))), ', ')
                         FROM system.columns WHERE database = '{DATABASE}' AND table = '{table}' AND default_kind != 'ALIAS' FORMAT TSVRaw"
                    ),
                )
                .await;
            // As text, so that a hash of houseplan's that overlooks something is not overlooked here too; and because ClickHouse
            // before 26 hashes neither NULL nor JSON, and states of aggregates otherwise each time.
            let row = self
                .must(
                    member,
                    &format!(
                        "SELECT count(), toString(sum(sipHash64(toString(tuple({columns}))))) FROM {DATABASE}.`{table}`"
                    ),
                )
                .await;
            let (rows, hash) = row.split_once('\t').expect("two cells");
            ledger.insert(table.to_owned(), (rows.parse().expect("a number"), hash.to_owned()));
        }
        ledger
    }

    /// Both replicas hold what the source held, when `before` was taken, and neither has anything else to do.
    #[track_caller]
    pub fn holds(&self, before: &Ledger) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            for replica in ["replica1", "replica2"] {
                let after = self.ledger(replica).await;
                assert_eq!(&after, before, "{place}: {replica}");
                let ill =
                    "SELECT count() FROM system.replicas WHERE is_readonly OR queue_size > 0 OR active_replicas != 2";
                assert_eq!(self.must(replica, ill).await, "0", "{place}: {replica}");
            }
        }
    }

    /// How many databases `houseplan_claim` there are on the servers that are up.
    pub async fn claims(&self) -> usize {
        let mut claims = 0;
        for member in ["source", "replica1", "replica2"] {
            let found = "SELECT count() FROM system.databases WHERE name = 'houseplan_claim'";
            claims += self.query(member, found).await.map_or(0, |found| found.parse().expect("a number"));
        }
        claims
    }
}
