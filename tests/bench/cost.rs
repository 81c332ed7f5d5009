//! What houseplan costs, as ratios within one run: `make bench`.
//!
//! 1. No-op `exec` steps: all at once against `make -j2`, and one after the other against their own floor (starting the
//!    process and one fdatasync, for each step).
//! 2. Plans of 10,000 and 100,000 steps: validate, render and schedule; time and peak memory.
//! 3. BACKUP and RESTORE on the sandbox: through houseplan against the bare statements.
//!
//! Machines are noisy, so each pair is measured in turns and the smallest of the repetitions counts. Nothing is asserted: the
//! figures go into the README as measured.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const REPETITIONS: usize = 3;

fn main() {
    let only = std::env::args().nth(1).filter(|argument| !argument.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the bench");
    let bench = Bench { folder: folder.path().to_owned() };
    if wanted("steps") {
        for steps in [1_000, 10_000] {
            bench.wide(steps);
            bench.chain(steps);
        }
    }
    if wanted("scale") {
        bench.scale();
    }
    if wanted("data") {
        bench.data();
    }
}

struct Bench {
    folder: PathBuf,
}

impl Bench {
    /// Steps that need nothing of each other, two at a time, against `make -j2`.
    fn wide(&self, steps: usize) {
        let plan = self.plan("wide", steps, |_| None);
        let makefile = self.folder.join("Makefile");
        let targets: Vec<String> = (0..steps).map(|step| format!("s{step}")).collect();
        let mut text = format!(".PHONY: all {0}\nall: {0}\n", targets.join(" "));
        for target in &targets {
            text += &format!("{target}:\n\t@/bin/true\n");
        }
        fs::write(&makefile, text).expect("a Makefile");
        let (ours, theirs) = turns(
            || self.run_plan(&plan, &["--max-parallel", "2"]),
            || time(Command::new("make").arg("-j2").arg("-s").arg("-f").arg(&makefile)),
        );
        report(&format!("wide, {steps} steps"), "make -j2", ours, theirs);
    }

    /// Steps of which each needs the one before, against starting each process and one fdatasync.
    fn chain(&self, steps: usize) {
        let plan = self.plan("chain", steps, |step| step.checked_sub(1));
        let (ours, floor) = turns(|| self.run_plan(&plan, &[]), || self.floor(steps));
        report(&format!("chain, {steps} steps"), "its floor", ours, floor);
    }

    /// The least that a durable chain of processes costs: a record, a sync, a process.
    fn floor(&self, steps: usize) -> Duration {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let start = Instant::now();
        let mut journal = File::create(self.folder.join("floor.jsonl")).expect("a file");
        runtime.block_on(async {
            for step in 0..steps {
                // About as many bytes as houseplan's records of a step.
                writeln!(journal, "{{\"step\":\"s{step}\",\"padding\":\"{}\"}}", "x".repeat(800)).expect("a record");
                journal.sync_data().expect("a sync");
                let output = tokio::process::Command::new("/bin/true")
                    .stdin(Stdio::null())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .output()
                    .await;
                assert!(output.expect("a process").status.success());
            }
        });
        start.elapsed()
    }

    /// Time and peak memory of the ways from a document to a schedule.
    fn scale(&self) {
        let mut before: Option<Vec<f64>> = None;
        for steps in [10_000_usize, 100_000] {
            let plan = self.plan("scale", steps, |step| (step % 10 != 0).then(|| step - 1));
            let mut figures = Vec::new();
            for (what, arguments) in [
                ("validate", vec!["validate"]),
                ("render", vec!["render", "--quiet"]),
                ("schedule", vec!["graph", "--format", "order"]),
            ] {
                let mut smallest = Duration::MAX;
                let mut memory = 0;
                for _ in 0..REPETITIONS {
                    let mut command = self.houseplan();
                    command.args(&arguments).arg(&plan).arg("--max-nodes").arg("10000000").stdout(Stdio::null());
                    if what != "validate" {
                        command.arg("--env").arg(self.environment());
                    }
                    let (elapsed, peak) = measured(&mut command);
                    smallest = smallest.min(elapsed);
                    memory = memory.max(peak);
                }
                println!(
                    "{what}, {steps} steps: {:.2} s, peak {} MiB",
                    smallest.as_secs_f64(),
                    memory / 1024
                );
                figures.push(smallest.as_secs_f64());
            }
            if let Some(before) = &before {
                for (what, (large, small)) in ["validate", "render", "schedule"].iter().zip(figures.iter().zip(before)) {
                    println!("{what}: 100,000 steps take {:.1} × the time of 10,000", large / small);
                }
            }
            before = Some(figures);
        }
    }

    /// A plan of no-op steps; `needs` says which one each needs.
    fn plan(&self, name: &str, steps: usize, needs: impl Fn(usize) -> Option<usize>) -> PathBuf {
        let path = self.folder.join(format!("{name}.yaml"));
        let mut text = format!("apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: {name} }}\nsteps:\n");
        for step in 0..steps {
            let needs = needs(step).map_or(String::new(), |needed| format!("needs: [s{needed}], "));
            text += &format!("  s{step}: {{ {needs}exec: {{ on: local, command: [/bin/true], effect: idempotent }} }}\n");
        }
        fs::write(&path, text).expect("a plan");
        path
    }

    fn environment(&self) -> PathBuf {
        let path = self.folder.join("environment.yaml");
        let text = "apiVersion: houseplan/v1\nkind: Environment\nmetadata: { name: bench }\ntargets: {}\n";
        fs::write(&path, text).expect("an environment");
        path
    }

    fn run_plan(&self, plan: &Path, more: &[&str]) -> Duration {
        let mut command = self.houseplan();
        command.arg("run").arg(plan).arg("--env").arg(self.environment()).arg("--quiet");
        command.args(["--max-nodes", "10000000"]).args(more);
        time(&mut command)
    }

    fn houseplan(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_houseplan"));
        command.env("HOUSEPLAN_STATE_DIR", self.folder.join("state")).stdin(Stdio::null());
        command
    }
}

/// Runs both in turns and gives the shortest time of each.
fn turns(mut ours: impl FnMut() -> Duration, mut theirs: impl FnMut() -> Duration) -> (Duration, Duration) {
    let mut shortest = (Duration::MAX, Duration::MAX);
    for _ in 0..REPETITIONS {
        shortest = (shortest.0.min(ours()), shortest.1.min(theirs()));
    }
    shortest
}

fn report(what: &str, against: &str, ours: Duration, theirs: Duration) {
    println!(
        "{what}: {:.2} s, {against} {:.2} s, ratio {:.2}",
        ours.as_secs_f64(),
        theirs.as_secs_f64(),
        ours.as_secs_f64() / theirs.as_secs_f64()
    );
}

fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("a process");
    assert!(status.success(), "{command:?} ended with {status}");
    start.elapsed()
}
