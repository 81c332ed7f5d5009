//! A column that is named as something that houseplan asks for.

use super::Bed;

#[tokio::test]
async fn a_column_named_rows_is_counted_and_hashed_like_any_other() {
    let bed = Bed::new().await;
    bed.makes(&["source", "replica1", "replica2"], include_str!("alias-names/source.sql")).await;
    let verify = ["run", "verify", "--set", "database=c_alias"];
    bed.operator.does(&verify).await.with(0).has("1 table is the same on 2 members by its parts");

    // The same rows in ten parts, and then another one of them.
    let inserted = |rows: &str| {
        format!(
            "INSERT INTO c_alias.query_stats SELECT toDateTime('2026-01-01 00:00:00') + number, toString(number), {rows}, number \
             FROM numbers(100) SETTINGS max_block_size = 10, min_insert_block_size_rows = 10, min_insert_block_size_bytes = 1"
        )
    };
    bed.sandbox.must("replica1", "SYSTEM STOP MERGES c_alias.query_stats").await;
    bed.sandbox.must("replica1", "TRUNCATE TABLE c_alias.query_stats").await;
    bed.sandbox.must("replica1", &inserted("number * 3")).await;
    bed.operator.does(&verify).await.with(0).has("1 table is the same on 2 members by its rows");
    bed.sandbox.must("replica1", "TRUNCATE TABLE c_alias.query_stats").await;
    bed.sandbox.must("replica1", &inserted("number * 3 + (number = 7)")).await;
    bed.operator.does(&verify).await.with(3).has("100 rows on both sides, but not the same ones");
}
