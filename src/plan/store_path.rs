//! What a path in a store may look like: of a backup, of what a probe leaves, of the folder that a store is.
//!
//! It stands in a URL that servers decode, in patterns of their function `s3` and in keys of objects, and has to mean one thing
//! in all of them. So what would mean another thing in one of them is refused before anything is written.

use std::sync::Arc;

use super::{expanded::ExpandedPlan, visit::Leaf};
use crate::{
    document::Problem,
    template::{Dialect, InputValues, Scope, Template},
};

/// What stands for something else: an encoded character, the end of a path, a pattern, or what S3 advises against.
const REFUSED: &str = "%#?*{}[]<>|\\^\"`$";

/// What is wrong with a path, in words; `None` where it may be used. One `/` may stand at either end.
pub fn wrong_path(path: &str) -> Option<String> {
    let inner = path.strip_prefix('/').unwrap_or(path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if let Some(found) = path.chars().find(|it| it.is_control()) {
        return Some(format!("a path has no control characters; {} is one", found.escape_default()));
    }
    if path.chars().any(char::is_whitespace) {
        return Some("a path has no blanks".to_owned());
    }
    if let Some(found) = path.chars().find(|it| REFUSED.contains(*it)) {
        return Some(format!("`{found}` cannot stand in a path: it means something else in a URL or in a pattern"));
    }
    match inner.split('/').find(|part| matches!(*part, "" | "." | "..")) {
        Some("") if inner.is_empty() => Some("a path is not empty: that would be the whole store".to_owned()),
        Some("") => Some("a path has no `//`".to_owned()),
        Some(part) => Some(format!("`{part}` cannot be a part of a path")),
        None => None,
    }
}

/// What is wrong with what stands around the placeholders of a template for a path.
pub fn wrong_template(text: &str) -> Option<String> {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("{{")
        && let Some((_, behind)) = after.split_once("}}")
    {
        filled.push_str(before);
        filled.push('x');
        rest = behind;
    }
    wrong_path(&(filled + rest))
}

/// What is wrong with the paths of a plan's steps, as far as its inputs tell them. `inputs` has those of each scope.
pub fn wrong_paths(plan: &ExpandedPlan, inputs: &[Arc<InputValues>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for step in &plan.steps {
        step.visit(&mut |visited| {
            let Leaf::StorePath(text) = visited.leaf else { return };
            let Ok(template) = Template::parse(text, Dialect::Text) else { return };
            let known = template.symbolic(&Scope::of_inputs(&inputs[step.scope]));
            if let Some(wrong) = wrong_template(&known) {
                problems.push(Problem::at(visited.place(&step.place), format!("this path is `{known}`: {wrong}")));
            }
        });
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{wrong_path, wrong_template};

    #[test]
    fn of_a_template_all_is_seen_but_what_its_placeholders_give() {
        for path in ["{{ steps.backup }}", "a/{{ inputs.b }}{{ c }}/d", "{{ a | replace('#', '') }}"] {
            assert_eq!(wrong_template(path), None, "{path}");
        }
        for path in ["a//{{ b }}", "{{ a }}/b c", "{{ a }}/../{{ b }}", "{a,b}/{{ c }}", "{{ a"] {
            assert!(wrong_template(path).is_some(), "{path}");
        }
    }

    #[test]
    fn what_means_one_thing_everywhere_is_a_path() {
        for path in [
            "a",
            "/a/b/",
            "clickhouse-backup/2026-11-22_143000-k7q2",
            "a=b/c+d/e@f:g,h~i!j;k&l'(m)",
            "größe",
            "a.b/..c",
        ] {
            assert_eq!(wrong_path(path), None, "{path}");
        }
    }

    #[test]
    fn what_would_mean_another_thing_somewhere_is_refused_with_its_reason() {
        for (path, reason) in [
            ("a#b", "`#` cannot stand"),
            ("a%41", "`%` cannot stand"),
            ("{a,b}", "`{` cannot stand"),
            ("a?versionId=1", "`?` cannot stand"),
            ("a*", "`*` cannot stand"),
            ("a$b", "`$` cannot stand"),
            ("a b", "no blanks"),
            (" a", "no blanks"),
            ("a\u{a0}b", "no blanks"),
            ("a//b", "no `//`"),
            ("//a", "no `//`"),
            ("a/../b", "`..` cannot be"),
            ("./a", "`.` cannot be"),
            ("a\nb", "control characters; \\n is one"),
            ("", "not empty"),
            ("/", "not empty"),
        ] {
            let found = wrong_path(path).unwrap_or_else(|| panic!("{path} is taken"));
            assert!(found.contains(reason), "{path}: {found}");
        }
    }
}
