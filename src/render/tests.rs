mod moving;
mod rights;

use serde_json::json;

use super::*;

use crate::{
    bundle::{Library, expand, fixture},
    plan::expanded::ExpandedPlan,
};

const ENVIRONMENT: &str = r#"
apiVersion: houseplan/v1
kind: Environment
metadata: { name: sandbox }
targets:
  source:  { kind: clickhouse, members: { source: { url: "http://127.0.0.1:21010/", password: { env: CH_PASSWORD } } } }
  cluster: { kind: clickhouse, members: { replica1: { url: "http://127.0.0.1:21011", shard: 1 }, replica2: { url: "http://127.0.0.1:21012", shard: 1 } } }
  keeper:  { kind: keeper, host: 127.0.0.1, port: 21000 }
  store:   { kind: s3, url: "http://127.0.0.1:21001/backups", access_key_id: { env: S3_KEY }, secret_access_key: { env: S3_SECRET } }
"#;

const SMALL: &str = r#"
apiVersion: houseplan/v1
kind: Plan
metadata: { name: small, version: 1.0.0, summary: All that there is. }
inputs:
  database: { type: identifier, default: default }
  path: { type: path, default: "backup/{{ run.id }}" }
  token: { type: secret }
targets: { source: { kind: clickhouse }, cluster: { kind: clickhouse }, store: { kind: s3 }, keeper: { kind: keeper } }
procedures: [migrate]
steps:
  found: { inventory: { on: cluster, database: "{{ inputs.database }}" } }
  inventory: { inventory: { on: source, database: "{{ inputs.database }}" } }
  backup: { backup: { on: source, database: "{{ inputs.database }}", to: { store: store, path: "{{ inputs.path }}" }, settings: { max_backup_bandwidth: 1 } }, stalled_after: 15m }
  migrate:
    needs: [backup]
    irreversible: true
    preconditions: [{ name: whole, inspect: { on: store, backup: "{{ steps.backup }}", through: cluster }, otherwise: "Nothing of {{ inputs.database }} is lost." }]
    procedure: migrate
  clean:
    needs: [migrate, found]
    when: steps.found.tables
    for_each: "[1, 2]"
    retry: { attempts: 3, delay: 2s }
    accepts: { destroys_without_check: it is ours }
    sql: { on: [source, cluster], query: "DROP DATABASE {{ inputs.database | ident }}; SELECT {{ item }}, {{ inputs.token }}, ';'", effect: idempotent, settings: { max_threads: 1 } }
    outputs: { n: "result.rows | length" }
  restore: { needs: [clean, backup, inventory], restore: { on: cluster, from: "{{ steps.backup }}", store: store, tables: "{{ steps.inventory.tables }}", database: d, into: existing } }
  ready: { check: [{ name: versions, sql: { on: cluster, query: SELECT version() AS v }, expect: row.v, within: 1m }] }
  forget: { needs: [found], keeper: { on: keeper, remove: "{{ steps.found.zookeeper_paths }}", through: cluster } }
finally:
  thaw: { sql: { on: source, query: SYSTEM START MERGES, effect: idempotent } }
  tidy: { keeper: { on: keeper, remove: ["/clickhouse/{{ inputs.database }}"], through: cluster } }
"#;

const MIGRATE: &str = r#"up: { exec: { on: local, command: [helm, upgrade, "--set=a b", "{{ inputs.token }}"], env: { TOKEN: "{{ inputs.token }}" } } }"#;

/// A step of a procedure whose output is the name of a file.
const FOUND: &str = r#"found: { sql: { on: source, query: SELECT 1 AS s }, outputs: { script: "result.rows[0].s" } }
"#;

fn inputs() -> InputValues {
    [("token".into(), InputValue::Secret("hunter2".to_owned().into()))].into_iter().collect()
}

/// The plan, flat, and the environment, where the procedure `migrate` has these steps.
fn documents(plan: &str, migrate: &str) -> (ExpandedPlan, EnvironmentDocument) {
    let environment = format!("{ENVIRONMENT}{}", fixture::procedures(&[("migrate", migrate)]));
    let bundle = fixture::bundle(plan, Some(&environment));
    (expand(&bundle).unwrap(), bundle.environment().unwrap().document.clone())
}

/// Credentials where none may stand: a document with these is refused, and what renders it is not to rely on that.
fn with_credentials(environment: &mut EnvironmentDocument, password: &str) {
    let Target::Clickhouse(source) = &mut environment.targets["source"] else { panic!("it is a server") };
    source.members["source"].url = Some(format!("http://user:{password}@127.0.0.1:21010/?password={password}"));
}

fn rendered(plan: &str) -> RenderedPlan {
    let (plan, environment) = documents(plan, MIGRATE);
    render(&plan, &inputs(), Some(&environment), &Files::new())
}

#[test]
fn a_plan_reads_from_top_to_bottom() {
    insta::with_settings!({ filters => [("sha256:[0-9a-f]{64}", "sha256:…")] }, {
        insta::assert_snapshot!(rendered(SMALL).text(), @"
        small 1.0.0 · environment sandbox
        All that there is.
        digest sha256:…

        inputs
          database  default
          path      backup/{{ run.id }}
          token     [secret]

        targets
          source   clickhouse  source: http://127.0.0.1:21010/
          cluster  clickhouse  replica1: http://127.0.0.1:21011 (shard 1), replica2: http://127.0.0.1:21012 (shard 1)
          store    s3  http://127.0.0.1:21001/backups
          keeper   keeper  127.0.0.1:21000

        steps

          found · inventory · read
            on cluster: replica1, replica2
              inventory of `default`: columns, engine and rows of each table

          inventory · inventory · read
            on source: source
              inventory of `default`: columns, engine and rows of each table

          backup · backup · tracked by its id
            stalled after 15m
            on source: source
              BACKUP DATABASE `default` TO S3('http://127.0.0.1:21001/backups/backup/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>' ASYNC
              with max_backup_bandwidth = 1, backup_restore_s3_retry_attempts = 20 (where the server knows it), backup_restore_s3_retry_initial_backoff_ms = 100 (where the server knows it), backup_restore_s3_retry_max_backoff_ms = 5000 (where the server knows it)

          migrate/begin · begin
            needs backup
            before: whole: row.complete, and the id is the backup's
              on store through cluster: replica1
                read .backup of S3('http://127.0.0.1:21001/backups/backup/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]'), and that every file in it is there with its size
              otherwise: Nothing of default is lost.

          migrate/up · exec · once · IRREVERSIBLE
            needs migrate/begin
            on local
              TOKEN='[secret inputs.token]' helm upgrade '--set=a b' '[secret inputs.token]'

          migrate · end · IRREVERSIBLE
            needs migrate/begin, migrate/up

          clean · sql · idempotent
            needs found, migrate
            when steps.found.tables
            for each [1, 2]
            retry 3 attempts, 2s before the second
            on source: source; cluster: replica1, replica2
              DROP DATABASE `default`
              with max_threads = 1
              SELECT {{ item }}, [secret inputs.token], ';'
              with max_threads = 1
            gives n: result.rows | length
            accepts destroys_without_check: it is ours

          restore · restore · tracked by its id
            needs inventory, backup, clean
            on cluster: replica1, replica2 (one replica of each shard, one statement a table)
              RESTORE TABLE `d`.<each of {{ steps.inventory.tables }}> FROM S3('http://127.0.0.1:21001/backups/backup/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>', allow_different_table_def = 1, create_table = 'must exist' ASYNC
              with backup_restore_s3_retry_attempts = 20 (where the server knows it), backup_restore_s3_retry_initial_backoff_ms = 100 (where the server knows it), backup_restore_s3_retry_max_backoff_ms = 5000 (where the server knows it)

          ready · check · read
            on houseplan
              versions: row.v, within 1m
            on cluster: replica1, replica2
              SELECT version() AS v
              with readonly = 2

          forget · keeper · idempotent
            needs found
            on cluster: replica1, replica2 (the first of them that does it)
              SYSTEM DROP REPLICA '<each that is dead>' FROM ZKPATH '<each of {{ steps.found.zookeeper_paths }}>'

        finally

          thaw · sql · idempotent
            on source: source
              SYSTEM START MERGES

          tidy · keeper · idempotent
            on cluster: replica1, replica2 (the first of them that does it)
              SYSTEM DROP REPLICA '<each that is dead>' FROM ZKPATH '/clickhouse/default'
        ");
    });
}

#[test]
fn a_merge_request_shows_the_same() {
    insta::with_settings!({ filters => [("sha256:[0-9a-f]{64}", "sha256:…")] }, {
        insta::assert_snapshot!(rendered(SMALL).markdown(), @"
        # small 1.0.0 · environment sandbox

        All that there is.

        Digest: `sha256:…`

        | input | value |
        | --- | --- |
        | database | `default` |
        | path | `backup/{{ run.id }}` |
        | token | `[secret]` |

        | target | kind | where |
        | --- | --- | --- |
        | source | clickhouse | source: http://127.0.0.1:21010/ |
        | cluster | clickhouse | replica1: http://127.0.0.1:21011 (shard 1)<br>replica2: http://127.0.0.1:21012 (shard 1) |
        | store | s3 | http://127.0.0.1:21001/backups |
        | keeper | keeper | 127.0.0.1:21000 |

        ## Steps

        ### found · inventory · read


        cluster: replica1, replica2: inventory of `default`: columns, engine and rows of each table

        ### inventory · inventory · read


        source: source: inventory of `default`: columns, engine and rows of each table

        ### backup · backup · tracked by its id

        - stalled after `15m`

        source: source, with `max_backup_bandwidth = 1, backup_restore_s3_retry_attempts = 20 (where the server knows it), backup_restore_s3_retry_initial_backoff_ms = 100 (where the server knows it), backup_restore_s3_retry_max_backoff_ms = 5000 (where the server knows it)`:

        ```sql
        BACKUP DATABASE `default` TO S3('http://127.0.0.1:21001/backups/backup/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>' ASYNC
        ```

        ### migrate/begin · begin

        - needs backup

        *before:* whole: row.complete, and the id is the backup's

        store through cluster: replica1: read .backup of S3('http://127.0.0.1:21001/backups/backup/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]'), and that every file in it is there with its size

        ### migrate/up · exec · once · **irreversible**

        - needs migrate/begin

        local:

        ```sh
        TOKEN='[secret inputs.token]' helm upgrade '--set=a b' '[secret inputs.token]'
        ```

        ### migrate · end · **irreversible**

        - needs migrate/begin, migrate/up

        ### clean · sql · idempotent

        - needs found, migrate
        - when `steps.found.tables`
        - for each `[1, 2]`
        - retry `3 attempts, 2s before the second`
        - gives n: `result.rows | length`
        - accepts `destroys_without_check`: it is ours

        source: source; cluster: replica1, replica2, with `max_threads = 1`:

        ```sql
        DROP DATABASE `default`
        ```

        source: source; cluster: replica1, replica2, with `max_threads = 1`:

        ```sql
        SELECT {{ item }}, [secret inputs.token], ';'
        ```

        ### restore · restore · tracked by its id

        - needs inventory, backup, clean

        cluster: replica1, replica2 (one replica of each shard, one statement a table), with `backup_restore_s3_retry_attempts = 20 (where the server knows it), backup_restore_s3_retry_initial_backoff_ms = 100 (where the server knows it), backup_restore_s3_retry_max_backoff_ms = 5000 (where the server knows it)`:

        ```sql
        RESTORE TABLE `d`.<each of {{ steps.inventory.tables }}> FROM S3('http://127.0.0.1:21001/backups/backup/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = '<run>/<task>/<attempt>', allow_different_table_def = 1, create_table = 'must exist' ASYNC
        ```

        ### ready · check · read


        houseplan: versions: row.v, within 1m

        cluster: replica1, replica2, with `readonly = 2`:

        ```sql
        SELECT version() AS v
        ```

        ### forget · keeper · idempotent

        - needs found

        cluster: replica1, replica2 (the first of them that does it):

        ```sql
        SYSTEM DROP REPLICA '<each that is dead>' FROM ZKPATH '<each of {{ steps.found.zookeeper_paths }}>'
        ```

        ## Finally

        ### thaw · sql · idempotent


        source: source:

        ```sql
        SYSTEM START MERGES
        ```

        ### tidy · keeper · idempotent


        cluster: replica1, replica2 (the first of them that does it):

        ```sql
        SYSTEM DROP REPLICA '<each that is dead>' FROM ZKPATH '/clickhouse/default'
        ```
        ");
    });
}

#[test]
fn no_secret_is_in_any_form_of_it() {
    let (plan, mut environment) = documents(SMALL, MIGRATE);
    with_credentials(&mut environment, "pass");
    let rendered = render(&plan, &inputs(), Some(&environment), &Files::new());
    for text in [rendered.text(), rendered.markdown(), json!(rendered).to_string(), format!("{rendered:?}")] {
        assert!(!text.contains("hunter2") && !text.contains("user:pass") && !text.contains("password=pass"), "{text}");
    }
}

#[test]
fn the_shipped_move_can_be_rendered_without_an_environment() {
    let shipped = Library::find("standalone-to-replicated").unwrap().text;
    let plan = expand(&fixture::bundle(shipped, None)).unwrap();
    let rendered = render(&plan, &InputValues::new(), None, &Files::new());
    assert_eq!(rendered.steps.len(), plan.steps.len());
    let clean = rendered.steps.iter().find(|it| it.id == "clean").unwrap();
    insta::assert_snapshot!(clean.does[0].text, @"DROP DATABASE IF EXISTS `default` SYNC");
    let restore = rendered.steps.iter().find(|it| it.id == "restore").unwrap();
    insta::assert_snapshot!(restore.does[0].text, @"RESTORE TABLE `default`.<each of {{ steps.inventory.tables }}> FROM S3('<store>/clickhouse-backup/{{ run.id }}') SETTINGS id = '<run>/<task>/<attempt>', allow_different_table_def = 1, create_table = 'must exist' ASYNC");
}

#[test]
fn of_what_a_command_names_it_says_what_the_digest_covers() {
    let case = |command: &str, expected: &[&str]| {
        let migrate =
            format!("{FOUND}up: {{ needs: [found], exec: {{ on: local, command: {command}, directory: chart }} }}");
        let files = [
            ("local: chart/up.sh", Some("84f1")),
            ("local: chart/values.yaml", Some("ac53")),
            ("local: chart/sub", None),
        ];
        let files = files.map(|(called, sha256)| (called.to_owned(), sha256.map(str::to_owned))).into_iter().collect();
        let rendered = render(&documents(SMALL, &migrate).0, &inputs(), None, &files);
        let up = rendered.steps.iter().find(|step| step.id == "migrate/up").unwrap();
        assert_eq!(up.does[0].files, expected, "{command}");
        for text in [rendered.text(), rendered.markdown()] {
            assert!(expected.iter().all(|line| text.contains(line)), "{text}");
        }
    };
    let up = "in the digest: chart/up.sh, sha256 84f1";
    case("[./up.sh, now]", &[up]);
    case("[bash, -e, ./up.sh]", &[up]);
    case("[helm, --values=values.yaml]", &["in the digest: chart/values.yaml, sha256 ac53"]);
    case("[helm, upgrade, sub]", &["not in the digest: what the folder chart/sub holds"]);
    case("[./gone.sh]", &["not in the digest: chart/gone.sh, which is not there"]);
    // What is the machine's own, and what is no file.
    case("[up.sh, /opt/up.sh, --force, '']", &[]);
    case("[tool, 'backup/{{ run.id }}']", &[]);
    let only_in_run = "not in the digest: a file that is known only during the run: {{ steps.found.script }}";
    case("['{{ steps.found.script }}']", &[only_in_run]);
    case("[bash, '--file={{ steps.found.script }}']", &[only_in_run]);
}

mod digests {
    use super::*;

    fn digest(plan: &str, change: impl FnOnce(&mut EnvironmentDocument, &mut InputValues)) -> String {
        let (plan, mut environment) = documents(plan, MIGRATE);
        let mut inputs = inputs();
        change(&mut environment, &mut inputs);
        render(&plan, &inputs, Some(&environment), &Files::new()).digest
    }

    #[test]
    fn comments_formatting_and_secrets_do_not_count() {
        let digest_of_small = digest(SMALL, |_, _| ());
        let reordered = SMALL.replace("{ on: source, database:", "{ # a comment\n on:   source, 'database':");
        assert_eq!(digest(&reordered, |_, _| ()), digest_of_small);
        let other_secret = digest(SMALL, |_, inputs| {
            inputs.insert("token".into(), InputValue::Secret("other".to_owned().into()));
        });
        assert_eq!(other_secret, digest_of_small);
        let with_password = |password: &str| digest(SMALL, |environment, _| with_credentials(environment, password));
        assert_eq!(with_password("pass"), with_password("other"));
    }

    #[test]
    fn whatever_changes_what_runs_counts() {
        let mut seen = std::collections::BTreeSet::from([digest(SMALL, |_, _| ())]);
        for (from, to) in [
            ("SELECT {{ item }}", "SELECT  {{ item }}"),
            ("needs: [clean, backup, inventory]", "needs: [clean, backup, inventory, found]"),
            ("expect: row.v", "expect: row.v == '1'"),
            ("within: 1m", "within: 2m"),
            ("irreversible: true", "irreversible: false"),
            ("attempts: 3", "attempts: 4"),
            ("when: steps.found.tables", "when: not steps.found.tables"),
            ("for_each: \"[1, 2]\"", "for_each: \"[1, 3]\""),
            ("MERGES, effect: idempotent", "MERGES, effect: once"),
            ("stalled_after: 15m", "stalled_after: 16m"),
            ("default: default", "default: other"),
            ("finally:\n", "  more: { approve: { show: a } }\nfinally:\n"),
            ("name: whole", "name: entire"),
            ("result.rows | length", "result.rows"),
        ] {
            assert!(SMALL.contains(from), "{from}");
            assert!(seen.insert(digest(&SMALL.replace(from, to), |_, _| ())), "{from}");
        }
        assert!(seen.insert(digest(SMALL, |environment, _| environment.metadata.name.push('2'))));
        assert!(seen.insert(digest(SMALL, |environment, _| {
            let Target::Keeper(keeper) = &mut environment.targets["keeper"] else { panic!("it is a Keeper") };
            keeper.port = Some(1);
        })));
        assert!(seen.insert(digest(SMALL, |_, inputs| {
            inputs.insert("database".into(), InputValue::Plain(json!("langsmith")));
        })));
        let plan = |migrate: &str, sha256: Option<&str>| {
            let files = sha256.map(|it| ("values.yaml".to_owned(), Some(it.to_owned()))).into_iter().collect();
            render(&documents(SMALL, migrate).0, &inputs(), None, &files).digest
        };
        assert!(seen.insert(plan(MIGRATE, None)));
        assert!(seen.insert(plan("{}", None)));
        assert!(seen.insert(plan(MIGRATE, Some("a"))));
        assert!(seen.insert(plan(MIGRATE, Some("b"))));
    }
}

#[test]
fn what_a_reviewer_has_to_judge_is_shown() {
    let plan = r#"apiVersion: houseplan/v1
kind: Plan
metadata: { name: small }
targets: { source: { kind: clickhouse }, cluster: { kind: clickhouse } }
procedures: [migrate]
steps:
  found: { inventory: { on: cluster, database: d } }
  ask: { needs: [found], approve: { show: "{{ steps.found }}", message: These tables fall. } }
  same: { needs: [found], compare: { left: "{{ steps.found }}", right: cluster, by: [rows], extra: ignore } }
  ready: { check: [{ name: versions, sql: { on: cluster, query: SELECT 1 AS v }, expect: row.v, otherwise: Upgrade. }] }
  migrate: { procedure: migrate }
finally:
  thaw: { sql: { on: source, query: SYSTEM START MERGES, effect: idempotent, absent: skip } }
"#;
    fn text(plan: &ExpandedPlan, environment: Option<&EnvironmentDocument>) -> String {
        render(plan, &InputValues::new(), environment, &Files::new()).text()
    }
    let rendered = |steps| {
        let (plan, environment) = documents(plan, steps);
        text(&plan, Some(&environment))
    };
    let empty = rendered("{}");
    for said in [
        "      These tables fall.\n      shown: {{ steps.found }}\n",
        "compare with {{ steps.found }} by rows; tables that are only here are left out\n",
        "      versions: row.v\n      otherwise: Upgrade.\n",
        "on source: source (skipped where it cannot be reached)\n      SYSTEM START MERGES\n",
        "migrate · end\n    needs migrate/begin\n    on houseplan\n      no steps are defined for this procedure in environment `sandbox`\n",
    ] {
        assert!(empty.contains(said), "`{said}` is not in {empty}");
    }
    assert!(!rendered("up: { exec: { on: local, command: [helm] } }").contains("no steps are defined"));
    let unbound = expand(&fixture::bundle(plan, None)).unwrap();
    assert!(text(&unbound, None).contains("what the environment defines for it"));
}
