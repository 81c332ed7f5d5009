//! The engine's packages, installed once a machine: a Python environment that all share, and beside it each version's package alone.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use super::Progress;
use super::engine_version::EngineVersion;
use super::error::SandboxError;
use super::layout::{Lock, cache_directory};

/// What the host needs beside the engine. A change of these makes a new environment; the old one stays until removed.
const REQUIREMENTS: [&str; 2] = ["clickhouse-cityhash==1.0.2.6", "kazoo==2.11.0"];
const IMPORTS: &str = "import clickhouse_cityhash, kazoo";
const PYTHON_REMEDY: &str = "apt-get install python3 python3-venv";
const PIP_INSTALL: [&str; 6] = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
const LAST_LINES: usize = 5;

/// The Python that hosts the engines.
///
/// # Errors
/// `MissingProgram` without Python, `EngineSetup` when installing fails.
pub(super) async fn provide_python() -> Result<Utf8PathBuf, SandboxError> {
    let digest = Sha256::digest(REQUIREMENTS.join("\n"));
    let name = format!("python-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
    let home = provide(&name, async |unfinished| install_python(unfinished).await).await?;
    Ok(home.join("bin/python"))
}

/// The folder of a version's package, installed with `python` when it is not there: once a machine, a minute and 500 to 800 MB.
///
/// # Errors
/// `EngineSetup` when installing fails.
pub(super) async fn provide_package(
    python: &Utf8Path,
    version: EngineVersion,
    progress: Progress<'_>,
) -> Result<Utf8PathBuf, SandboxError> {
    let mut progress = Some(progress);
    let install = async |unfinished: &Utf8Path| {
        if let Some(progress) = progress.take() {
            progress(&format!("installing ClickHouse {version} (once; this takes a minute or more)"));
        }
        // What the package's Python would want, pandas and pyarrow, its library does not.
        let arguments = ["--no-deps", "--target", unfinished.as_str(), version.package()];
        run(Command::new(python).args(PIP_INSTALL).args(arguments)).await
    };
    provide(&folder_name(version), install).await
}

/// Where `provide_package` puts it.
pub(super) fn package_dir(version: EngineVersion) -> Utf8PathBuf {
    cache_directory().join(folder_name(version))
}

fn folder_name(version: EngineVersion) -> String {
    version.package().replace("==", "-")
}

/// A folder of the cache, made by `install` when it is not there. It is built under another name, so that a half-built one is never
/// taken for a whole one, and by one process at a time.
async fn provide(
    name: &str,
    install: impl AsyncFnOnce(&Utf8Path) -> Result<(), SandboxError>,
) -> Result<Utf8PathBuf, SandboxError> {
    let cache = cache_directory();
    fs::create_dir_all(&cache).map_err(SandboxError::io("create", &cache))?;
    let home = cache.join(name);
    if home.exists() {
        return Ok(home);
    }
    let _lock = Lock::acquire(home.with_added_extension("lock")).await?;
    if !home.exists() {
        let unfinished = home.with_added_extension("building");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(SandboxError::io("remove", &unfinished))?;
        }
        install(&unfinished).await?;
        fs::rename(&unfinished, &home).map_err(SandboxError::io("create", &home))?;
    }
    Ok(home)
}

async fn install_python(home: &Utf8Path) -> Result<(), SandboxError> {
    let python3 = find_program("python3")
        .ok_or_else(|| SandboxError::MissingProgram { what: "python3".to_owned(), remedy: PYTHON_REMEDY.to_owned() })?;
    let missing_venv = |error| match error {
        SandboxError::EngineSetup { reason, .. }
            if reason.contains("ensurepip") || reason.contains("No module named venv") =>
        {
            SandboxError::MissingProgram { what: "Python's venv module".to_owned(), remedy: PYTHON_REMEDY.to_owned() }
        }
        other => other,
    };
    run(Command::new(python3).args(["-m", "venv", home.as_str()])).await.map_err(missing_venv)?;
    let python = home.join("bin/python");
    run(Command::new(&python).args(PIP_INSTALL).args(REQUIREMENTS)).await?;
    run(Command::new(&python).args(["-c", IMPORTS])).await
}

/// Runs a program that says nothing unless it fails.
///
/// # Errors
/// `EngineSetup` with the end of what it said.
pub(super) async fn run(command: &mut Command) -> Result<(), SandboxError> {
    let shown = format!("{:?}", command.as_std()).replace('"', "");
    let failed = |reason: String| SandboxError::EngineSetup { command: shown.clone(), reason };
    let output = command.kill_on_drop(true).output().await.map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(failed(last_lines(&String::from_utf8_lossy(&said), LAST_LINES)))
}

/// The end of a log.
pub(super) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// A program on the `PATH`.
pub(super) fn find_program(name: &str) -> Option<Utf8PathBuf> {
    let path = std::env::var("PATH").ok()?;
    path.split(':').map(|dir| Utf8Path::new(dir).join(name)).find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_its_last_lines() {
        assert_eq!(last_lines("a\nb\nc\n\n", 2), "b\nc");
        assert_eq!(last_lines("", 2), "");
    }

    #[test]
    fn each_version_has_a_folder_of_its_own() {
        let folders: std::collections::BTreeSet<_> = EngineVersion::all().map(package_dir).collect();
        assert_eq!(folders.len(), EngineVersion::all().count());
    }
}
