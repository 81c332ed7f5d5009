use super::*;
use crate::bundle::{Library, fixture};

const HEAD: &str = "
apiVersion: houseplan/v1
kind: Plan
metadata: { name: small }
targets: { source: { kind: clickhouse }, cluster: { kind: clickhouse, members: { min: 2 } }, one: { kind: clickhouse }, keeper: { kind: keeper }, store: { kind: s3 } }
inputs: { careful: { type: boolean, default: true }, drop: { type: identifier, default: a } }
steps:
";

fn plan_of(steps: &str) -> String {
    let procedures = if steps.contains("procedure: migrate") { "procedures: [migrate]\n" } else { "" };
    HEAD.replace("steps:\n", &format!("{procedures}steps:\n{steps}"))
}

/// What is found in these steps: the rule's name, the step, the message.
fn found(steps: &str) -> Vec<String> {
    found_with(steps, "up: { exec: { on: local, command: [migrate] } }")
}

/// The same, where `migrate` has these steps.
fn found_with(steps: &str, migrate: &str) -> Vec<String> {
    let plan = fixture::expanded(&plan_of(steps), &[("migrate", migrate)]);
    let findings = lint(&plan, &|target| (target.as_str() == "one").then_some(1));
    findings.iter().map(|it| format!("{}: {}: {}", &it.code[PREFIX.len()..], it.step, it.message)).collect()
}

#[track_caller]
fn clean(steps: &str) {
    assert_eq!(found(steps), Vec::<String>::new());
}

#[track_caller]
fn one(steps: &str) -> String {
    let found = found(steps);
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0].clone()
}

fn shipped_move() -> String {
    Library::find("standalone-to-replicated").unwrap().text.to_owned()
}

fn moves(plan: &str, migrate: &str) -> ExpandedPlan {
    fixture::expanded(plan, &[("stop_writers", "{}"), ("migrate", migrate), ("start_writers", "{}")])
}

#[test]
fn the_shipped_move_is_clean() {
    for migrate in ["up: { exec: { on: local, command: [houseplan, sandbox, migrate] } }", "{}"] {
        assert_eq!(lint(&moves(&shipped_move(), migrate), &|_| None), []);
    }
}

#[test]
fn the_move_without_its_order_is_not() {
    let plan = |changes: &[(&str, &str)]| {
        let changed = changes.iter().fold(shipped_move(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        let found = lint(&moves(&changed, "up: { exec: { on: local, command: [helm, upgrade] } }"), &|_| None);
        found.iter().map(|it| format!("{}: {}", &it.code[PREFIX.len()..], it.message)).collect::<Vec<_>>().join("\n")
    };
    let whole = "      - name: the backup is complete
        inspect: { on: store, backup: \"{{ steps.backup }}\", through: cluster }
        otherwise: >-
          The migrations have not been started. Do not run them by hand: for LangSmith they delete the source, and this
          backup would not bring it back.
";
    let (before, after) = ("      - name: the backup holds as many rows", "      # Of the disks that tables are on");
    let shipped = shipped_move();
    let of_rows = &shipped[shipped.find(before).unwrap()..shipped.find(after).unwrap()];
    let early = ("needs: [inventory, backup, held, clean_keeper]", "needs: [inventory]");
    let needs = "needs: [migrate, allow_differences]\n    sql: { on: cluster";
    let before_migrations = (needs, "needs: [clean]\n    sql: { on: cluster");
    insta::assert_snapshot!(plan(&[before_migrations]), @"restore_without_tables: nothing that it needs makes tables on `cluster`; let it need the step that does");
    insta::assert_snapshot!(plan(&[early, (whole, ""), (of_rows, "")]), @"before_backup: this is irreversible, and does not wait for the backup; let it need `backup`");
    insta::assert_snapshot!(plan(&[(whole, ""), (of_rows, ""), ("backup, held, clean_keeper", "backup, clean_keeper")]), @"before_backup: this is irreversible, and comes before it is known that the backup is complete; give it the precondition `inspect`");
    insta::assert_snapshot!(plan(&[("into: existing", "into: append")]), @"appends: `append` adds rows, and a repeat doubles them");
}

#[test]
fn a_restore_needs_what_makes_its_tables() {
    let restore = "restore: { on: cluster, from: x, store: store, database: d, into: existing }";
    insta::assert_snapshot!(one(&format!("  a: {{ {restore} }}")), @"restore_without_tables: a: nothing that it needs makes tables on `cluster`; let it need the step that does");
    let unneeded = format!("  m: {{ procedure: migrate }}\n  a: {{ {restore} }}");
    assert!(one(&unneeded).starts_with("restore_without_tables: a"));
    clean(&format!("  m: {{ procedure: migrate }}\n  a: {{ needs: [m], {restore} }}"));
    clean(&format!(
        "  m: {{ sql: {{ on: cluster, query: CREATE TABLE d.a (b Int8) ENGINE = Memory }} }}\n  a: {{ needs: [m], {restore} }}"
    ));
    let elsewhere = format!(
        "  m: {{ sql: {{ on: one, query: CREATE TABLE a (b Int8) ENGINE = Memory }} }}\n  a: {{ needs: [m], {restore} }}"
    );
    assert!(one(&elsewhere).starts_with("restore_without_tables: a"));
    let database_only =
        format!("  m: {{ sql: {{ on: cluster, query: CREATE DATABASE d }} }}\n  a: {{ needs: [m], {restore} }}");
    assert!(one(&database_only).starts_with("restore_without_tables: a"));
    clean("  a: { restore: { on: cluster, from: x, store: store, database: d, into: absent } }");
}

#[test]
fn what_makes_the_tables_comes_after_what_drops_them() {
    let steps = |needs: &str| {
        format!(
            "  ask: {{ approve: {{ show: all }} }}
  m: {{ procedure: migrate }}
  drop: {{ needs: [ask{needs}], sql: {{ on: cluster, query: DROP DATABASE d SYNC }} }}
  a: {{ needs: [m, drop], restore: {{ on: cluster, from: x, store: store, database: d, into: existing }} }}"
        )
    };
    assert!(one(&steps("")).starts_with("restore_without_tables: a"));
    assert!(one(&steps(", m")).starts_with("restore_without_tables: a"));
}

#[test]
fn a_source_stays_whole_until_its_backup_is_known_to_be() {
    let backup = "  ask: { approve: { show: all } }
  b: { backup: { on: source, database: d, to: { store: store, path: p } } }";
    let inspect = "preconditions: [{ name: whole, inspect: { on: store, backup: \"{{ steps.b }}\" } }]";
    let drop = "sql: { on: source, query: DROP DATABASE d }";
    insta::assert_snapshot!(one(&format!("{backup}\n  d: {{ needs: [ask], {drop} }}")), @"before_backup: d: DROP DATABASE on `source` does not wait for the backup; let it need `b`");
    insta::assert_snapshot!(one(&format!("{backup}\n  d: {{ needs: [ask, b], {drop} }}")), @"before_backup: d: DROP DATABASE on `source` comes before it is known that the backup is complete; give it the precondition `inspect`");
    insta::assert_snapshot!(one(&format!("{backup}\n  d: {{ needs: [ask], irreversible: true, procedure: migrate }}")), @"before_backup: d/up: this is irreversible, and does not wait for the backup; let it need `b`");
    insta::assert_snapshot!(one(&format!("{backup}\n  d: {{ needs: [b], irreversible: true, exec: {{ on: local, command: [a] }} }}")), @"before_backup: d: this is irreversible, and comes before it is known that the backup is complete; give it the precondition `inspect`");
    let empty = |step: &str| found_with(&format!("{backup}\n  d: {{ {step} }}"), "{}");
    insta::assert_snapshot!(empty("needs: [ask], irreversible: true, procedure: migrate").join("\n"), @"before_backup: d: this is irreversible, and does not wait for the backup; let it need `b`");
    insta::assert_snapshot!(empty("needs: [b], irreversible: true, procedure: migrate").join("\n"), @"before_backup: d: this is irreversible, and comes before it is known that the backup is complete; give it the precondition `inspect`");
    assert_eq!(empty(&format!("needs: [b], {inspect}, irreversible: true, procedure: migrate")), Vec::<String>::new());
    assert_eq!(empty("needs: [ask], procedure: migrate"), Vec::<String>::new());
    clean(&format!("{backup}\n  d: {{ needs: [ask, b], {inspect}, {drop} }}"));
    clean(&format!("{backup}\n  d: {{ needs: [b], {inspect}, irreversible: true, procedure: migrate }}"));
    clean(&format!(
        "{backup}\n  i: {{ needs: [b], inspect: {{ on: store, backup: x }} }}\n  d: {{ needs: [ask, i], {drop} }}"
    ));
    // An inspection of something else, before the backup was made, says nothing.
    let early = "  ask: { approve: { show: all } }
  i: { needs: [ask], inspect: { on: store, backup: x } }
  b: { needs: [i], backup: { on: source, database: d, to: { store: store, path: p } } }";
    assert!(one(&format!("{early}\n  d: {{ needs: [b], {drop} }}")).starts_with("before_backup: d"));
    // Without a backup in the plan there is nothing to wait for.
    clean("  d: { irreversible: true, exec: { on: local, command: [a] } }");
}

#[test]
fn what_destroys_is_asked_for_or_looked_at() {
    insta::assert_snapshot!(one("  d: { sql: { on: one, query: \"SELECT 1; TRUNCATE TABLE {{ inputs.drop | ident }}\", effect: idempotent } }"), @"destroys_without_check: d: TRUNCATE on `one`, without an approval or a precondition that looks at `one` first");
    insta::assert_snapshot!(one("  d: { keeper: { on: keeper, remove: [/a], through: cluster } }"), @"destroys_without_check: d: keeper remove on `keeper`, without an approval or a precondition that looks at `keeper` first");
    insta::assert_snapshot!(one("  d: { s3: { on: store, remove: old } }"), @"destroys_without_check: d: s3 remove on `store`, without an approval or a precondition that looks at `store` first");
    let drop = "sql: { on: one, query: DROP TABLE a }";
    let look = |on: &str| {
        format!("preconditions: [{{ name: empty, expect: row.n == 0, sql: {{ on: {on}, query: SELECT 1 }} }}]")
    };
    clean(&format!("  d: {{ {}, {drop} }}", look("one")));
    assert!(one(&format!("  d: {{ {}, {drop} }}", look("cluster"))).starts_with("destroys_without_check: d"));
    clean(&format!("  ask: {{ approve: {{ show: a }} }}\n  d: {{ needs: [ask], {drop} }}"));
    assert!(
        one(&format!("  ask: {{ approve: {{ show: a }} }}\n  d: {{ {drop} }}"))
            .starts_with("destroys_without_check: d")
    );
    clean("  d: { sql: { on: one, query: SELECT 'DROP TABLE a' } }");
    // What cannot stop it does not count.
    let nothing = "preconditions: [{ name: empty, expect: 'true', sql: { on: one, query: SELECT 1 } }]";
    assert!(one(&format!("  d: {{ {nothing}, {drop} }}")).starts_with("destroys_without_check: d"));
    let under = |when: &str, own: &str| {
        format!(
            "  found: {{ inventory: {{ on: one, database: d }} }}
  ask: {{ needs: [found], when: {when}, approve: {{ show: a }} }}
  d: {{ needs: [ask], {own}{drop} }}"
        )
    };
    assert!(one(&under("inputs.careful", "")).starts_with("destroys_without_check: d"));
    assert!(one(&under("not steps.found.succeeded", "")).starts_with("destroys_without_check: d"));
    clean(&under("inputs.careful", "when: inputs.careful, "));
    clean(&under("steps.found.tables | length > 0", ""));
}

#[test]
fn what_a_restore_would_spoil() {
    insta::assert_snapshot!(one("  a: { restore: { on: one, from: x, store: store, database: d, tables: [a], into: append } }"), @"appends: a: `append` adds rows, and a repeat doubles them");
    insta::assert_snapshot!(one("  a: { restore: { on: cluster, from: x, store: store, all: {}, into: absent } }"), @"restores_all: a: `all` brings tables back as they were on one server; `cluster` has several");
    clean("  a: { restore: { on: one, from: x, store: store, all: {}, into: absent } }");
}

#[test]
fn what_runs_once_is_not_retried() {
    let step = |rest: &str| format!("  a: {{ retry: {{ attempts: 2 }}, {rest} }}");
    insta::assert_snapshot!(one(&step("sql: { on: one, query: INSERT INTO a VALUES (1) }")), @"retries_once: a: it must run once, and `retry` repeats it; say `effect: idempotent` where that is so");
    assert!(one(&step("exec: { on: local, command: [a] }")).starts_with("retries_once: a"));
    assert!(one(&step("sql: { on: one, query: SELECT 1, effect: once }")).starts_with("retries_once: a"));
    clean(&step("sql: { on: one, query: SELECT 1 }"));
    clean(&step("sql: { on: one, query: INSERT INTO a VALUES (1), effect: idempotent }"));
    clean("  a: { retry: { attempts: 1 }, exec: { on: local, command: [a] } }");
}

#[test]
fn what_is_accepted_is_silent_and_what_accepts_nothing_is_not() {
    let append = "restore: { on: one, from: x, store: store, database: d, tables: [a], into: append }";
    clean(&format!("  a: {{ accepts: {{ appends: the tables hold other years }}, {append} }}"));
    clean(&format!("  a: {{ accepts: {{ 'houseplan::lint::appends': meant }}, {append} }}"));
    insta::assert_snapshot!(one(&format!("  a: {{ accepts: {{ appends: '' }}, {append} }}")), @"unused_acceptance: a: an acceptance says why");
    insta::assert_snapshot!(one("  a: { accepts: { appends: meant }, sql: { on: one, query: SELECT 1 } }"), @"unused_acceptance: a: nothing here is to be accepted as `appends`; remove it, so that it hides nothing later");
    insta::assert_snapshot!(one("  a: { accepts: { apends: meant }, procedure: migrate }"), @"unused_acceptance: a/begin: no lint `apends`; did you mean `appends`?");
}

#[test]
fn what_an_inclusion_accepts_holds_inside() {
    let yaml = plan_of("  m: { accepts: { destroys_without_check: rebuilt from nothing }, procedure: migrate }");
    let plan = fixture::expanded(&yaml, &[("migrate", "d: { sql: { on: one, query: DROP TABLE a } }")]);
    assert_eq!(lint(&plan, &|_| None), []);
}

#[test]
fn a_finding_points_at_its_statement() {
    let plan = fixture::expanded(
        &plan_of("  d: { sql: { on: one, query: SELECT 1; DROP TABLE a;, effect: idempotent } }"),
        &[],
    );
    let place = lint(&plan, &|_| None).remove(0).place;
    assert_eq!(place, Place::new(0, "/steps/d/sql/query").part(10..22));
}

#[test]
fn every_rule_is_explained() {
    for rule in RULES {
        assert!(rule.code.starts_with(PREFIX) && rule.explanation.len() > 80, "{}", rule.code);
        assert!(!rule.explanation.contains("  "), "{}", rule.explanation);
    }
}

#[test]
fn which_step_cannot_be_taken_back_is_said() {
    let yaml = plan_of("  m: { irreversible: true, procedure: migrate }");
    let found = |up: &str| {
        let steps = format!(
            "secret: {{ exec: {{ on: local, command: [a] }} }}\nup: {{ {up}exec: {{ on: local, command: [b] }} }}"
        );
        let plan = fixture::expanded(&yaml, &[("migrate", &steps)]);
        lint(&plan, &|_| None)
            .into_iter()
            .map(|finding| format!("{}: {}", finding.step, finding.code))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(""), ["m: houseplan::lint::irreversible_not_marked"]);
    assert!(found("irreversible: true, ").is_empty());
}
