//! Keeper: an Apache ZooKeeper server, as Debian packages it. Only how it is configured and started.

use std::fs;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::engine_package::find_program;
use super::error::SandboxError;
use super::layout::{Layout, SandboxState, write_private};
use super::processes::Launch;
use super::server_name::ServerName;

const JARS: &str = "/usr/share/java";
const REMEDY: &str = "apt-get install zookeeper default-jre-headless";
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Java, once that and ZooKeeper are known to be there.
///
/// # Errors
/// `MissingProgram`.
pub(super) fn find_java() -> Result<Utf8PathBuf, SandboxError> {
    let missing = |what: &str| SandboxError::MissingProgram { what: what.to_owned(), remedy: REMEDY.to_owned() };
    let java = find_program("java").ok_or_else(|| missing("java"))?;
    if Utf8Path::new(JARS).join("zookeeper.jar").is_file() { Ok(java) } else { Err(missing("ZooKeeper")) }
}

/// The command of the Keeper; its configuration is written anew.
pub(super) fn launch(layout: &Layout, state: &SandboxState) -> Result<Launch, SandboxError> {
    let java = find_java()?;
    let dir = layout.server_dir(ServerName::Keeper);
    let data = layout.data_dir(ServerName::Keeper);
    fs::create_dir_all(&data).map_err(SandboxError::io("create", &data))?;
    let config = dir.join("zoo.cfg");
    write_private(&config, &zoo_cfg(&data, state.base_port.keeper()))?;
    let mut arguments: Vec<String> = [
        "-Xmx256m",
        // A quick start counts for more here than speed later.
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        // Nor need it survive the machine's crash.
        "-Dzookeeper.forceSync=no",
        "-cp",
    ]
    .map(str::to_owned)
    .into();
    arguments.push(format!("{JARS}/*"));
    arguments.push("org.apache.zookeeper.server.quorum.QuorumPeerMain".to_owned());
    arguments.push(config.into_string());
    Ok(Launch {
        program: java,
        arguments,
        working_dir: dir,
        log: layout.log_file(ServerName::Keeper),
        http_proxy: None,
    })
}

/// Sessions last between 2 and 20 ticks; a killed server's must end soon, or a rehearsal waits for it.
fn zoo_cfg(data: &Utf8Path, port: u16) -> String {
    format!(
        "tickTime=1000\ndataDir={data}\nclientPort={port}\nclientPortAddress=127.0.0.1\nmaxClientCnxns=0\n\
         4lw.commands.whitelist=*\nadmin.enableServer=false\nautopurge.purgeInterval=1\n"
    )
}

/// Whether it serves requests, by its own four-letter question.
pub(super) async fn is_ready(port: u16) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"srvr").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        // Until it has read its data it says that it is not serving requests.
        Ok::<_, std::io::Error>(answer.contains("Mode:"))
    };
    tokio::time::timeout(ANSWER_WITHIN, ask).await.is_ok_and(|answer| answer.unwrap_or(false))
}
