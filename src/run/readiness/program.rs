//! Whether the programs that commands name are there, found as the system finds them when it starts them.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::{Readiness, Use, needed};
use crate::{
    catalogue,
    diagnose::{Activity, Context},
    failure::Failure,
    humanize,
};

/// A program, as a command names it.
pub(super) struct NamedProgram {
    pub program: String,
    /// Where the process starts; a program with a slash in its name is looked for from here.
    pub directory: PathBuf,
    /// Where it is looked for otherwise; our own `PATH` where the command has none.
    pub path: Option<String>,
    /// What its arguments name by a path, which may be a file that it reads, or one that it makes.
    pub files: Vec<String>,
    /// Whether a command before it may make files: then one that is named by its path may come to be.
    pub may_be_made: bool,
    pub uses: Vec<Use>,
}

/// So many programs are named of those that are there.
const MOST_NAMED: usize = 6;

/// Looks for each of them.
pub(super) fn find(programs: &[NamedProgram]) -> Readiness {
    let mut found = Readiness::default();
    let mut there: Vec<&str> = Vec::new();
    for named in programs {
        let step = &named.uses[0].step;
        let looked_for = !named.may_be_made && named.directory.is_dir();
        let missing = named.files.iter().filter(|file| looked_for && !named.directory.join(file).exists());
        found.unknown.extend(missing.map(|file| format!("`{file}` is not there, and `{step}` names it")));
        match named.missing() {
            None if there.contains(&named.program.as_str()) => {}
            None => there.push(&named.program),
            Some(why) if named.may_be_made && named.is_path() => {
                found.unknown.push(format!("{why}: `{step}` needs it, and a command before it may make it"));
            }
            Some(why) => found.failures.push(needed(not_found(&why), &named.uses)),
        }
    }
    if !there.is_empty() {
        let there: Vec<String> = there.iter().map(|it| format!("`{it}`")).collect();
        let noun = if there.len() == 1 { "the program is" } else { "the programs are" };
        found.answered.push(format!("{noun} there: {}", humanize::first_of(&there, MOST_NAMED)));
    }
    found
}

fn not_found(why: &str) -> Failure {
    catalogue::exec::NOT_FOUND.with("why", format!(": {why}")).failure_in(&Context::new(Activity::Exec))
}

impl NamedProgram {
    fn is_path(&self) -> bool {
        self.program.contains('/') || !self.directory.is_dir()
    }

    /// Why it cannot be started; `None` where it can.
    fn missing(&self) -> Option<String> {
        let Self { program, directory, .. } = self;
        if !directory.is_dir() {
            return Some(format!("the folder `{}` does not exist", directory.display()));
        }
        if program.contains('/') {
            let whole = directory.join(program);
            return match (whole.is_file(), is_executable(&whole)) {
                (true, true) => None,
                (true, false) => Some(format!("`{}` may not be executed", whole.display())),
                (false, _) => Some(format!("`{}` is not there", whole.display())),
            };
        }
        let path = self.path.clone().or_else(|| std::env::var("PATH").ok()).unwrap_or_default();
        let there = std::env::split_paths(&path).any(|folder| is_executable(&directory.join(folder).join(program)));
        (!there).then(|| format!("`{program}` is in no folder of PATH"))
    }
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::StepId;

    #[test]
    fn a_program_is_found_where_the_system_would_find_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        std::fs::copy("/bin/true", folder.path().join("bin/it")).unwrap();
        std::fs::write(folder.path().join("text"), "").unwrap();
        let named = |program: &str, path: Option<&str>, directory: &Path| NamedProgram {
            program: program.to_owned(),
            directory: directory.to_owned(),
            path: path.map(str::to_owned),
            files: vec!["text".to_owned(), "k8s/up.yaml".to_owned()],
            may_be_made: false,
            uses: vec![Use { step: StepId::new("up"), only_if: Vec::new(), path: None }],
        };
        let missing = |program: &str, path: Option<&str>| named(program, path, folder.path()).missing();
        assert_eq!(missing("true", None), None);
        assert_eq!(missing("bin/it", None), None);
        assert_eq!(missing("it", Some("bin")), None, "PATH is read from the folder that the process starts in");
        assert!(missing("it", None).unwrap().contains("`it` is in no folder of PATH"));
        assert!(missing("true", Some("/nowhere")).is_some());
        assert!(missing("bin/other", None).unwrap().ends_with("bin/other` is not there"));
        assert!(missing("./text", None).unwrap().ends_with("may not be executed"));
        assert!(missing("./bin", None).unwrap().ends_with("is not there"), "a folder is no program");
        let gone = named("true", None, Path::new("/nowhere"));
        assert_eq!(gone.missing().unwrap(), "the folder `/nowhere` does not exist");

        let made = NamedProgram { may_be_made: true, ..named("bin/other", None, folder.path()) };
        let found = find(&[made, named("true", None, folder.path()), gone]);
        let unknown = found.unknown.iter().filter(|line| line.contains("bin/other"));
        assert_eq!(unknown.count(), 1, "{:?}", found.unknown);
        let named = "`k8s/up.yaml` is not there, and `up` names it";
        assert!(found.unknown.iter().any(|line| line == named), "{:?}", found.unknown);
        assert!(!found.unknown.iter().any(|line| line.starts_with("`text`")), "{:?}", found.unknown);
        assert_eq!(found.answered, ["the program is there: `true`"]);
        assert!(found.failures[0].message.ends_with("does not exist; `up` needs it"), "{:?}", found.failures);
    }
}
