//! Processes that outlive us: started apart from our terminal, remembered in a file, signalled only when they are still the same.

use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::{Pid, PidfdFlags, Signal};
use serde::{Deserialize, Serialize};

use super::error::SandboxError;
use super::layout::write_json;

const POLL: Duration = Duration::from_millis(20);
const PATIENCE_AFTER_KILL: Duration = Duration::from_secs(10);

/// A process, told apart from a later one with the same number by the time it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRecord {
    /// Its number.
    pub pid: i32,
    /// When it started, in clock ticks since the machine's start.
    start_time: u64,
}

/// What to start.
#[derive(Debug)]
pub(super) struct Launch {
    pub program: Utf8PathBuf,
    pub arguments: Vec<String>,
    pub working_dir: Utf8PathBuf,
    pub log: Utf8PathBuf,
    /// The port that it asks over HTTP for every host but this machine; `None` where it asks each host itself.
    pub http_proxy: Option<u16>,
}

/// The variables a server inherits. No others: credentials in ours must not make the servers' S3 requests work by accident.
const INHERITED: [&str; 6] = ["PATH", "HOME", "LANG", "TMPDIR", "TZ", "JAVA_HOME"];

/// The variables by which a process asks our own port for every host that is not this machine.
fn proxied_to(port: u16) -> [(&'static str, String); 2] {
    [("http_proxy", format!("http://127.0.0.1:{port}")), ("no_proxy", "127.0.0.1,localhost".to_owned())]
}

impl Launch {
    /// Starts it in a process group of its own (our Ctrl-C does not reach it), its output appended to the log.
    pub(super) fn start(&self) -> std::io::Result<ProcessRecord> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(&self.working_dir)
            .env_clear()
            .envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .envs(self.http_proxy.iter().flat_map(|port| proxied_to(*port)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0);
        let child = command.spawn()?;
        let pid = i32::try_from(child.id()).map_err(std::io::Error::other)?;
        let start_time =
            read_stat(pid).map(|stat| stat.start_time).ok_or_else(|| std::io::Error::other("it ended at once"))?;
        Ok(ProcessRecord { pid, start_time })
    }
}

impl ProcessRecord {
    /// Reads a record; `None` when there is none.
    pub(super) fn read(path: &Utf8Path) -> Option<Self> {
        serde_json::from_reader(File::open(path).ok()?).ok()
    }

    pub(super) fn write(&self, path: &Utf8Path) -> Result<(), SandboxError> {
        write_json(path, self)
    }

    /// Whether this very process still runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        read_stat(self.pid).is_some_and(|stat| stat.start_time == self.start_time && stat.runs)
    }

    /// Its resident memory in bytes, of which pages of the program's file are shared between servers.
    #[must_use]
    pub fn memory(&self) -> Option<Memory> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        self.is_alive().then_some(())?;
        Some(Memory { resident: kilobytes(&text, "VmRSS:")?, private: kilobytes(&text, "RssAnon:")? })
    }

    /// Asks it to end, and kills it after `patience`. Returns when it is gone.
    pub(super) async fn stop(&self, patience: Duration) -> std::io::Result<()> {
        self.signal(Signal::TERM)?;
        // A stopped process would otherwise never see the request.
        self.signal(Signal::CONT)?;
        if !self.wait(patience).await {
            self.kill().await?;
        }
        Ok(())
    }

    /// Kills it, as a crash would. Returns when it is gone.
    pub(super) async fn kill(&self) -> std::io::Result<()> {
        self.signal(Signal::KILL)?;
        if self.wait(PATIENCE_AFTER_KILL).await {
            Ok(())
        } else {
            Err(std::io::Error::other(format!("process {} does not end", self.pid)))
        }
    }

    /// Through a descriptor of the process, so that between the look and the signal it cannot become another one.
    fn signal(&self, signal: Signal) -> std::io::Result<()> {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return Ok(());
        };
        let process = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
            Ok(process) => process,
            Err(rustix::io::Errno::SRCH) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if !self.is_alive() {
            return Ok(());
        }
        match rustix::process::pidfd_send_signal(process, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn wait(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(POLL).await;
        }
        true
    }
}

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// All that is resident.
    pub resident: u64,
    /// What belongs to it alone: without the pages of files.
    pub private: u64,
}

fn kilobytes(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

struct Stat {
    runs: bool,
    start_time: u64,
}

fn read_stat(pid: i32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The fields after the name; the name stands in parentheses and may itself hold some.
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let is_zombie = matches!(*fields.first()?, "Z" | "X");
    let threads: u64 = fields.get(17)?.parse().ok()?;
    Some(Stat {
        // A zombie only waits for its parent to look. But while other threads still end, its files and ports are still open.
        runs: !is_zombie || threads > 1,
        start_time: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_is_read_past_a_name_with_parentheses() {
        let text = "42 (a) Z (b) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 1\n";
        let stat = parse_stat(text).expect("a stat line");
        assert!(stat.runs);
        assert_eq!(stat.start_time, 98_765);
        let zombie = text.replace(") S", ") Z");
        assert!(!parse_stat(&zombie).expect("a stat line").runs);
        let ending = zombie.replace(" 20 0 1 0 ", " 20 0 7 0 ");
        assert!(parse_stat(&ending).expect("a stat line").runs);
    }

    #[test]
    fn our_own_process_is_alive_but_an_earlier_one_of_its_number_is_not() {
        let pid = i32::try_from(std::process::id()).expect("a pid");
        let start_time = read_stat(pid).expect("we run").start_time;
        assert!(ProcessRecord { pid, start_time }.is_alive());
        let earlier = ProcessRecord { pid, start_time: start_time - 1 };
        assert!(!earlier.is_alive());
        earlier.signal(Signal::KILL).expect("nothing was signalled");
    }

    #[tokio::test]
    async fn what_is_started_can_be_stopped() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let working_dir = Utf8PathBuf::from_path_buf(dir.path().to_owned()).expect("UTF-8");
        let launch = Launch {
            program: "sleep".into(),
            arguments: vec!["60".to_owned()],
            log: working_dir.join("log"),
            working_dir,
            http_proxy: None,
        };
        let process = launch.start().expect("started");
        assert!(process.is_alive());
        process.stop(Duration::from_secs(5)).await.expect("stopped");
        assert!(!process.is_alive());
    }
}
