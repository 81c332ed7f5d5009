//! The ways of backing up and restoring that no shipped plan uses, settings of every type, and SQL that only reads.

use super::{Drive, Reviewer};

const PLAN: &str = r#"apiVersion: houseplan/v1
kind: Plan
metadata: { name: forms }
inputs:
  many: { type: integer, default: 2 }
  flag: { type: boolean, default: true }
  names: { type: list, default: [runs, log] }
targets: { source: { kind: clickhouse }, cluster: { kind: clickhouse }, store: { kind: s3 } }
steps:
  reads:
    sql: { on: [source, cluster], query: "SELECT 1 AS n; SELECT 2 AS n -- the last", settings: { max_threads: "{{ inputs.many }}", use_uncompressed_cache: "{{ inputs.flag }}", log_queries: false } }
  each: { for_each: "['it', 'that']", sql: { on: source, query: "SELECT {{ item }} AS word" } }
  says: { sql: { on: source, query: "SELECT {{ inputs.many }} AS n", effect: idempotent } }
  before: { inventory: { on: source, database: house } }
  named:
    needs: [before]
    backup:
      on: source
      database: house
      tables: "{{ inputs.names }}"
      to: { store: store, path: "/forms/{{ run.id }}/named/" }
      settings: { max_backup_bandwidth: 100000000, deduplicate_files: "{{ inputs.flag }}", backup_restore_s3_retry_attempts: "{{ inputs.many }}" }
  whole: { needs: [before], backup: { on: source, database: house, to: { store: store, path: "forms/{{ run.id }}/whole" } } }
  more: { needs: [whole], backup: { on: source, database: house, tables: [runs], to: { store: store, path: "forms/{{ run.id }}/more" }, base: "{{ steps.whole }}" } }
  all: { needs: [before], backup: { on: source, all: { except: [default, system] }, to: { store: store, path: "forms/{{ run.id }}/all" } } }
  found: { needs: [more], inspect: { on: store, backup: "{{ steps.whole }}", database: house } }

  drop: { needs: [found, named, all], sql: { on: source, query: DROP DATABASE house SYNC, effect: idempotent } }
  absent: { needs: [drop], restore: { on: source, from: "{{ steps.whole }}", database: house, into: absent } }
  empty: { needs: [absent], sql: { on: source, query: &empty "TRUNCATE TABLE house.runs; TRUNCATE TABLE house.log", effect: idempotent } }
  existing: { needs: [empty], restore: { on: source, from: "{{ steps.found }}", database: house, tables: "{{ inputs.names }}", into: existing, settings: { max_threads: 1 } } }
  append: { needs: [existing], restore: { on: source, from: "{{ steps.more.path }}", store: store, database: house, tables: [runs], into: append } }
  empty_again: { needs: [append], sql: { on: source, query: *empty, effect: idempotent } }
  taken: { needs: [empty_again], restore: { on: source, from: "{{ steps.whole }}", database: house, tables: "{{ steps.before.tables }}", into: existing } }
  empty_for_whole: { needs: [taken], sql: { on: source, query: *empty, effect: idempotent } }
  in_one: { needs: [empty_for_whole], restore: { on: source, from: "{{ steps.whole }}", database: house, into: existing } }
  drop_for_all: { needs: [in_one], sql: { on: source, query: DROP DATABASE house SYNC, effect: idempotent } }
  everything: { needs: [drop_for_all], restore: { on: source, from: "{{ steps.all }}", all: {}, into: absent } }
finally:
  merges: { sql: { on: [source, cluster], query: SYSTEM START MERGES, effect: idempotent, absent: skip } }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn each_form_of_a_statement_is_sent_as_it_is_shown() {
    let mut reviewer = Reviewer::new().await;
    for statement in [
        "CREATE DATABASE house",
        "CREATE TABLE house.runs (id UInt64) ENGINE = MergeTree ORDER BY id",
        "CREATE TABLE house.log (id UInt64) ENGINE = MergeTree ORDER BY id",
        "INSERT INTO house.runs SELECT number FROM numbers(10)",
        "INSERT INTO house.log SELECT number FROM numbers(5)",
    ] {
        reviewer.sandbox.must("source", statement).await;
    }
    let plan = reviewer.operator.write("forms.yaml", PLAN);
    reviewer.drives(Drive { plan: &plan, arguments: &[], approve: None, ends: 0 }).await;
    reviewer.has_seen_every_line_that_may_write();
    let rows =
        "SELECT concat(toString((SELECT count() FROM house.runs)), ' ', toString((SELECT count() FROM house.log)))";
    assert_eq!(reviewer.sandbox.must("source", rows).await, "10 5");
}
