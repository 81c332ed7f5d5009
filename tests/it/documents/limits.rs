//! Documents that are too much, or none at all: refused quickly and politely, and never with a panic.

use std::time::{Duration, Instant};

use houseplan::{
    bundle::{Bundle, LoadError, Role, SavedFile, TargetNames, expand},
    document::{Limits, Place, Source, parse},
};
use proptest::prelude::*;

use super::{Documents, printed};

#[track_caller]
fn refused(text: &str, words: &str) {
    let begun = Instant::now();
    let report = Documents::plan(text).report();
    assert!(report.contains(words), "{report}");
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = level - 1;
        let aliases = vec![format!("*a{before}"); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    refused(&text, "grows beyond 20000 keys and values");
}

#[test]
fn too_deep_too_many_and_too_long_are_refused() {
    refused(&format!("a: {}1{}", "[".repeat(100), "]".repeat(100)), "more than 64 deep");
    refused(&format!("a: {}", "[".repeat(10_000)), "deep");
    refused(&"- x\n".repeat(30_000), "--max-nodes");
    refused("a: &a [*a]\n", "a part of");
    refused(
        &format!("a: |\n{}", "  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(200_000)),
        "MiB long",
    );
}

#[test]
fn a_file_that_is_too_long_or_no_text_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.yaml");
    std::fs::write(&path, vec![b'#'; 11 << 20]).unwrap();
    let load = |path: &std::path::Path| match Bundle::load(
        path.to_str().unwrap(),
        None,
        &TargetNames::new(),
        &Limits::default(),
    ) {
        Err(error @ LoadError::Unreadable { .. }) => printed(&error),
        other => panic!("{other:?}"),
    };
    assert!(load(&path).contains("is 11 MiB long, more than the 10 MiB"));
    std::fs::write(&path, b"a: b\nc: \xff\xfe").unwrap();
    assert!(load(&path).contains("is not UTF-8 text: byte 8, in line 2"));
    assert!(load(&folder.path().join("missing.yaml")).contains("cannot be read"));
}

#[test]
fn a_generated_plan_of_many_steps_is_read_when_asked_for() {
    let mut text = "apiVersion: houseplan/v1\nkind: Plan\nmetadata: { name: move }\ntargets: { a: { kind: clickhouse } }\nsteps:\n".to_owned();
    for number in 0..5_000 {
        let needs =
            if number == 0 { String::new() } else { format!("needs: [s{}], when: steps.s0.succeeded, ", number - 1) };
        text.push_str(&format!("  s{number}: {{ {needs}sql: {{ on: a, query: SELECT {number} }} }}\n"));
    }
    refused(&text, "--max-nodes");
    let saved = vec![SavedFile { role: Role::Plan, origin: "move.yaml".to_owned(), text }];
    let bundle = Bundle::from_saved(saved, &TargetNames::new(), &Limits::with_nodes(1_000_000)).unwrap();
    let plan = expand(&bundle).unwrap();
    assert_eq!(plan.steps.len(), 5_000);
    assert_eq!(plan.steps[4_999].needs, [4_998]);
}

/// `cargo test -- --ignored`: a minute in a debug build.
#[test]
#[ignore = "takes long without optimisation"]
fn a_hundred_thousand_steps_take_less_than_a_gibibyte() {
    let mut text = "apiVersion: houseplan/v1\nkind: Plan\nmetadata: { name: move }\ntargets: { a: { kind: clickhouse } }\nsteps:\n".to_owned();
    for number in 0..100_000 {
        let needs = if number == 0 {
            String::new()
        } else {
            format!("    needs: [s{}]\n    when: steps.s0.succeeded\n", number - 1)
        };
        text.push_str(&format!(
            "  s{number}:\n{needs}    timeout: 5m\n    sql:\n      on: a\n      effect: idempotent\n      query: |\n        CREATE TABLE IF NOT EXISTS t{number} (a UInt64)\n        ENGINE = MergeTree ORDER BY a\n"
        ));
    }
    let begun = Instant::now();
    let saved = vec![SavedFile { role: Role::Plan, origin: "move.yaml".to_owned(), text }];
    let bundle = Bundle::from_saved(saved, &TargetNames::new(), &Limits::with_nodes(10_000_000)).unwrap();
    let loaded = begun.elapsed();
    let plan = expand(&bundle).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    eprintln!("loaded in {loaded:?}, expanded in {:?}, peak {}", begun.elapsed() - loaded, peak.trim());
    assert_eq!(plan.steps.len(), 100_000);
    let kibibytes: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kibibytes < 1 << 20);
}

fn never_panics(text: &str) {
    let _ = Documents::plan(text).load().map_err(|error| printed(&error));
    let source = Source { name: "x.yaml".into(), text: text.into(), secret_keys: Vec::new(), concealed: Vec::new() };
    if let Ok((document, _)) = parse(source, &Limits::default()) {
        for within in [0..1, 3..9, 5..500] {
            document.span(&Place::new(0, "/steps/a/sql/query").part(within), false);
        }
    }
}

proptest! {
    #[test]
    fn random_text_never_panics(text in "\\PC{0,200}") {
        never_panics(&text);
    }

    #[test]
    fn random_yaml_never_panics(text in "[ab:\\-\\[\\]{}|>&*!'\"#%@,?\n \t\r\u{85}é~0.]{0,120}") {
        never_panics(&text);
    }

    /// A shipped plan with something cut out and something else put in.
    #[test]
    fn mutated_plans_never_panic(at in 0.0..1.0f64, cut in 0usize..60, put in "[a-z:\\[\\]{}|>&*'\"\n ]{0,12}") {
        let plan = include_str!("../../../plans/standalone-to-replicated.yaml");
        let floor = |mut at: usize| { while !plan.is_char_boundary(at) { at -= 1; } at };
        let start = floor((at * plan.len() as f64) as usize);
        let end = floor((start + cut).min(plan.len()));
        never_panics(&format!("{}{put}{}", &plan[..start], &plan[end..]));
    }
}
