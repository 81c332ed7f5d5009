//! Every diagnostic of a plan, an environment and an inclusion, as it is printed.

use houseplan::bundle::Role;

use super::Documents;

/// Targets of every kind.
const TARGETS: &str = "targets:
  source: { kind: clickhouse }
  cluster: { kind: clickhouse, members: { min: 2 } }
  keeper: { kind: keeper }
  store: { kind: s3 }
";

macro_rules! printed {
    ($($name:ident: $documents:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!($documents.report());
        }
    )*};
}

fn steps(steps: &str) -> Documents {
    Documents::body(&format!("{TARGETS}{steps}"))
}

printed! {
    yaml_that_is_none: Documents::plan("steps:\n  a: [1, 2\n  b: x\n");
    an_empty_file: Documents::plan("");
    a_file_of_comments: Documents::plan("# nothing\n");
    a_file_of_one_line_end: Documents::plan("\n");
    two_documents: Documents::plan("a: 1\n---\nb: 2\n");
    a_control_character: Documents::plan("a: \"x\u{1b}[31m\"\n");
    keys_twice: Documents::body("steps:\n  a: { check: [] }\n  b: {}\n  a: {}\nsteps: {}\n");
    paths_in_a_store: steps("inputs: { i: { type: path, default: \"a#b\" }, j: { type: string, default: x } }
steps:
  a: { backup: { on: source, all: {}, to: { store: store, path: \"{{ inputs.j }}//b\" }, base: \"a b\" } }
  b: { s3: { on: store, list: \"a/*\" } }
  c: { inspect: { on: store, backup: \"a%41/{{ inputs.j }}\" } }
  d: { restore: { on: cluster, from: \"../{{ inputs.j }}\", store: store, all: {}, into: absent } }
  e: { check: [ { name: x, expect: rows, s3: { on: store, exists: \"a?b\" } } ] }
");
    placeholders_without_quotes: steps("inputs:\n  database: { type: identifier, default: {{ run.id }} }\nsteps:\n  a: { inventory: { on: source, database: {{ inputs.database }} } }\n  b:\n    inventory:\n      on: source\n      database: {{ inputs.nothing }}\n      except: [ {{ inputs.database }}, x ]\n");
    a_placeholder_without_quotes_and_more: steps("steps:\n  a:\n    when: {{ inputs.size }} > 3\n    check: []\n");
    a_placeholder_without_quotes_in_a_path: steps("steps:\n  a: { backup: { on: source, all: {}, to: { store: store, path: {{ inputs.a[0] }}/b } } }\n");
    a_placeholder_without_quotes_that_a_text_follows: steps("steps:\n  a:\n    exec:\n      on: local\n      directory: {{ inputs.home }}/work\n      command: [a]\n");
    yaml_tricks: Documents::body("inputs:\n  <<: { a: 1 }\n  b: !thing { type: string }\n  c: *nobody\n  d: { type: integer, default: 99999999999999999999 }\nsteps: {}\n");

    schema_mistakes: Documents::plan("apiVersion: houseplan/v2
kind: Plan
metadata: { name: Move_x }
inputs:
  a: { type: strng }
  b: { type: integer, patern: x }
steps:
  x:
    timout: 6h
    sql: { on: a, query: 5 }
    exec: { command: [a] }
  y:
    timeout: 6
    sq: { on: a }
  Z: {}
  w: {}
  v: { check: [ { name: a, expect: yes, sql: { on: [], query: a, effect: red } } ] }
  u:
    needs: foo
    restore:
      on: [a, b]
      into: there
    when:
  t: { retry: { attempts: 0 }, approve: { show: x } }
");
    schema_and_meaning_together: steps("steps:
  backup: { backup: { on: source, database: x, to: { store: store, path: p } }, timout: 6h }
  after:
    needs: [backpu]
    sql: { on: clustr, query: SELECT 1 }
");
    needs: steps("steps:
  a: { needs: [a], sql: { on: source, query: SELECT 1 } }
  b: { needs: [e, e], sql: { on: source, query: SELECT 1 } }
  c: { needs: [d], sql: { on: source, query: SELECT 1 } }
  d: { needs: [a, e], sql: { on: source, query: SELECT 1 } }
  e: { needs: [c, tidy], sql: { on: source, query: SELECT 1 } }
finally:
  tidy: { needs: [a], sql: { on: source, query: SELECT 1 } }
  b: { sql: { on: source, query: SELECT 1 } }
");
    references: steps("inputs:
  database: { type: identifier, default: default }
steps:
  found: { inventory: { on: cluster, database: \"{{ inputs.databse }}\" } }
  other:
    when: steps.found.tables
    sql: { on: source, query: \"SELECT {{ steps.found.tables[0].rows }}\" }
  third:
    needs: [other]
    when: steps.fond.tables and steps.third.rows
    for_each: \"{{ steps.other.rows }}\"
    sql:
      on: source
      query: |
        SELECT 1
        WHERE name = '{{ inputs.database }}'
          AND x = {{ inputs.nothing }}
    outputs: { n: result.rows | length }
  fourth:
    needs: [third]
    when: steps.other.row and steps.third.n and steps.third.m and row.n
    exec: { on: local, command: [echo, \"{{ item }}\", \"{{ result }}\"] }
finally:
  last: { when: steps.found.succeeded and steps.found.tables, sql: { on: source, query: SELECT 1 } }
");
    targets_and_kinds: steps("steps:
  a: { backup: { on: store, database: x, to: { store: cluster, path: p } } }
  b: { inspect: { on: stor, backup: x, through: keeper } }
  c: { sql: { on: [source, local], query: SELECT 1 } }
  d: { exec: { on: source, command: [true] } }
  e: { procedure: migrate }
");
    rows_onto_several_shards: Documents::body("targets:
  store: { kind: s3 }
  one: { kind: clickhouse, shards: 1 }
  two: { kind: clickhouse, shards: 2 }
  any: { kind: clickhouse, shards: { min: 1 } }
steps:
  a: { restore: { on: one, from: p, store: store, database: d, into: absent } }
  b: { restore: { on: two, from: p, store: store, database: d, into: absent } }
  c: { restore: { on: any, from: p, store: store, database: d, tables: [t], into: existing } }
");
    actions_that_make_no_sense: steps("steps:
  a: { backup: { on: source, to: { store: store, path: p } } }
  b: { backup: { on: source, all: {}, database: x, to: { store: store, path: p } } }
  c: { keeper: { on: keeper, remove: [x] } }
  d: { keeper: { on: keeper } }
  e: { s3: { on: store, probe: x, list: y } }
  f: { s3: { on: store, remove: / } }
  g: { restore: { on: cluster, from: some/path, into: append, database: x } }
  h: { restore: { on: cluster, from: some/path, store: store, into: absent } }
  i: { sql: { on: source, query: SELECT 1, absent: skip } }
  j: { sql: { on: source, query: \"SELECT 1; DROP TABLE x\", effect: read } }
  k:
    sql:
      on: source
      query: |
        DROP TABLE x;
        CREATE TABLE x
  l: { check: [{ name: two, sql: { on: source, query: SELECT 1 AS a; SELECT 2 AS a }, expect: row.a }] }
  l2: { check: [] }
  m:
    check:
      - { name: no expectation, sql: { on: source, query: SELECT 1 } }
      - { name: it writes, sql: { on: source, query: DROP TABLE x, effect: once }, expect: row.a }
      - { name: it removes, s3: { on: store, remove: x }, expect: row.a }
      - { name: it reads nothing, sql: { on: source, query: -- SELECT 1 }, expect: rows | length == 0 }
  n: { exec: { on: local, command: [] }, stalled_after: 5m }
");
    statements_without_a_session: steps("steps:
  a: { sql: { on: source, query: USE x; TRUNCATE TABLE t, effect: idempotent } }
  b: { sql: { on: source, query: \"SET mutations_sync = 2; ALTER TABLE x.t DELETE WHERE 1\", effect: idempotent } }
  c: { sql: { on: source, query: CREATE TEMPORARY TABLE t (a Int8) } }
  d: { sql: { on: source, query: SELECT 1, settings: { log_comment: x, max_threads: 1 } } }
  e: { check: [ { name: a, sql: { on: source, query: SELECT 1, settings: { readonly: 0 } }, expect: row.a } ] }
");
    inputs: Documents::body("inputs:
  a: { type: integer, default: five }
  b: { type: enum }
  c: { type: enum, values: [blue, green], default: gren }
  d: { type: secret, default: hunter2 }
  e: { type: string, pattern: \"[a-\", default: x }
  f: { type: string, pattern: \"[a-z]+\", default: X1 }
  g: { type: duration, default: 6 }
  h: { type: list, items: integer, default: [1, two] }
  i: { type: path, default: ../x }
  j: { type: string, default: \"{{ inputs.k }} {{ inputs.zz }} {{ steps.a }}\" }
  k: { type: string, values: [a] }
steps: {}
");
    names_and_procedures: Documents::body("procedures: [migrate, migrate, unused]
targets: { local: { kind: s3 } }
steps: { a: { procedure: migrate }, b: { procedure: migrat } }
").with(Role::Included, "unused.yaml", "");
    a_plan_that_is_not_called_like_its_file: Documents::plan("apiVersion: houseplan/v1\nkind: Plan\nmetadata: { name: other }\nsteps: {}\n");

    environment_targets: steps("steps: {}").environment("targets:
  source: { kind: clickhouse, members: { a: { url: \"http://h:8123\" } }, host: x }
  cluster:
    kind: clickhouse
    members:
      r1: { url: \"http://H:8123\", shard: 0 }
      r2: { url: \"h2:8123\" }
      r3: { url: \"http://user:secret@h3:8123\" }
      r4: { url: \"http://h4:9000/x\", password: { file: a, env: B } }
      r5: { url: nothing, password: abc }
  keeper: { kind: keeper }
  store: { kind: s3, url: \"s3://bucket\", access_key_id: { env: X } }
");
    kinds_of_targets: steps("steps: {}").environment("targets:
  source: { kind: clickhous, members: {} }
  cluster: { members: { a: { url: \"http://h:8123\" } } }
  keeper: { kind: keeper, hosts: h, port: high }
  store: nothing
  local: { kind: local, directroy: x }
");
    secrets_where_their_source_should_be: steps("steps: {}").environment("targets:
  source: { kind: clickhouse, members: { a: { url: \"http://h:8123\", password: hunter2, shard: 0 } } }
  cluster:
    kind: clickhouse
    members:
      r1:
        url: http://i:8123
        password:
          value: hunter2
  store: { kind: s3, url: \"http://h/b\", access_key_id: hunter2, secret_access_key: { env: X } }
");
    stores_with_mistakes: steps("steps: {}").environment("targets:
  a: { kind: s3, url: \"https://s3.eu-central-1.amazonaws.com\" }
  b: { kind: s3, url: \"s3:///folder\" }
  c: { kind: s3, url: \"https://b.s3.eu-central-1.amazonaws.com/f\", region: us-east-1 }
  d: { kind: s3, url: \"http://minio:9000/b\", endpoint: \"http://minio:9000\" }
  e: { kind: s3, url: \"s3://b\", endpoint: \"http://minio:9000/b\" }
  f: { kind: s3, url: \"http://minio:9000/b/f\", force_path_style: false }
  g: { kind: s3, url: \"http://minio:9000/b/{a,b}\" }
  h: { kind: s3, url: \"http://minio:9000/b/a b\" }
  i: { kind: s3, url: \"http://minio:9000/b/a%41\" }
  j: { kind: s3, url: \"s3://b/a//b\" }
  k: { kind: s3, url: \"https://b.s3.amazonaws.com/f#g\" }
  l: { kind: s3, url: \"gs://b/f\" }
");
    a_secret_in_a_line_that_is_no_yaml: steps("steps: {}").environment("targets:
  source: { kind: clickhouse, members: { a: { url: \"http://h:8123\", password: hunter2\" } } }
  cluster: { kind: clickhouse, members: { a: { url: \"http://ada:hunter2@h:8123\", shard: [ } } }
");
    an_environment_that_does_not_fit: Documents::body(&format!("{TARGETS}procedures: [migrate, stop]\nsteps: {{ a: {{ procedure: migrate }}, b: {{ procedure: stop }} }}\n")).environment("targets:
  sourc: { kind: clickhouse, members: { a: { url: \"http://h:8123\" } } }
  cluster: { kind: clickhouse, members: { b: { url: \"http://h2:8123\" } } }
  keeper: { kind: s3, url: \"http://h/b\" }
  store: { kind: s3, url: \"http://h/b\" }
procedures:
  stop: {}
  migrte: { steps: {} }
");
    targets_called_otherwise: Documents::body("targets:
  source: { kind: clickhouse, members: 1 }
  destination: { kind: clickhouse, members: { min: 2 } }
  other: { kind: clickhouse }
  store: { kind: s3 }
steps: {}
").called("destinatio", "cluster").called("other", "source").called("store", "keeper").environment("targets:
  source: { kind: clickhouse, members: { a: { url: \"http://h:8123\" } } }
  cluster: { kind: clickhouse, members: { b: { url: \"http://h2:8123\" }, c: { url: \"http://h3:8123\" } } }
  second: { kind: clickhouse, members: { d: { url: \"http://h4:8123\" }, e: { url: \"http://h5:8123\" } } }
  keeper: { kind: keeper, host: h }
");
    a_procedure_with_mistakes: steps("procedures: [migrate]\nsteps: { a: { procedure: migrate } }\n").environment("targets:
  source: { kind: clickhouse, members: { a: { url: \"http://h:8123\" } } }
  cluster: { kind: clickhouse, members: { b: { url: \"http://h2:8123\" }, c: { url: \"http://h3:8123\" } } }
  keeper: { kind: keeper, host: h }
  store: { kind: s3, url: \"http://h/b\" }
procedures:
  migrate:
    steps:
      up: { exec: { on: locl, command: [\"{{ inputs.x }}\", \"{{ steps.backup.id }}\"] } }
      again: { needs: [upp], procedure: migrate }
");

    inclusions: Documents::body("targets: { a: { kind: clickhouse }, s: { kind: s3 } }
steps:
  one: { plan: { name: ./part.yaml, with: { databse: x, count: many }, targets: { source: s, stor: s } } }
  two: { plan: { name: standalone-to-replicatd } }
").with(Role::Included, "plans/part.yaml", "apiVersion: houseplan/v1
kind: Plan
metadata: { name: part }
inputs: { database: { type: identifier }, count: { type: integer } }
targets: { source: { kind: clickhouse }, store: { kind: s3 } }
steps:
  x: { sql: { on: source, query: \"SELECT {{ inputs.count }}\" } }
");
    plans_that_include_one_another: Documents::body("steps: { a: { plan: { name: ./b.yaml } } }").with(Role::Included, "plans/b.yaml",
        "apiVersion: houseplan/v1\nkind: Plan\nmetadata: { name: b }\nsteps: { a: { plan: { name: ./move.yaml } } }\n");
}

/// One that is only met in the run would be met with the lock taken.
#[test]
fn names_that_nothing_has_under_run_member_and_result_are_found_before_a_run() {
    let report = steps(
        "inputs: { i: { type: string, default: \"{{ run.begun }}\" } }
steps:
  a:
    sql: { on: source, query: \"SELECT {{ run.idd }}, {{ member.nam }}, {{ run.id }}, {{ member.shard }}\" }
    outputs: { n: result.row, m: result.rows }
",
    )
    .report();
    for said in [
        "has 4 mistakes",
        "`run` has no `begun`; there is `run.id` and `run.started`",
        "`run` has no `idd`; did you mean `id`?",
        "`member` has no `nam`; did you mean `name`?",
        "`result` has no `row`; did you mean `rows`?",
    ] {
        assert!(report.contains(said), "`{said}` is not in {report}");
    }
}
