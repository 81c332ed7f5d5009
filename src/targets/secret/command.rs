//! A program that prints a secret.

use std::{process::Stdio, time::Duration};

use camino::Utf8Path;
use tokio::{process::Command, time::timeout};

/// How long it may take: it may ask a service, and nobody is there to answer a question.
const PATIENCE: Duration = Duration::from_secs(60);
/// So much of what it says of its failure is shown.
const MOST_SHOWN: usize = 300;

/// What it prints, or why it prints nothing. What it writes to its standard error is no secret, and is shown where it fails.
pub(super) async fn output(command: &[String], directory: &Utf8Path) -> Result<String, String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err("the command is empty; write the program and its arguments".to_owned());
    };
    // One that is named by a path stands beside the environment, as a file does.
    let path = if program.contains('/') { directory.join(program).into_string() } else { program.clone() };
    let mut process = Command::new(path);
    process.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    if !directory.as_str().is_empty() {
        process.current_dir(directory);
    }
    let ended = timeout(PATIENCE, process.output()).await;
    let ended = ended
        .map_err(|_| format!("`{program}` has printed no secret within {} s, and was ended", PATIENCE.as_secs()))?;
    let ended = ended.map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        let said = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        let said =
            said.map(|line| format!(": {}", line.chars().take(MOST_SHOWN).collect::<String>())).unwrap_or_default();
        return Err(format!("`{program}` failed ({}){said}", ended.status));
    }
    String::from_utf8(ended.stdout).map_err(|_| format!("what `{program}` prints is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[tokio::test]
    async fn what_is_printed_is_taken_and_a_failure_says_why_without_it() {
        let folder = tempfile::tempdir().unwrap();
        let here = Utf8Path::from_path(folder.path()).unwrap();
        assert_eq!(output(&command(&["sh", "-c", "printf hunter2"]), here).await.unwrap(), "hunter2");
        let failed =
            output(&command(&["sh", "-c", "echo hunter2; echo 'the session has ended' >&2; exit 3"]), here).await;
        let failed = failed.unwrap_err();
        assert!(failed.ends_with(": the session has ended") && failed.contains("exit status: 3"), "{failed}");
        assert!(!failed.contains("hunter2"), "{failed}");
        let missing = output(&command(&["./nothing-of-this-name"]), here).await.unwrap_err();
        assert!(missing.contains("cannot be started"), "{missing}");
    }

    #[tokio::test]
    async fn it_starts_in_the_folder_of_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let here = Utf8Path::from_path(folder.path()).unwrap();
        std::fs::write(folder.path().join("secret"), "hunter2").unwrap();
        assert_eq!(output(&command(&["cat", "secret"]), here).await.unwrap(), "hunter2");
    }
}
