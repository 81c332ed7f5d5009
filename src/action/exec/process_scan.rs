//! Finds the processes that an earlier houseplan left behind, by the mark in their environment.

/// What every process that houseplan starts has in its environment: `RUN/TASK/ATTEMPT`.
pub(in crate::action) const VARIABLE: &str = "HOUSEPLAN_TASK";

/// The processes whose mark begins with `mark`: those of a task, whichever attempt. Zombies have no environment any more.
///
/// Reads `/proc`. On other systems it finds none, and processes of other users are not seen anywhere.
pub(super) fn processes(mark: &str) -> Vec<u32> {
    let wanted = format!("{VARIABLE}={mark}");
    let Ok(folders) = std::fs::read_dir("/proc") else { return Vec::new() };
    let of_process = |folder: std::fs::DirEntry| {
        let process = folder.file_name().to_str()?.parse::<u32>().ok()?;
        let environment = std::fs::read(folder.path().join("environ")).ok()?;
        let marked = environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(wanted.as_bytes()));
        (marked && process != std::process::id()).then_some(process)
    };
    folders.flatten().filter_map(of_process).collect()
}
