//! `helm`: an upgrade of a release, by the user's own `helm`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Action, ActionSpec, Destruction, FanOut, Fill, MakesTables, Outputs, PreviousValues, Proof, Repeat, StepOf,
    StoreUse, Written,
    chart::{NamedChart, command_line},
};
use crate::{
    document::Problem,
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement, StatementKind},
        model::TargetKind,
        permission::Permission,
        quantity::HumanDuration,
        text::TemplateText,
        visit::{TargetRole, Visitor},
    },
};

/// `helm upgrade`, by the `helm` (3.13 or newer) that is found on the PATH. It never goes back by itself: no `--atomic`, for a
/// rollback starts what the old revision had running. Outputs: `release`, `namespace`, `revision`, `status`, `chart`, `before`
/// (`revision`, `status`; nothing where it was installed), `helm` (its version), `stdout`.
///
/// A newest revision that is pending is refused, unless an attempt of this same task has left it behind: that one is taken away
/// when no pod of its hooks is left. Files and a chart's folder are looked for from the folder that houseplan runs in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Helm {
    /// The Kubernetes target.
    pub on: Name,
    /// The release.
    pub upgrade: TemplateText,
    /// Where there is no such release, it is installed.
    #[serde(default)]
    pub install: bool,
    /// The release's namespace; the target's where it is left out.
    #[serde(default)]
    pub namespace: Option<TemplateText>,
    /// The chart: `repository/name`, `oci://…`, the URL of an archive, or a folder or an archive here (`./…`).
    pub chart: TemplateText,
    /// Its version, whole; a chart of a repository needs it.
    #[serde(default)]
    pub version: Option<TemplateText>,
    /// Files of values, each over those before it. They count in the digest.
    #[serde(default)]
    pub values: Vec<TemplateText>,
    /// Values over those of the files, as they nest there; each string a template. Helm reads them on its standard input, so secrets
    /// may be among them.
    #[serde(default)]
    pub set: IndexMap<String, Value>,
    /// What becomes of the values that the release was last deployed with.
    pub previous_values: PreviousValues,
    /// Waits until what the chart makes is ready.
    #[serde(default)]
    pub wait: bool,
    /// How long Helm waits for each hook, and for what is to be ready; 5m where it is left out.
    #[serde(default)]
    pub timeout: Option<HumanDuration>,
    /// What the revision is described by.
    #[serde(default)]
    pub description: Option<TemplateText>,
}

impl Helm {
    fn named_chart(&self) -> NamedChart<'_> {
        NamedChart {
            on: &self.on,
            chart: &self.chart,
            version: self.version.as_ref(),
            values: &self.values,
            set: &self.set,
        }
    }
}

impl ActionSpec for Helm {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Kubernetes, TargetRole::Subject);
        visitor.text("upgrade", &self.upgrade);
        visitor.optional_text("namespace", self.namespace.as_ref());
        self.named_chart().visit(visitor);
        visitor.optional_text("description", self.description.as_ref());
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        if self.upgrade.0.trim().is_empty() {
            problems.push(Problem::at(at.place.child("upgrade"), "no release is named"));
        }
        self.named_chart().validate(&at.place, problems);
    }

    /// The same chart with the same values ends in the same state; an attempt that is not over is never run beside.
    fn repeat(&self) -> Option<Repeat> {
        Some(Repeat::Idempotent)
    }

    fn fan_out(&self) -> FanOut {
        FanOut::One
    }

    /// What it deletes the rendered charts tell, the one before and this one; `render --check` shows it.
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
        Outputs::OfTask(&["release", "namespace", "revision", "status", "chart", "before", "helm", "stdout"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Helm(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let chart = self.named_chart();
        let on = context.on_kubernetes(&self.on, self.namespace.as_ref());
        let mut words = vec!["helm".to_owned(), "upgrade".to_owned(), context.text(&self.upgrade)];
        words.extend(chart.arguments(context));
        words.extend(self.install.then(|| "--install".to_owned()));
        words.push(self.previous_values.flag().to_owned());
        words.extend(self.wait.then(|| "--wait".to_owned()));
        words.extend(self.timeout.into_iter().flat_map(|it| ["--timeout".to_owned(), it.to_string()]));
        words.extend(self.description.iter().flat_map(|it| ["--description".to_owned(), context.text(it)]));
        let files = chart.files(context).iter().filter_map(|it| it.words(context.files)).collect();
        let command =
            ShownStatement { files, ..ShownStatement::new(StatementKind::Command, on.clone(), command_line(words)) };
        let deletes = "what the release has and the new chart and values do not render is deleted, unless the object bears the annotation helm.sh/resource-policy: keep; the hooks run before anything else is changed";
        let set = chart.set_values(&on, context);
        [Some(command), set, Some(ShownStatement::words(on, deletes))].into_iter().flatten().collect()
    }

    fn files(&self, context: &RenderContext<'_>) -> Vec<NamedFile> {
        self.named_chart().files(context)
    }

    /// Where Helm keeps its revisions, and what is looked at of hooks. What the chart's own objects need only the chart tells.
    fn uses_stores(&self, _: &RenderContext<'_>) -> Vec<StoreUse> {
        Vec::new()
    }

    fn permissions(&self, context: &RenderContext<'_>) -> Vec<Permission> {
        let on = context.scope().target(&self.on);
        let within = context.within(self.namespace.as_ref());
        let revisions = ["get", "list", "create", "update", "delete"];
        let here = |it: Permission| it.within(within.clone());
        vec![
            here(Permission::new(on, "", "secrets", &revisions)),
            here(Permission::new(on, "batch", "jobs", &["get"])),
            here(Permission::new(on, "", "pods", &["list"])),
            here(Permission::new(on, "", "pods", &["get"]).part("log")),
        ]
    }
}
