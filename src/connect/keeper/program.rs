//! A Keeper in a pod, by the client in its own container: `clickhouse-keeper-client`, or ZooKeeper's `zkCli.sh`.
//!
//! Each command is a process there, started by a shell that stays open. A path goes to the shell as a line of its input, so no shell
//! reads it, and one with a line's end in it cannot be asked for. Both clients may end with 0 whatever has happened: their words count.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::Answer;
use crate::{
    connect::kubernetes::{Kubernetes, PodPort, Said, Shell, ShellError},
    sql::quote_string,
};

/// A client that a Keeper's container may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeeperProgram {
    /// `clickhouse-keeper-client`, of ClickHouse Keeper; it speaks to a ZooKeeper too.
    ClickhouseKeeperClient,
    /// `zkCli.sh`, of ZooKeeper 3.5 or newer.
    #[serde(rename = "zkCli.sh")]
    ZkCli,
}

/// Looks for the clients; `client` is how one is started, with its words as arguments.
const SETUP: &str = "has() { command -v \"$1\" >/dev/null 2>&1; }\n\
    if has clickhouse-keeper-client; then keeper=clickhouse-keeper-client\n\
    elif has clickhouse; then keeper='clickhouse keeper-client'\n\
    elif has clickhouse-keeper; then keeper='clickhouse-keeper keeper-client'\n\
    else keeper=; fi\n\
    if has zkCli.sh; then zookeeper=zkCli.sh; else zookeeper=; fi";
/// One line says what is to be run, the next one with what. Java reads its arguments in the encoding of the locale.
const BODY: &str = "read -r what command || exit\n\
    IFS= read -r words || exit\n\
    case $what in\n\
    which) printf '%s\\n%s\\n' \"$keeper\" \"$zookeeper\" ;;\n\
    keeper) $keeper --host localhost --port \"$1\" --history-file /dev/null --query \"$words\" </dev/null 4<&- ;;\n\
    zookeeper) LC_ALL=C.UTF-8 $zookeeper -server \"localhost:$1\" \"$command\" \"$words\" </dev/null 4<&- ;;\n\
    make) LC_ALL=C.UTF-8 $zookeeper -server \"localhost:$1\" create \"$words\" '' </dev/null 4<&- ;;\n\
    esac";

/// How many paths one process is asked for.
const AT_ONCE: usize = 100;

const NO_NODE: [&str; 2] = ["No node", "Node does not exist"];

/// A client in a pod.
pub(super) struct Program {
    shell: Mutex<Shell>,
    program: KeeperProgram,
}

impl Program {
    /// Opens a shell, and finds out which client is there where none is named.
    pub async fn open(kubernetes: &Kubernetes, to: &PodPort, named: Option<KeeperProgram>) -> Answer<Self> {
        let (container, port) = kubernetes.found(to).await.map_err(|error| error.to_string())?;
        let shell = kubernetes.shell(&container, SETUP, BODY, &[port.to_string()]).await;
        let mut shell = shell.map_err(|error| error.to_string())?;
        let said = shell.ask(b"which\n\n").await.map_err(reason)?;
        let there = String::from_utf8_lossy(&said.out).into_owned();
        let mut there = there.lines().map(|line| !line.is_empty());
        let keeper = there.next() == Some(true);
        let zookeeper = there.next() == Some(true);
        let program = match named {
            Some(KeeperProgram::ClickhouseKeeperClient) if !keeper => {
                return Err("its container has no `clickhouse-keeper-client`".to_owned());
            }
            Some(KeeperProgram::ZkCli) if !zookeeper => return Err("its container has no `zkCli.sh`".to_owned()),
            Some(named) => named,
            None if keeper => KeeperProgram::ClickhouseKeeperClient,
            None if zookeeper => KeeperProgram::ZkCli,
            None => return Err("its container has neither `clickhouse-keeper-client` nor `zkCli.sh`".to_owned()),
        };
        Ok(Self { shell: Mutex::new(shell), program })
    }

    pub async fn children(&self, path: &str) -> Answer<Option<Vec<String>>> {
        match self.program {
            KeeperProgram::ClickhouseKeeperClient => {
                let said = self.keeper(&format!("ls {0}; get_stat {0}", quoted(path)?)).await?;
                if is_no_node(&said) {
                    return Ok(None);
                }
                let out = said_well(&said)?;
                listed(out.split_once('\n').unwrap_or((&out, ""))).map(Some)
            }
            KeeperProgram::ZkCli => {
                let said = self.send("zookeeper ls", line(path)?).await?;
                if is_no_node(&said) { Ok(None) } else { bracketed(&said).map(Some) }
            }
        }
    }

    pub async fn exists(&self, path: &str) -> Answer<bool> {
        match self.program {
            KeeperProgram::ClickhouseKeeperClient => {
                let said = self.keeper(&format!("exists {}", quoted(path)?)).await?;
                match said_well(&said)?.trim() {
                    "1" => Ok(true),
                    "0" => Ok(false),
                    other => Err(format!("its client answers `{other}` to `exists`")),
                }
            }
            KeeperProgram::ZkCli => Ok(self.children(path).await?.is_some()),
        }
    }

    pub async fn create(&self, path: &str) -> Answer<()> {
        let said = match self.program {
            KeeperProgram::ClickhouseKeeperClient => self.keeper(&format!("touch {}", quoted(path)?)).await?,
            KeeperProgram::ZkCli => self.send("make", line(path)?).await?,
        };
        let made = match self.program {
            KeeperProgram::ClickhouseKeeperClient => said_well(&said).map(drop),
            KeeperProgram::ZkCli
                if last_line(&said.out).starts_with("Created ") || last_line(&said.err).starts_with("Created ") =>
            {
                Ok(())
            }
            KeeperProgram::ZkCli => Err(words(&said)),
        };
        made.map_err(|reason| format!("{path} cannot be made: {reason}"))
    }

    /// Removes what is there now; says whether nothing is left.
    pub async fn remove_tree(&self, path: &str) -> Answer<bool> {
        match self.program {
            KeeperProgram::ClickhouseKeeperClient => {
                for level in self.levels(path).await?.iter().rev() {
                    for some in level.chunks(AT_ONCE) {
                        let commands: Answer<Vec<_>> =
                            some.iter().map(|path| Ok(format!("rm {}", quoted(path)?))).collect();
                        // The first that fails ends the others; what is left shows below.
                        self.keeper(&commands?.join("; ")).await?;
                    }
                }
            }
            KeeperProgram::ZkCli => drop(self.send("zookeeper deleteall", line(path)?).await?),
        }
        Ok(!self.exists(path).await?)
    }

    /// A path and all below it, by how deep they are.
    async fn levels(&self, path: &str) -> Answer<Vec<Vec<String>>> {
        let (mut levels, mut level) = (Vec::new(), vec![path.to_owned()]);
        while !level.is_empty() {
            let mut below = Vec::new();
            for some in level.chunks(AT_ONCE) {
                for (parent, children) in some.iter().zip(self.children_of(some).await?) {
                    below.extend(children.into_iter().map(|child| format!("{}/{child}", parent.trim_end_matches('/'))));
                }
            }
            levels.push(std::mem::replace(&mut level, below));
        }
        Ok(levels)
    }

    /// The names below each of these paths, by one process; by one each where something of them is not there any more.
    async fn children_of(&self, paths: &[String]) -> Answer<Vec<Vec<String>>> {
        let commands: Answer<Vec<_>> =
            paths.iter().map(|path| Ok(format!("ls {0}; get_stat {0}", quoted(path)?))).collect();
        let said = self.keeper(&commands?.join("; ")).await?;
        if let Ok(out) = said_well(&said)
            && let Some(each) = split(&out, paths.len())
        {
            return each.into_iter().map(|(names, stat)| listed((names, &stat))).collect();
        }
        let mut all = Vec::new();
        for path in paths {
            all.push(self.children(path).await?.unwrap_or_default());
        }
        Ok(all)
    }

    async fn keeper(&self, commands: &str) -> Answer<Said> {
        self.send("keeper", commands).await
    }

    async fn send(&self, what: &str, words: &str) -> Answer<Said> {
        let said = self.shell.lock().await.ask(format!("{what}\n{words}\n").as_bytes()).await;
        said.map_err(reason)
    }
}

fn reason(error: ShellError) -> String {
    match error {
        ShellError::NotSent(reason) | ShellError::Lost(reason) => reason,
    }
}

/// As `clickhouse-keeper-client` reads it: a literal of ClickHouse's, in which no line ends.
fn quoted(path: &str) -> Answer<String> {
    line(path).map(quote_string)
}

fn line(path: &str) -> Answer<&str> {
    let is_line = !path.contains(['\n', '\r', '\0']);
    if is_line {
        Ok(path)
    } else {
        Err(format!("{path:?} has a line's end in it, and cannot be asked for by a client in its pod"))
    }
}

fn is_no_node(said: &Said) -> bool {
    let words = words(said);
    NO_NODE.iter().any(|sign| words.contains(sign))
}

/// What `clickhouse-keeper-client` printed, where it has nothing to complain of.
fn said_well(said: &Said) -> Answer<String> {
    let complains = String::from_utf8_lossy(&said.err).lines().any(|line| !line.trim().is_empty());
    if said.code == 0 && !complains { Ok(String::from_utf8_lossy(&said.out).into_owned()) } else { Err(words(said)) }
}

/// What a client that failed says, in one line.
fn words(said: &Said) -> String {
    let last = last_line(&said.err);
    let last = if last.is_empty() { last_line(&said.out) } else { last };
    if last.is_empty() { format!("its client has ended with code {}", said.code) } else { last }
}

fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// The names that `ls` has printed. A blank may be a part of one: then there are fewer than there are words, and which is which is not told.
fn listed((names, stat): (&str, &str)) -> Answer<Vec<String>> {
    let names: Vec<String> = names.split_ascii_whitespace().map(str::to_owned).collect();
    let counted = stat.lines().find_map(|line| line.trim().strip_prefix("numChildren = ")?.parse::<usize>().ok());
    match counted {
        Some(counted) if counted == names.len() => Ok(names),
        Some(_) => {
            Err(format!("a name has a blank in it, which its client does not tell from two names: {}", names.join(" ")))
        }
        None => Err("its client does not say how many names there are".to_owned()),
    }
}

/// What `ls` has answered, and `get_stat`.
type Answered<'a> = (&'a str, String);

/// The answers to that many pairs of `ls` and `get_stat`: a line, then lines until `numChildren`.
fn split(out: &str, pairs: usize) -> Option<Vec<Answered<'_>>> {
    let mut lines = out.lines();
    let mut each = Vec::with_capacity(pairs);
    for _ in 0..pairs {
        let names = lines.next()?;
        let mut stat = String::new();
        while !stat.contains("numChildren = ") {
            stat.push_str(lines.next()?);
            stat.push('\n');
        }
        each.push((names, stat));
    }
    lines.all(|line| line.trim().is_empty()).then_some(each)
}

/// `[a, b]`, the last line of what `zkCli.sh` prints to `ls`.
fn bracketed(said: &Said) -> Answer<Vec<String>> {
    let last = last_line(&said.out);
    let names = last.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let names = names.ok_or_else(|| words(said))?;
    Ok(names.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(out: &str, err: &str, code: i32) -> Said {
        Said { out: out.into(), err: err.into(), code }
    }

    #[test]
    fn the_words_of_a_client_count_and_not_its_code() {
        assert!(is_no_node(&said("", "Coordination error: No node, path /a\n", 0)));
        assert!(is_no_node(&said("Connecting to localhost:2181\n", "Node does not exist: /a\n", 1)));
        assert_eq!(said_well(&said("", "Connection loss\n", 0)), Err("Connection loss".to_owned()));
        assert_eq!(said_well(&said("", "", 3)), Err("its client has ended with code 3".to_owned()));
        assert_eq!(said_well(&said("1\n", "\n", 0)), Ok("1\n".to_owned()));
    }

    #[test]
    fn names_are_told_apart_or_refused() {
        let stat = |count: usize| format!("cZxid = 1\nnumChildren = {count}\n");
        assert_eq!(listed(("a b ", &stat(2))), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(listed(("", &stat(0))), Ok(Vec::new()));
        assert!(listed(("a b", &stat(1))).unwrap_err().contains("blank"));
        assert!(listed(("a", "")).is_err());
        let zookeeper = said("Connecting to x\n\nWATCHER::\n\nWatchedEvent state:SyncConnected\n[a b, c]\n", "", 0);
        assert_eq!(bracketed(&zookeeper), Ok(vec!["a b".to_owned(), "c".to_owned()]));
        assert_eq!(bracketed(&said("[]\n", "", 0)), Ok(Vec::new()));
        assert_eq!(
            bracketed(&said("Connecting\n", "KeeperErrorCode = ConnectionLoss for /\n", 1)).unwrap_err(),
            "KeeperErrorCode = ConnectionLoss for /"
        );
    }

    #[test]
    fn many_answers_are_told_apart() {
        let out = "a b\ncZxid = 1\nnumChildren = 2\n\ncZxid = 2\nnumChildren = 0\n";
        let each = split(out, 2).unwrap();
        assert_eq!(each.iter().map(|(names, _)| *names).collect::<Vec<_>>(), ["a b", ""]);
        assert_eq!(split(out, 3), None);
        assert_eq!(split(out, 1), None);
    }

    #[test]
    fn a_path_is_one_literal_in_one_line() {
        assert_eq!(quoted("/a b/it's; rm '/'").unwrap(), r"'/a b/it\'s; rm \'/\''");
        assert!(quoted("/a\nb").is_err());
    }
}
