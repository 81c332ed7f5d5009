//! The price of a step.

use std::{
    fs::{self, File},
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{Bench, measured, turns};

/// What the journal grows by for a step of these plans.
const BYTES: usize = 900;

pub fn measure(bench: &mut Bench) {
    for (steps, repetitions) in [(1_000, 5), (10_000, 2)] {
        wide(bench, steps, repetitions);
        chain(bench, steps, repetitions);
    }
}

/// Steps that need nothing of each other, two at a time.
fn wide(bench: &mut Bench, steps: usize, repetitions: usize) {
    let (plan, environment) = (bench.plan("wide", steps, |_| None), bench.environment());
    let makefile = bench.folder.join("Makefile");
    let targets: Vec<String> = (0..steps).map(|step| format!("s{step}")).collect();
    let mut text = format!(".PHONY: all {0}\nall: {0}\n", targets.join(" "));
    for target in &targets {
        text += &format!("{target}:\n\t@/bin/true\n");
    }
    fs::write(&makefile, text).expect("a Makefile");
    let times = turns(
        repetitions,
        || bench.run(&plan, &environment, &["--max-parallel", "2"]),
        || measured(Command::new("make").arg("-j2").arg("-s").arg("-f").arg(&makefile)).0,
    );
    bench.ratio(&format!("{steps} steps, two at a time"), "`make -j2`", times, 1.1);
}

/// Steps of which each needs the one before.
fn chain(bench: &mut Bench, steps: usize, repetitions: usize) {
    let (plan, environment) = (bench.plan("chain", steps, |step| step.checked_sub(1)), bench.environment());
    let times = turns(repetitions, || bench.run(&plan, &environment, &[]), || floor(bench, steps));
    bench.ratio(&format!("{steps} steps, a chain"), "floor", times, 1.15);
}

/// The least that a durable chain of processes costs: for each a record, a sync, and a process whose output is read.
fn floor(bench: &Bench, steps: usize) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let start = Instant::now();
    let mut journal = File::create(bench.folder.join("floor.jsonl")).expect("a file");
    let record = [b'x'; BYTES];
    runtime.block_on(async {
        for _ in 0..steps {
            journal.write_all(&record).expect("a record");
            journal.sync_data().expect("a sync");
            let output = tokio::process::Command::new("/bin/true")
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .process_group(0)
                .output()
                .await;
            assert!(output.expect("a process").status.success());
        }
    });
    start.elapsed()
}
