//! What moves data, and what only reads, as they are reviewed.

use serde_json::json;

use crate::{
    bundle::{expand, fixture},
    plan::describe::Files,
    render::{RenderedPlan, render},
    template::InputValue,
};

/// What every BACKUP and RESTORE ends with.
const RETRIES: &str = "backup_restore_s3_retry_attempts = 20 (where the server knows it), \
                       backup_restore_s3_retry_initial_backoff_ms = 100 (where the server knows it), \
                       backup_restore_s3_retry_max_backoff_ms = 5000 (where the server knows it)";

const ENVIRONMENT: &str = r#"
apiVersion: houseplan/v1
kind: Environment
metadata: { name: sandbox }
targets:
  source: { kind: clickhouse, members: { source: { url: "http://h:1" } } }
  cluster: { kind: clickhouse, members: { replica1: { url: "http://h:2", shard: 1 }, replica2: { url: "http://h:3", shard: 1 } } }
  store: { kind: s3, url: "http://s3/bucket", access_key_id: { env: S3_KEY }, secret_access_key: { env: S3_SECRET } }
  other: { kind: s3, url: "http://s3/other" }
"#;

/// A plan of these inputs and steps, with its inputs of type `secret` given, expanded as a run has it.
fn rendered(inputs: &str, steps: &str) -> RenderedPlan {
    let targets =
        "source: { kind: clickhouse }, cluster: { kind: clickhouse }, store: { kind: s3 }, other: { kind: s3 }";
    let plan = format!(
        "apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: small }}\ninputs: {{ {inputs} }}\n\
         targets: {{ {targets} }}\nsteps:\n{steps}"
    );
    let bundle = fixture::bundle(&plan, Some(ENVIRONMENT));
    let plan = expand(&bundle).expect("a plan that expands");
    let environment = bundle.environment().map(|it| &it.document);
    let given = [("token".into(), InputValue::Secret("hunter2".to_owned().into()))].into_iter().collect();
    render(&plan, &given, environment, &Files::new())
}

/// Every statement, by its step, with where it goes and its settings in the URL.
fn statements(inputs: &str, steps: &str) -> String {
    let rendered = rendered(inputs, steps);
    let lines = rendered.steps.iter().flat_map(|step| {
        let checks = step.preconditions.iter().chain(&step.postconditions).flat_map(|check| &check.reads);
        checks.chain(&step.does).map(|it| {
            let settings: Vec<String> = it.settings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let with = if settings.is_empty() { String::new() } else { format!("\n  with {}", settings.join(", ")) };
            format!("{}: {}\n  {}{with}\n", step.id, it.on, it.text)
        })
    });
    lines.collect::<String>().replace(RETRIES, "retries")
}

#[test]
fn into_nothing_come_the_tables_on_every_member_and_then_the_rows_on_one() {
    insta::assert_snapshot!(statements(
        "database: { type: identifier, default: default }, path: { type: path, default: p }",
        r#"  backup: { inspect: { on: store, backup: "{{ inputs.path }}", through: cluster, database: "{{ inputs.database }}" } }
  empty: { needs: [backup], restore: { on: cluster, from: "{{ steps.backup }}", database: "{{ inputs.database }}", tables: "{{ steps.backup.tables }}", into: absent, settings: { max_threads: 3 } } }
  whole: { needs: [backup], restore: { on: cluster, from: "{{ steps.backup }}", database: d, into: absent } }
  all: { needs: [backup], restore: { on: source, from: "{{ steps.backup }}", all: { except: [kept] }, into: absent } }
"#
    ), @"
    backup: store through cluster: replica1
      read .backup of S3('http://s3/bucket/p', '[env S3_KEY]', '[HIDDEN]'), and that every file in it is there with its size
    empty/structure: cluster: replica1, replica2
      RESTORE DATABASE `default` FROM S3('http://s3/bucket/p', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>', structure_only = 1, max_threads = 3 ASYNC
      with retries
    empty/data: cluster: replica1, replica2 (one replica of each shard, one statement a table)
      RESTORE TABLE `default`.<each of {{ steps.backup.tables }}> FROM S3('http://s3/bucket/p', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>', allow_different_table_def = 1, create_table = 'must exist', max_threads = 3 ASYNC
      with retries
    whole/structure: cluster: replica1, replica2
      RESTORE DATABASE `d` FROM S3('http://s3/bucket/p', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>', structure_only = 1 ASYNC
      with retries
    whole/data: cluster: replica1, replica2 (one replica of each shard)
      RESTORE DATABASE `d` FROM S3('http://s3/bucket/p', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>', allow_different_table_def = 1, create_table = 'must exist' ASYNC
      with retries
    all: source: source (one replica of each shard)
      RESTORE ALL EXCEPT DATABASES `system`, `information_schema`, `INFORMATION_SCHEMA`, `houseplan_claim`, `kept` FROM S3('http://s3/bucket/p', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>' ASYNC
      with retries
    ");
}

#[test]
fn where_a_backup_is_told_as_far_as_it_is_known() {
    insta::assert_snapshot!(statements(
        "path: { type: path, default: p }, names: { type: list, default: [a, \"b'\"] }",
        r#"  made: { backup: { on: cluster, database: d, tables: "{{ inputs.names }}", to: { store: store, path: "/{{ inputs.path }}/{{ run.id }}/" } } }
  more: { needs: [made], backup: { on: source, all: { except: ["{{ inputs.path }}", system] }, to: { store: other, path: more }, base: "{{ steps.made }}" } }
  asked: { needs: [made], sql: { on: source, query: SELECT 1 AS p }, outputs: { place: "result.rows[0].p" } }
  found: { needs: [made], inspect: { on: store, backup: "{{ steps.made }}" } }
  again: { needs: [found], inspect: { on: other, backup: "{{ steps.found }}" } }
  one: { needs: [again, asked], restore: { on: source, from: "{{ steps.again }}", database: d, tables: [a, "{{ steps.asked.place }}"], into: append } }
  path: { needs: [made], restore: { on: source, from: "{{ steps.made.path }}", store: store, database: d, into: existing } }
  told: { needs: [asked], restore: { on: source, from: "{{ steps.asked.place }}", store: store, database: d, into: existing } }
  below: { needs: [asked], restore: { on: source, from: "old/{{ steps.asked.place }}", store: other, database: d, into: existing } }
"#
    ), @"
    made: cluster: replica1
      BACKUP TABLE `d`.`a`, TABLE `d`.`b'` TO S3('http://s3/bucket/p/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>' ASYNC
      with retries
    more: source: source
      BACKUP ALL EXCEPT DATABASES `system`, `information_schema`, `INFORMATION_SCHEMA`, `houseplan_claim`, `p` TO S3('http://s3/other/more') SETTINGS id = '<run>/<task>/<attempt>', base_backup = S3('http://s3/other/p/{{ run.id }}') ASYNC
      with retries
    asked: source: source
      SELECT 1 AS p
      with readonly = 2
    found: store through houseplan
      read .backup of S3('http://s3/bucket/p/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]'), and that every file in it is there with its size
    again: other through houseplan
      read .backup of S3('http://s3/bucket/p/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]'), and that every file in it is there with its size
    one: source: source (one replica of each shard, one statement a table)
      RESTORE TABLE `d`.`a` FROM S3('http://s3/bucket/p/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>', allow_different_table_def = 1, create_table = 'must exist', allow_non_empty_tables = 1 ASYNC
      with retries
    one: source: source (one replica of each shard, one statement a table)
      RESTORE TABLE `d`.`{{ steps.asked.place }}` FROM S3('http://s3/bucket/p/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>', allow_different_table_def = 1, create_table = 'must exist', allow_non_empty_tables = 1 ASYNC
      with retries
    path: source: source (one replica of each shard)
      RESTORE DATABASE `d` FROM S3('http://s3/bucket/p/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>', allow_different_table_def = 1, create_table = 'must exist' ASYNC
      with retries
    told: source: source (one replica of each shard)
      RESTORE DATABASE `d` FROM S3(<{{ steps.asked.place }}>) SETTINGS id = '<run>/<task>/<attempt>', allow_different_table_def = 1, create_table = 'must exist' ASYNC
      with retries
    below: source: source (one replica of each shard)
      RESTORE DATABASE `d` FROM S3('http://s3/other/old/{{ steps.asked.place }}') SETTINGS id = '<run>/<task>/<attempt>', allow_different_table_def = 1, create_table = 'must exist' ASYNC
      with retries
    ");
}

#[test]
fn a_setting_is_shown_with_the_type_that_it_is_sent_with() {
    insta::assert_snapshot!(statements(
        "many: { type: integer, default: 7 }, flag: { type: boolean, default: true }, class: { type: string, default: \"it's\" }, token: { type: secret }",
        r#"  found: { sql: { on: source, query: SELECT 1 AS n, settings: { max_threads: "{{ inputs.many }}", use_uncompressed_cache: "{{ inputs.flag }}", log_queries: false } } }
  backup:
    needs: [found]
    backup:
      on: source
      database: d
      to: { store: store, path: p }
      settings: { max_backup_bandwidth: "{{ inputs.many }}", deduplicate_files: "{{ inputs.flag }}", s3_storage_class: "{{ inputs.class }}", compression_level: "{{ steps.found.rows[0].n }}", compression_method: "of {{ steps.found.rows[0].n }}" }
  refused: { needs: [found], backup: { on: source, database: d, to: { store: store, path: p }, settings: { structure_only: true } } }
"#
    ), @r#"
    found: source: source
      SELECT 1 AS n
      with max_threads = 7, use_uncompressed_cache = 1, log_queries = 0, readonly = 2
    backup: source: source
      BACKUP DATABASE `d` TO S3('http://s3/bucket/p', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>', deduplicate_files = 1, s3_storage_class = 'it\'s', compression_level = {{ steps.found.rows[0].n }}, compression_method = 'of {{ steps.found.rows[0].n }}' ASYNC
      with max_backup_bandwidth = 7, retries
    refused: source: source
      nothing is sent: the setting `structure_only` is set by houseplan itself
    "#);
}

#[test]
fn what_only_reads_is_shown_as_it_is_sent_whether_it_says_so_or_not() {
    insta::assert_snapshot!(statements(
        "",
        r#"  unsaid: { sql: { on: cluster, query: "SELECT 1; SELECT 2 -- and no more", settings: { max_threads: 1 } } }
  said: { sql: { on: cluster, query: SELECT 1, effect: read } }
  writes: { sql: { on: cluster, query: SYSTEM STOP MERGES } }
  again: { sql: { on: cluster, query: SELECT throwIf(1), effect: idempotent } }
  checked:
    preconditions: [{ name: before, sql: { on: source, query: "SELECT 1 AS a; -- one" }, expect: row.a == 1 }]
    check: [{ name: now, sql: { on: cluster, query: SELECT 2 AS a }, expect: row.a == 2 }]
    postconditions: [{ name: after, sql: { on: cluster, query: SELECT 3 AS a, settings: { max_threads: 1 } }, expect: row.a == 3 }]
"#
    ), @r#"
    unsaid: cluster: replica1, replica2
      SELECT 1
      with max_threads = 1, readonly = 2
    unsaid: cluster: replica1, replica2
      SELECT 2
      with max_threads = 1, readonly = 2
    said: cluster: replica1, replica2
      SELECT 1
      with readonly = 2
    writes: cluster: replica1, replica2
      SYSTEM STOP MERGES
    again: cluster: replica1, replica2
      SELECT throwIf(1)
    checked: source: source
      SELECT 1 AS a
      with readonly = 2
    checked: cluster: replica1, replica2
      SELECT 3 AS a
      with max_threads = 1, readonly = 2
    checked: houseplan
      now: row.a == 2
    checked: cluster: replica1, replica2
      SELECT 2 AS a
      with readonly = 2
    "#);
}

#[test]
fn a_store_is_probed_by_servers_or_by_this_machine() {
    insta::assert_snapshot!(statements(
        "path: { type: path, default: p }",
        r#"  servers: { s3: { on: store, probe: "{{ inputs.path }}", through: [source, cluster] } }
  here: { s3: { on: store, probe: "{{ inputs.path }}" } }
  looks: { s3: { on: store, list: "{{ inputs.path }}", through: [cluster, source] } }
  gone: { s3: { on: store, remove: "{{ inputs.path }}", through: cluster } }
"#
    ), @"
    servers: source: source; cluster: replica1, replica2
      BACKUP DATABASE information_schema TO S3('http://s3/bucket/p/.probe-<member>-<random>', '[env S3_KEY]', '[HIDDEN]')
      with backup_restore_s3_retry_attempts = 3 (where the server knows it), backup_restore_s3_retry_initial_backoff_ms = 200 (where the server knows it), backup_restore_s3_retry_max_backoff_ms = 200 (where the server knows it)
    servers: store through source: source; cluster: replica1, replica2
      read back what that has written below p, and delete it
    here: store
      put, read, list and delete a small object below p
    looks: store through cluster: replica1
      list what lies below p
    gone: store
      delete everything below p
    ");
}

#[test]
fn no_secret_is_in_a_setting() {
    let steps = r#"  backup: { backup: { on: source, database: d, to: { store: store, path: p }, settings: { a: "{{ inputs.token }}" } } }"#;
    let shown = json!(rendered("token: { type: secret }", steps)).to_string();
    assert!(!shown.contains("hunter2") && shown.contains("a = [secret inputs.token]"), "{shown}");
}
