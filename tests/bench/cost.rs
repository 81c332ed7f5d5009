//! What houseplan costs, as ratios within one run: `make bench`, or a part of it: `cargo bench --bench cost -- steps`.
//!
//! - `steps`: no-op `exec` steps, two at a time against `make -j2`, and one after the other against their own floor (for each
//!   step one process, started by the same means, and one fdatasync of about as many bytes).
//! - `scale`: plans of 10,000 and 100,000 steps validated, rendered and scheduled; time and peak memory of each process.
//! - `data`: BACKUP and RESTORE on the sandbox, through `houseplan run` against the bare statements; and a comparison by parts
//!   against one by rows.
//!
//! Machines are noisy, so what is compared is measured in turns, and the shortest of the repetitions counts. Nothing is
//! asserted: the table that it prints goes into the docs as measured.

mod comparison;
mod data;
mod scale;
mod steps;

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// As in the binary, for what schedules in this program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [first, plan, environment, journal] = arguments.as_slice()
        && first == scale::SCHEDULE
    {
        return scale::schedule(plan, environment, journal);
    }
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the bench");
    let mut bench = Bench { folder: folder.path().to_owned(), lines: Vec::new() };
    if wanted("steps") {
        steps::measure(&mut bench);
    }
    if wanted("scale") {
        scale::measure(&mut bench);
    }
    if wanted("data") {
        data::measure(&mut bench);
    }
    println!("\n| What | houseplan | against | Ratio or peak | Goal | |\n|---|---:|---:|---:|---:|---|");
    for line in &bench.lines {
        println!("{line}");
    }
}

/// Where the bench works, and what it has found.
struct Bench {
    folder: PathBuf,
    lines: Vec<String>,
}

impl Bench {
    /// One line of the table, told at once too.
    fn line(&mut self, what: &str, ours: String, against: String, figure: String, goal: &str, reached: bool) {
        let verdict = if reached { "reached" } else { "**missed**" };
        let line = format!("| {what} | {ours} | {against} | {figure} | {goal} | {verdict} |");
        eprintln!("{line}");
        self.lines.push(line);
    }

    /// The line of two times, of which the first may be `goal` times the second.
    fn ratio(&mut self, what: &str, against: &str, (ours, theirs): (Duration, Duration), goal: f64) {
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        let theirs = format!("{against} {}", seconds(theirs));
        self.line(what, seconds(ours), theirs, format!("{ratio:.2}"), &format!("≤ {goal}"), ratio <= goal);
    }

    /// A plan of no-op steps; `needs` says which one each needs.
    fn plan(&self, name: &str, steps: usize, needs: impl Fn(usize) -> Option<usize>) -> PathBuf {
        let path = self.folder.join(format!("{name}.yaml"));
        let mut text = format!("apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: {name} }}\nsteps:\n");
        for step in 0..steps {
            let needs = needs(step).map_or(String::new(), |needed| format!("needs: [s{needed}], "));
            text +=
                &format!("  s{step}: {{ {needs}exec: {{ on: local, command: [/bin/true], effect: idempotent }} }}\n");
        }
        fs::write(&path, text).expect("a plan");
        path
    }

    /// An environment without targets.
    fn environment(&self) -> PathBuf {
        let path = self.folder.join("environment.yaml");
        let text = "apiVersion: houseplan/v1\nkind: Environment\nmetadata: { name: bench }\ntargets: {}\n";
        fs::write(&path, text).expect("an environment");
        path
    }

    /// The time of a whole `houseplan run`, from the start of the process to its end.
    fn run(&self, plan: &Path, environment: &Path, more: &[&str]) -> Duration {
        let mut command = self.houseplan();
        command.arg("run").arg(plan).arg("--env").arg(environment).arg("--quiet");
        command.args(["--max-nodes", "10000000"]).args(more);
        measured(&mut command).0
    }

    fn houseplan(&self) -> Command {
        let mut command = Command::new(program());
        command.env("HOUSEPLAN_STATE_DIR", self.folder.join("state"));
        command
    }
}

/// The binary that is measured.
fn program() -> &'static str {
    env!("CARGO_BIN_EXE_houseplan")
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// Runs both in turns and gives the shortest time of each.
fn turns(
    repetitions: usize,
    mut ours: impl FnMut() -> Duration,
    mut theirs: impl FnMut() -> Duration,
) -> (Duration, Duration) {
    let mut shortest = (Duration::MAX, Duration::MAX);
    for _ in 0..repetitions {
        let (one, other) = (ours(), theirs());
        eprintln!("  {} against {}", seconds(one), seconds(other));
        shortest = (shortest.0.min(one), shortest.1.min(other));
    }
    shortest
}

/// How long a process takes, and how much memory it has at most, in bytes.
fn measured(command: &mut Command) -> (Duration, u64) {
    let start = Instant::now();
    #[expect(clippy::zombie_processes, reason = "it is waited for by `wait4`, which also tells its memory")]
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("a process");
    let (status, peak) = wait(child.id());
    assert!(status.success(), "{command:?} ended with {status}");
    (start.elapsed(), peak)
}

/// Waits for a child; the standard library does not tell what it used.
fn wait(process: u32) -> (ExitStatus, u64) {
    let mut status = 0;
    // SAFETY: an all-zero `rusage` is a valid one, and both pointers are to locals that live until `wait4` has returned.
    let (waited, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::wait4(process as i32, &raw mut status, 0, &raw mut usage), usage)
    };
    assert_eq!(waited, process as i32, "the child can be waited for");
    // Linux counts in KiB.
    (ExitStatus::from_raw(status), usage.ru_maxrss as u64 * 1024)
}
