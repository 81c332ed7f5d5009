//! How a command is started in a container, so that no argument holds a variable of its environment.

/// What runs in the container: takes so many variables from its input, each in a line, and becomes the command. `$1` is how many there
/// are, `$2` is said where there is no such program.
const SCRIPT: &str = "left=$1 missing=$2; shift 2\n\
    while [ \"$left\" -gt 0 ]; do\n\
    IFS= read -r variable || exit 125\n\
    variable=$(printf '%b.' \"$variable\"); export \"${variable%.}\"\n\
    left=$((left - 1))\n\
    done\n\
    command -v \"$1\" >/dev/null 2>&1 || { echo \"$missing\" >&2; exit 127; }\n\
    unset left missing variable\n\
    exec \"$@\" </dev/null";

/// What is started: a shell, with the command as its arguments.
pub(super) fn command(command: &[String], variables: usize, missing: &str) -> Vec<String> {
    let shell = ["sh", "-c", SCRIPT, "sh", &variables.to_string(), missing].map(str::to_owned);
    [shell.as_slice(), command].concat()
}

/// What the shell reads: a line for each variable, in which a line's end is written as `\n`.
pub(super) fn input<'a>(variables: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let line = |(name, value): (&str, &str)| {
        let value = value.replace('\\', "\\\\").replace('\n', "\\n");
        format!("{name}={value}\n")
    };
    variables.map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write as _,
        process::{Command, Output, Stdio},
    };

    use super::*;

    fn run(words: &[&str], variables: &[(&str, &str)]) -> Output {
        let words: Vec<String> = words.iter().map(|it| (*it).to_owned()).collect();
        let words = command(&words, variables.len(), "none-of-it");
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The input stays open until the command has ended.
        let mut stdin = child.stdin.take().unwrap();
        let _ = stdin.write_all(input(variables.iter().copied()).as_bytes());
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        output
    }

    #[test]
    fn a_command_gets_its_variables_whatever_is_in_them_and_its_arguments_as_they_are() {
        let odd = "it's\n\"$(x)\" \\n \\\\ ü %s\n";
        let said = run(
            &["sh", "-c", "printf '%s|%s|%s' \"$A\" \"$B\" \"$1\"; exit 5", "sh", "a b;c"],
            &[("A", odd), ("B", "")],
        );
        assert_eq!(String::from_utf8(said.stdout).unwrap(), format!("{odd}||a b;c"));
        assert_eq!(said.status.code(), Some(5));
    }

    #[test]
    fn a_command_reads_the_end_of_its_input_at_once() {
        assert_eq!(run(&["cat"], &[("A", "b")]).status.code(), Some(0));
    }

    #[test]
    fn a_program_that_is_not_there_is_told_from_one_that_ends_with_the_same_code() {
        let said = run(&["no-such-program"], &[]);
        assert_eq!((said.status.code(), said.stderr.as_slice()), (Some(127), b"none-of-it\n".as_slice()));
        let said = run(&["sh", "-c", "exit 127"], &[]);
        assert_eq!((said.status.code(), said.stderr.as_slice()), (Some(127), b"".as_slice()));
    }
}
