//! The shipped plans on every ClickHouse that operators run: one scenario, a table of what passes and why not.
//!
//! It takes ten minutes and the engines of five versions, so it is no part of `make test`: `make test-versions` and `.ci/run` do.
//! `HOUSEPLAN_TEST_VERSIONS` chooses some of the lines, as in `24.8 25.8-26.9`.

mod credentials;
mod known_bugs;
mod onto_older;
mod outcome;
mod readings;
mod scenario;

use std::{fmt::Write as _, fs, time::Instant};

use futures::StreamExt as _;
use houseplan::sandbox::{EngineChoice, EngineVersion};

use outcome::Outcome;
use scenario::{STEPS, Scenario};

/// What the servers run, and what they are upgraded to once the data are there.
struct Servers {
    name: &'static str,
    engine: &'static str,
    upgraded: Option<&'static str>,
}

const fn servers(name: &'static str, engine: &'static str) -> Servers {
    Servers { name, engine, upgraded: None }
}

/// What became of one line's steps.
struct Line {
    name: &'static str,
    outcomes: Vec<Outcome>,
    seconds: u64,
}

impl Servers {
    async fn line(&self) -> Line {
        let begun = Instant::now();
        let engine: EngineChoice = self.engine.parse().expect("versions of the table");
        let upgraded: Option<EngineVersion> = self.upgraded.map(|version| version.parse().expect("one of the table"));
        let outcomes = Scenario::play(self.name, engine, upgraded).await;
        Line { name: self.name, outcomes, seconds: begun.elapsed().as_secs() }
    }
}

/// Most of a scenario is waiting. Each takes about a gigabyte of memory.
const AT_ONCE: usize = 2;

const ALL: [Servers; 8] = [
    servers("24.8", "24.8"),
    servers("25.8", "25.8"),
    servers("26.1", "26.1"),
    servers("26.3", "26.3"),
    servers("26.9", "26.9"),
    servers("24.8-25.8", "source=24.8,cluster=25.8"),
    servers("25.8-26.9", "source=25.8,cluster=26.9"),
    Servers { name: "26.1-upgraded-26.9", engine: "26.1", upgraded: Some("26.9") },
];

#[tokio::test]
#[ignore = "make test-versions"]
async fn the_shipped_plans_work_on_all_of_them() {
    // What fails is told in the table.
    std::panic::set_hook(Box::new(|_| {}));
    let chosen = std::env::var("HOUSEPLAN_TEST_VERSIONS").unwrap_or_default();
    let chosen: Vec<&str> = chosen.split_whitespace().collect();
    for name in &chosen {
        assert!(ALL.iter().any(|servers| servers.name == *name), "there is no line `{name}`");
    }
    let lines = ALL.iter().filter(|servers| chosen.is_empty() || chosen.contains(&servers.name)).map(Servers::line);
    let lines: Vec<Line> = futures::stream::iter(lines).buffered(AT_ONCE).collect().await;
    let (table, failed) = table(&lines);
    println!("\n{table}");
    fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/versions.md"), &table).expect("the table can be written");
    assert_eq!(failed, 0, "of the cells above");
}

/// The table in Markdown with the reasons below it, and how many cells are no pass.
fn table(lines: &[Line]) -> (String, usize) {
    let mut table = format!("| ClickHouse | {} | seconds |\n|{}\n", STEPS.join(" | "), "---|".repeat(STEPS.len() + 2));
    let mut reasons = String::new();
    let mut failed = 0;
    for line in lines {
        let cells: Vec<&str> = line.outcomes.iter().map(Outcome::cell).collect();
        let _ = writeln!(table, "| {} | {} | {} |", line.name, cells.join(" | "), line.seconds);
        // Steps that have one reason have it once.
        let mut because: Vec<(&str, Vec<&str>)> = Vec::new();
        for (step, outcome) in STEPS.iter().zip(&line.outcomes) {
            failed += usize::from(!outcome.is_pass());
            let Some(reason) = outcome.reason() else { continue };
            match because.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, steps)) => steps.push(step),
                None => because.push((reason, vec![step])),
            }
        }
        for (reason, steps) in because {
            let _ = writeln!(reasons, "- {}, {}: {reason}", line.name, steps.join(", "));
        }
    }
    (format!("{table}\n{reasons}"), failed)
}
