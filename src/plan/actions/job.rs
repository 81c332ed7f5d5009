//! `job`: a Job of Kubernetes, from a text, a file or a hook of a chart, to its end.

use camino::Utf8Path;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Action, ActionSpec, Destruction, Effect, FanOut, Fill, MakesTables, Outputs, PreviousValues, Proof, Repeat, StepOf,
    StoreUse, Written,
    chart::{NamedChart, command_line},
    exec::is_untold,
    spec::exactly_one,
};
use crate::{
    document::Problem,
    name::Name,
    plan::{
        describe::{NamedFile, NamedPath, RenderContext, ShownStatement, StatementKind},
        model::TargetKind,
        permission::Permission,
        text::TemplateText,
        visit::{TargetRole, Visitor},
    },
};

/// Makes a Job of Kubernetes, shows what its pods print, and waits until it is complete or has failed. What the **first** pod that
/// failed has printed is shown as the cause: later ones often only say that an earlier one failed. The step's `timeout` is how long
/// it may take. Outputs: `name`, `namespace`, `uid`, `log` (of the pod that succeeded, its end), `deleted`.
///
/// A Job of this name that an attempt of this task has not made is refused.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The Kubernetes target.
    pub on: Name,
    /// Its namespace; the target's where it is left out.
    #[serde(default)]
    pub namespace: Option<TemplateText>,
    /// What it is called, whatever the template calls it.
    pub name: TemplateText,
    /// The Job as Kubernetes has it (`spec:` …), each string in it a template. Values of secrets do not belong in it: name the
    /// Secret of Kubernetes, with `valueFrom`.
    #[serde(default)]
    pub template: Option<Value>,
    /// A file with it. It counts in the digest.
    #[serde(default)]
    pub file: Option<TemplateText>,
    /// A hook of a chart that is a Job, rendered by `helm template`, without what makes it a hook.
    #[serde(default)]
    pub from_hook: Option<ChartHook>,
    /// What a repeat of what it does would do; `once` where it is left out: a Job that has failed is then for a person to judge.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// When it is deleted, with its pods. With `never` it stays as long as `ttlSecondsAfterFinished` of the template says; that counts
    /// from when its end is on record.
    #[serde(default)]
    pub delete: DeleteJob,
}

/// A Job that is a hook of a chart.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartHook {
    /// The hook's name, as the chart renders it.
    pub hook: TemplateText,
    /// The release that it is rendered for.
    pub release: TemplateText,
    /// The chart, as `helm` names it.
    pub chart: TemplateText,
    /// Its version, whole; a chart of a repository needs it.
    #[serde(default)]
    pub version: Option<TemplateText>,
    /// Files of values, each over those before it. They count in the digest.
    #[serde(default)]
    pub values: Vec<TemplateText>,
    /// Values over those of the files, as they nest there; each string a template.
    #[serde(default)]
    pub set: IndexMap<String, Value>,
    /// What becomes of the values that the release was last deployed with: `reset`, or `reuse` (under those of the files).
    pub previous_values: PreviousValues,
}

/// When a Job is deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeleteJob {
    /// When it is complete; one that has failed stays to be looked at.
    #[default]
    Success,
    /// When it is complete, and when it has failed.
    Always,
    Never,
}

impl Job {
    /// What repeating it would do.
    pub fn effect(&self) -> Effect {
        self.effect.unwrap_or(Effect::Once)
    }
}

impl ChartHook {
    fn named_chart<'a>(&'a self, on: &'a Name) -> NamedChart<'a> {
        NamedChart { on, chart: &self.chart, version: self.version.as_ref(), values: &self.values, set: &self.set }
    }
}

impl ActionSpec for Job {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Kubernetes, TargetRole::Subject);
        visitor.optional_text("namespace", self.namespace.as_ref());
        visitor.text("name", &self.name);
        if let Some(template) = &self.template {
            visitor.key("template", |it| it.value(template));
        }
        visitor.optional_text("file", self.file.as_ref());
        if let Some(hook) = &self.from_hook {
            visitor.key("from_hook", |it| {
                it.text("hook", &hook.hook);
                it.text("release", &hook.release);
                hook.named_chart(&self.on).visit(it);
            });
        }
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        let keys = [
            ("template", self.template.is_some()),
            ("file", self.file.is_some()),
            ("from_hook", self.from_hook.is_some()),
        ];
        exactly_one("a job", &keys, &at.place, problems);
        if let Some(template) = &self.template
            && template.pointer("/spec/template/spec/containers").and_then(Value::as_array).is_none()
        {
            let message = "this is no Job: it has no `spec: { template: { spec: { containers: […] } } }`";
            problems.push(Problem::at_key(at.place.child("template"), message));
        }
        if self.effect == Some(Effect::Read) {
            let message = "a Job is made, so it is `once` or `idempotent`";
            problems.push(Problem::at(at.place.child("effect"), message));
        }
        if let Some(hook) = &self.from_hook {
            let place = at.place.child("from_hook");
            hook.named_chart(&self.on).validate(&place, problems);
            if hook.previous_values == PreviousValues::ResetThenReuse {
                let message = "`helm template` cannot do that; take `reset` or `reuse`";
                problems.push(Problem::at(place.child("previous_values"), message));
            }
        }
    }

    fn repeat(&self) -> Option<Repeat> {
        Some(self.effect().into())
    }

    fn fan_out(&self) -> FanOut {
        FanOut::One
    }

    fn destroys(&self) -> Vec<Destruction<'_>> {
        Vec::new()
    }

    fn makes_tables(&self) -> MakesTables<'_> {
        MakesTables::Unknown
    }

    fn fills(&self) -> Option<Fill<'_>> {
        None
    }

    fn databases(&self) -> Vec<(&Name, &TemplateText)> {
        Vec::new()
    }

    fn proves(&self) -> Proof<'_> {
        Proof::Nothing
    }

    fn expects(&self) -> Option<&'static str> {
        None
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfTask(&["name", "namespace", "uid", "log", "deleted"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Job(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let on = context.on_kubernetes(&self.on, self.namespace.as_ref());
        let deleted = match self.delete {
            DeleteJob::Success => "deleted when it is complete",
            DeleteJob::Always => "deleted when it has ended",
            DeleteJob::Never => "not deleted",
        };
        let name = context.text(&self.name);
        let made = |from: String| ShownStatement::words(on.clone(), format!("Job {name}, {deleted}: {from}"));
        let files: Vec<String> = self.files(context).iter().filter_map(|it| it.words(context.files)).collect();
        match (&self.template, &self.file, &self.from_hook) {
            (Some(template), _, _) => vec![made(super::chart::symbolic(template, context).to_string())],
            (_, Some(file), _) => {
                vec![ShownStatement { files, ..made(format!("as {} has it", context.text(file))) }]
            }
            (_, _, Some(hook)) => {
                let chart = hook.named_chart(&self.on);
                let mut words = ["helm", "template"].map(str::to_owned).to_vec();
                words.push(context.text(&hook.release));
                words.extend(chart.arguments(context));
                words.push("--is-upgrade".to_owned());
                let render = ShownStatement::new(StatementKind::Command, on.clone(), command_line(words));
                let values = match hook.previous_values {
                    PreviousValues::Reset => "",
                    _ => ", under them the values that the release was last deployed with",
                };
                let job = made(format!("the hook {} of that chart{values}", context.text(&hook.hook)));
                let set = chart.set_values(&on, context);
                [Some(ShownStatement { files, ..render }), set, Some(job)].into_iter().flatten().collect()
            }
            (None, None, None) => Vec::new(),
        }
    }

    fn files(&self, context: &RenderContext<'_>) -> Vec<NamedFile> {
        let file = self.file.iter().map(|it| context.text(it)).map(|text| match is_untold(&text) {
            true => NamedFile::OnlyInRun(text),
            false => NamedFile::Path(NamedPath {
                target: context.scope().target(&self.on).clone(),
                path: Utf8Path::new(&text).components().filter(|it| it.as_str() != ".").collect(),
                program: false,
            }),
        });
        let of_hook = self.from_hook.iter().flat_map(|hook| hook.named_chart(&self.on).files(context));
        file.chain(of_hook).collect()
    }

    fn uses_stores(&self, _: &RenderContext<'_>) -> Vec<StoreUse> {
        Vec::new()
    }

    fn permissions(&self, context: &RenderContext<'_>) -> Vec<Permission> {
        let on = context.scope().target(&self.on);
        let within = context.within(self.namespace.as_ref());
        let here = |it: Permission| it.within(within.clone());
        let mut needed = vec![
            here(Permission::new(on, "batch", "jobs", &["create"])),
            here(Permission::new(on, "batch", "jobs", &["get", "delete", "patch"]).named(context.text(&self.name))),
            here(Permission::new(on, "", "pods", &["list"])),
            here(Permission::new(on, "", "pods", &["get"]).part("log")),
        ];
        let reuses = |hook: &ChartHook| hook.previous_values != PreviousValues::Reset;
        if self.from_hook.as_ref().is_some_and(reuses) {
            needed.push(here(Permission::new(on, "", "secrets", &["get", "list"])));
        }
        needed
    }
}
