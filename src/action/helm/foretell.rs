//! What can be told of an upgrade before a run: whether it could begin, and which objects it would change.
//!
//! Of objects only kind and name are told: what is in them may be secret, and never leaves this module.

use serde::Deserialize;
use serde_json::Value;

use super::{prepare, task::HelmTask};
use crate::{
    action::{
        Attempt,
        context::{EvalContext, RunContext},
        kubernetes::manifest::{kind_of, objects},
    },
    connect::kubernetes::name_of,
    failure::Failure,
    humanize,
    name::TaskId,
    plan::{actions::Helm, expanded::ExpandedStep},
};

/// What is so of a release.
pub struct Looked {
    pub said: String,
    /// Whether it is there, or may be missing.
    pub is_there: bool,
}

/// Whether an upgrade could begin; `None` where only the run knows of what.
pub async fn looked_at(context: &RunContext, step: &ExpandedStep, helm: &Helm) -> Option<Result<Looked, Failure>> {
    let mut task = before_run(context, step, helm)?;
    Some(task.look().await.map(|(version, newest)| {
        let (release, namespace) = (&task.release, &task.helm.namespace);
        match newest {
            Some(it) => Looked {
                said: format!(
                    "helm {}; the release `{release}` in the namespace `{namespace}` is {} at revision {}",
                    version.text, it.status, it.number
                ),
                is_there: true,
            },
            None => Looked {
                said: format!("helm {}; there is no release `{release}` in the namespace `{namespace}`", version.text),
                is_there: task.install,
            },
        }
    }))
}

/// Which objects an upgrade would change, a line each, by `helm upgrade --dry-run=server`; `None` where only the run knows.
pub async fn foretold(context: &RunContext, step: &ExpandedStep, helm: &Helm) -> Option<Result<Vec<String>, Failure>> {
    let mut task = before_run(context, step, helm)?;
    Some(dry_run(&mut task).await)
}

/// The task as an attempt that is not the first would have it.
fn before_run(context: &RunContext, step: &ExpandedStep, helm: &Helm) -> Option<HelmTask> {
    let task = TaskId::new(&step.id, None, None);
    let attempt = Attempt { run: context.run.id.clone(), task, number: u32::MAX, stalled_after: None };
    let nothing = |_: &str| None;
    let at = EvalContext { context, step, steps: &nothing, member: None, item: None };
    if step.for_each.is_some() { None } else { prepare::task(helm, at, attempt).ok() }
}

/// What is read of a dry run.
#[derive(Deserialize)]
struct DryRun {
    manifest: String,
    #[serde(default)]
    hooks: Vec<Hook>,
}

#[derive(Deserialize)]
struct Hook {
    name: String,
    kind: String,
}

async fn dry_run(task: &mut HelmTask) -> Result<Vec<String>, Failure> {
    let (_, newest) = task.look().await?;
    let mut arguments = task.arguments();
    arguments.extend(["--dry-run=server", "--output", "json"].map(str::to_owned));
    let printed = task.helm.render(&arguments, task.set.as_ref()).await?;
    let unreadable = |what: &str| task.helm.failed(&format!(": {what} cannot be read"), "");
    // Whatever stands before it: `Release "…" does not exist. Installing it now.`
    let json = &printed[printed.find('{').unwrap_or_default()..];
    let dry: DryRun = serde_json::from_str(json).map_err(|_| unreadable("what its dry run prints"))?;
    let new = objects(&dry.manifest).map_err(|_| unreadable("what the chart renders"))?;
    let old = match newest {
        Some(_) => task.helm.manifest(&task.release).await?,
        None => String::new(),
    };
    let old = objects(&old).map_err(|_| unreadable("the release's manifest"))?;
    Ok(changes(&old, &new, &dry.hooks))
}

/// What differs, what is deleted first.
fn changes(old: &[Value], new: &[Value], hooks: &[Hook]) -> Vec<String> {
    let is_of = |object: &Value| (kind_of(object).to_owned(), name_of(object).to_owned());
    let called = |object: &Value| format!("{} {}", kind_of(object), name_of(object));
    let in_the_other = |all: &[Value], one: &Value| all.iter().find(|it| is_of(it) == is_of(one)).cloned();
    let mut lines = Vec::new();
    for object in old.iter().filter(|it| in_the_other(new, it).is_none()) {
        let keeps = object.pointer("/metadata/annotations").and_then(|it| it.get("helm.sh/resource-policy"));
        lines.push(match keeps.and_then(Value::as_str) {
            Some("keep") => format!("keeps {}, which is no longer of the release", called(object)),
            _ => format!("deletes {}, unless it bears helm.sh/resource-policy: keep", called(object)),
        });
    }
    let mut same = 0;
    for object in new {
        match in_the_other(old, object) {
            None => lines.push(format!("makes {}", called(object))),
            Some(before) if before != *object => lines.push(format!("changes {}", called(object))),
            Some(_) => same += 1,
        }
    }
    lines.extend(hooks.iter().map(|hook| format!("may run the hook {} {}", hook.kind, hook.name)));
    if same > 0 {
        lines.push(format!("leaves {} as before", humanize::count(same, "object")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_deleted_is_told_first_and_nothing_of_what_is_in_objects() {
        let object =
            |kind: &str, name: &str, data: &str| json!({ "kind": kind, "metadata": { "name": name }, "data": data });
        let kept = json!({ "kind": "Secret", "metadata": { "name": "b", "annotations": { "helm.sh/resource-policy": "keep" } } });
        let old = [object("Secret", "a", "hunter2"), object("Service", "a", ""), kept, object("StatefulSet", "a", "")];
        let new = [object("Secret", "a", "hunter3"), object("Service", "a", ""), object("Job", "new", "")];
        let hooks = [Hook { name: "migrations".to_owned(), kind: "Job".to_owned() }];
        let expected = [
            "keeps Secret b, which is no longer of the release",
            "deletes StatefulSet a, unless it bears helm.sh/resource-policy: keep",
            "changes Secret a",
            "makes Job new",
            "may run the hook Job migrations",
            "leaves 1 object as before",
        ];
        assert_eq!(changes(&old, &new, &hooks), expected);
    }
}
