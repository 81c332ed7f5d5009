//! The Job that is made: from a text, a file or a chart's hook, under the step's name, marked as ours.

use std::io::Write as _;

use serde_json::{Map, Value, json};

use crate::{
    action::kubernetes::{
        helm_program::HelmProgram,
        manifest::{is_hook, kind_of, objects},
        mark,
    },
    catalogue,
    connect::kubernetes::name_of,
    diagnose::{Activity, Context},
    failure::Failure,
    plan::actions::PreviousValues,
};

/// Where a Job's text comes from.
pub(super) enum From {
    Template(Value),
    File(String),
    Hook(Hook),
}

/// A hook of a chart.
pub(super) struct Hook {
    pub name: String,
    pub release: String,
    pub chart: String,
    pub version: Option<String>,
    pub values: Vec<String>,
    /// May hold secrets.
    pub set: Option<Value>,
    pub previous_values: PreviousValues,
}

/// The Job, without what it is called and whose it is.
pub(super) async fn read(from: &From, helm: &HelmProgram) -> Result<Value, Failure> {
    match from {
        From::Template(template) => Ok(template.clone()),
        From::File(path) => {
            let text = std::fs::read_to_string(helm.directory.join(path));
            let text = text.map_err(|error| none(&format!(": `{path}`: {error}")))?;
            let found = objects(&text).map_err(|wrong| none(&format!(": `{path}`: {wrong}")))?;
            match <[Value; 1]>::try_from(found) {
                Ok([job]) => Ok(job),
                Err(found) => Err(none(&format!(": `{path}` holds {} objects, and one Job is made", found.len()))),
            }
        }
        From::Hook(hook) => rendered(hook, helm).await,
    }
}

async fn rendered(hook: &Hook, helm: &HelmProgram) -> Result<Value, Failure> {
    helm.version().await?;
    let mut arguments = ["template", &hook.release, &hook.chart, "--is-upgrade"].map(str::to_owned).to_vec();
    arguments.extend(hook.version.iter().flat_map(|it| ["--version".to_owned(), it.clone()]));
    // Helm reads one document from its standard input, and these stand below the files: so they have a file while it renders.
    let previous = match hook.previous_values {
        PreviousValues::Reset => None,
        PreviousValues::Reuse | PreviousValues::ResetThenReuse => {
            Some(kept(&helm.values(&hook.release).await?).map_err(|error| none(&format!(": {error}")))?)
        }
    };
    let previous = previous.as_ref().map(|file| file.path().display().to_string());
    let files = previous.iter().chain(&hook.values);
    arguments.extend(files.flat_map(|it| ["--values".to_owned(), it.clone()]));
    if hook.set.is_some() {
        arguments.extend(["--values".to_owned(), "-".to_owned()]);
    }
    let printed = helm.render(&arguments, hook.set.as_ref()).await?;
    let found =
        objects(&printed).map_err(|wrong| none(&format!(": what the chart renders cannot be read: {wrong}")))?;
    picked(found, &hook.name)
}

/// A file of nobody else's, gone when it is dropped.
fn kept(values: &Value) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(values.to_string().as_bytes())?;
    file.flush()?;
    Ok(file)
}

/// The Job of this name among what a chart renders.
fn picked(found: Vec<Value>, name: &str) -> Result<Value, Failure> {
    let jobs: Vec<Value> = found.into_iter().filter(|it| kind_of(it) == "Job" && is_hook(it)).collect();
    let names: Vec<String> = jobs.iter().map(|it| format!("`{}`", name_of(it))).collect();
    jobs.into_iter().find(|it| name_of(it) == name).ok_or_else(|| {
        let there = if names.is_empty() { "no Job".to_owned() } else { format!("the Jobs {}", names.join(", ")) };
        none(&format!(": the chart renders no hook `{name}`; its hooks are {there}"))
    })
}

/// How long Kubernetes keeps a Job that is over, in seconds.
pub(super) const TIME_TO_LIVE: &str = "ttlSecondsAfterFinished";

/// What is sent: the Job under this name, with our mark, without what makes it a hook. Beside it its time to live, which it is not
/// made with: nothing may go away before its end is on record.
pub(super) fn made(job: Value, name: &str, namespace: &str, mark: &str) -> Result<(Value, Option<Value>), Failure> {
    let Value::Object(mut job) = job else { return Err(none(": it is no object")) };
    let kind = job.get("kind").and_then(Value::as_str).unwrap_or("Job").to_owned();
    if kind != "Job" || !job.get("spec").is_some_and(Value::is_object) {
        return Err(none(&format!(": it is a {kind} without a Job's `spec`")));
    }
    let old = job.get("metadata");
    let map = |key: &str| old.and_then(|it| it.get(key)).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut labels = map("labels");
    labels.insert(mark::LABEL.to_owned(), mark.into());
    let annotations: Map<String, Value> =
        map("annotations").into_iter().filter(|(key, _)| !key.starts_with("helm.sh/")).collect();
    job.insert("apiVersion".to_owned(), "batch/v1".into());
    job.insert("kind".to_owned(), "Job".into());
    let metadata = json!({ "name": name, "namespace": namespace, "labels": labels, "annotations": annotations });
    job.insert("metadata".to_owned(), metadata);
    job.remove("status");
    if let Some(Value::Object(spec)) = job.get_mut("spec") {
        // What the API server adds to a Job that it was read from.
        spec.remove("selector");
        if let Some(Value::Object(labels)) = spec.get_mut("template").and_then(|it| it.pointer_mut("/metadata/labels"))
        {
            for added in
                ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"]
            {
                labels.remove(added);
            }
        }
    }
    let lives = job.get_mut("spec").and_then(Value::as_object_mut).and_then(|spec| spec.remove(TIME_TO_LIVE));
    Ok((Value::Object(job), lives))
}

fn none(why: &str) -> Failure {
    catalogue::job::TEMPLATE.with("why", why).failure_in(&Context::new(Activity::Kubernetes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook() -> Value {
        json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {
                "name": "langsmith-ch-migrations", "labels": { "a": "b" },
                "annotations": { "helm.sh/hook": "pre-upgrade", "helm.sh/hook-weight": "-1", "kept": "yes" },
            },
            "spec": { "ttlSecondsAfterFinished": 1, "backoffLimit": 2, "template": { "metadata": { "labels": { "job-name": "x", "c": "d" } }, "spec": {} } },
            "status": {},
        })
    }

    #[test]
    fn a_hook_becomes_a_job_of_ours() {
        let (job, lives) = made(hook(), "houseplan-migrate", "n", "r.t.1").unwrap();
        let metadata = json!({
            "name": "houseplan-migrate", "namespace": "n", "labels": { "a": "b", "houseplan-attempt": "r.t.1" },
            "annotations": { "kept": "yes" },
        });
        assert_eq!(job["metadata"], metadata);
        let spec = json!({ "backoffLimit": 2, "template": { "metadata": { "labels": { "c": "d" } }, "spec": {} } });
        assert_eq!(job["spec"], spec);
        assert_eq!(job.get("status"), None);
        assert_eq!(lives, Some(json!(1)));
    }

    #[test]
    fn what_is_no_job_is_refused_and_a_hook_that_is_not_there_named_with_those_that_are() {
        for other in [json!([]), json!({ "kind": "Pod", "spec": {} }), json!({ "kind": "Job" })] {
            assert!(made(other, "a", "n", "m").unwrap_err().is(&catalogue::job::TEMPLATE));
        }
        assert_eq!(name_of(&picked(vec![hook()], "langsmith-ch-migrations").unwrap()), "langsmith-ch-migrations");
        let refused =
            picked(vec![hook(), json!({ "kind": "Job", "metadata": { "name": "no-hook" } })], "x").unwrap_err();
        assert!(refused.message.ends_with("its hooks are the Jobs `langsmith-ch-migrations`"), "{}", refused.message);
    }
}
