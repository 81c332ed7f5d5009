//! `exec`: a local process.

use camino::Utf8Path;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionSpec, Destruction, Effect, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, Written,
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
    template::{self, Dialect},
};

/// A local process. houseplan finds one that outlives it by `HOUSEPLAN_TASK` in its environment; one that drops its environment
/// (`env -i`, sudo) cannot be found, so it has to be harmless beside itself, or `effect: once`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exec {
    /// A `local` target, or `local` itself.
    pub on: Name,
    /// The program and its arguments, each a template. Files that are named there by their path from the folder it runs in count in
    /// the digest.
    pub command: Vec<TemplateText>,
    /// Environment variables for the process, besides houseplan's own.
    #[serde(default)]
    pub env: IndexMap<String, TemplateText>,
    /// The folder it runs in; the one that houseplan runs in where it is left out.
    #[serde(default)]
    pub directory: Option<TemplateText>,
    /// What repeating it would do; `once` where it is left out.
    #[serde(default)]
    pub effect: Option<Effect>,
}

impl Exec {
    /// What repeating it would do.
    pub fn effect(&self) -> Effect {
        self.effect.unwrap_or(Effect::Once)
    }
}

impl ActionSpec for Exec {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Local, TargetRole::Subject);
        visitor.texts("command", &self.command);
        visitor.key("env", |it| self.env.iter().for_each(|(name, value)| it.text(name, value)));
        visitor.optional_text("directory", self.directory.as_ref());
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        if self.command.is_empty() {
            let message = "an empty command; name at least the program";
            problems.push(Problem::at(at.place.child("command"), message));
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
        Outputs::OfTask(&["stdout", "code"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Exec(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let directory = self.directory.as_ref().map_or_else(String::new, |it| format!(" in {}", context.text(it)));
        let variables = self.env.iter().map(|(name, value)| format!("{name}={}", argument(&context.text(value))));
        let command =
            variables.chain(self.command.iter().map(|it| argument(&context.text(it)))).collect::<Vec<_>>().join(" ");
        let files = named_files(self, context).iter().filter_map(|it| it.words(context.files)).collect();
        let on = format!("{}{directory}", context.on(&self.on));
        vec![ShownStatement { files, ..ShownStatement::new(StatementKind::Command, on, command) }]
    }

    fn files(&self, context: &RenderContext<'_>) -> Vec<NamedFile> {
        named_files(self, context)
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}

/// An argument as a shell would have it, so that a reader sees where each ends; no shell is used.
pub(super) fn argument(text: &str) -> String {
    let plain = |it: char| it.is_alphanumeric() || "-_./:=,@%+".contains(it);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// What a command names.
fn named_files(exec: &Exec, context: &RenderContext<'_>) -> Vec<NamedFile> {
    let folder = exec.directory.as_ref().map(|it| context.text(it)).unwrap_or_default();
    if is_untold(&folder) {
        return vec![NamedFile::OnlyInRun(folder)];
    }
    let target = context.scope().target(&exec.on);
    let of_argument = |(index, text): (usize, String)| {
        let program = index == 0;
        let value = if program { &text } else { text.split_once('=').map_or(text.as_str(), |(_, value)| value) };
        if is_untold(value) {
            let likely = program || value.starts_with("{{") || value.contains('/');
            return likely.then(|| NamedFile::OnlyInRun(value.to_owned()));
        }
        let relative = !value.is_empty() && !value.starts_with(['/', '-']) && !value.contains("{{");
        (relative && (!program || value.contains('/'))).then(|| {
            let path = Utf8Path::new(&folder).join(value).components().collect();
            NamedFile::Path(NamedPath { target: target.clone(), path, program })
        })
    };
    exec.command.iter().map(|it| context.text(it)).enumerate().filter_map(of_argument).collect()
}

/// Whether it holds what a step or an item tells. A file whose name has the run's own id in it is not there before the run.
fn is_untold(text: &str) -> bool {
    let known = |template: template::Template| template.references().iter().all(|it| it.namespace() == "run");
    text.contains("{{") && !template::Template::parse(text, Dialect::Text).is_ok_and(known)
}
