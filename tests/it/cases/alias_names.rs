//! A column that is named as something that houseplan asks for.

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

#[tokio::test]
async fn a_column_named_rows_is_counted_and_hashed_like_any_other() {
    let sandbox = SandboxLease::acquire().await;
    for statement in include_str!("alias-names/source.sql").split(';').map(str::trim).filter(|it| !it.is_empty()) {
        sandbox.must("source", statement).await;
        sandbox.must("replica1", statement).await;
        sandbox.must("replica2", statement).await;
    }
    let operator = Operator::new(&sandbox);
    let verify = ["run", "verify", "--set", "database=c_alias"];
    operator.does(&verify).await.with(0).has("1 table is the same on 2 members by its parts");
    // The same rows in another part, and then another one of them.
    sandbox.must("replica1", "OPTIMIZE TABLE c_alias.query_stats FINAL").await;
    for (rows, code) in [("rows", 0), ("rows + 1", 3)] {
        sandbox.must("replica1", "TRUNCATE TABLE c_alias.query_stats").await;
        let insert = format!(
            "INSERT INTO c_alias.query_stats SELECT ts, query_id, {rows}, bytes FROM \
             (SELECT toDateTime('2026-01-01 00:00:00') + number AS ts, toString(number) AS query_id, number * 3 AS rows, \
             number AS bytes FROM numbers(100)) SETTINGS max_block_size = 10, min_insert_block_size_rows = 10, min_insert_block_size_bytes = 1"
        );
        sandbox.must("replica1", &insert).await;
        operator.does(&verify).await.with(code);
    }
}
