//! A chart of Helm's with its values, wherever an action names one.

use camino::Utf8Path;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::exec::{argument, is_untold};
use crate::{
    document::{Place, Problem},
    name::Name,
    plan::{
        describe::{NamedFile, NamedPath, RenderContext, ShownStatement},
        text::TemplateText,
        visit::Visitor,
    },
    template::Dialect,
};

/// What becomes of the values that the release was last deployed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreviousValues {
    /// They count no more: the chart's own, with what is given here over them.
    Reset,
    /// They stay, also where the chart's own have changed, with what is given here over them.
    Reuse,
    /// The chart's own as they are now, then those of the release, then what is given here.
    ResetThenReuse,
}

impl PreviousValues {
    /// As `helm upgrade` has it.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Reset => "--reset-values",
            Self::Reuse => "--reuse-values",
            Self::ResetThenReuse => "--reset-then-reuse-values",
        }
    }
}

/// A chart with its values, as an action names them.
#[derive(Debug, Clone, Copy)]
pub(super) struct NamedChart<'a> {
    /// The target, as the step's scope calls it.
    pub on: &'a Name,
    pub chart: &'a TemplateText,
    pub version: Option<&'a TemplateText>,
    pub values: &'a [TemplateText],
    pub set: &'a IndexMap<String, Value>,
}

impl<'a> NamedChart<'a> {
    pub fn visit(&self, visitor: &mut Visitor<'a, '_>) {
        visitor.text("chart", self.chart);
        visitor.optional_text("version", self.version);
        visitor.texts("values", self.values);
        visitor.key("set", |it| self.set.iter().for_each(|(key, value)| it.key(key, |it| it.value(value))));
    }

    pub fn validate(&self, place: &Place, problems: &mut Vec<Problem>) {
        if self.chart.0.trim().is_empty() {
            problems.push(Problem::at(place.child("chart"), "no chart is named"));
        }
        match self.version {
            None if !is_pinned_by_itself(&self.chart.0) => problems.push(Problem::at_key(
                place.child("chart"),
                "which version of it? without `version`, Helm takes the newest one of the day; a chart in a folder starts with `./`",
            )),
            Some(version) if !version.0.contains("{{") && !is_one_version(&version.0) => problems.push(Problem::at(
                place.child("version"),
                "this may be more than one version; write the whole one, as in `0.14.0`",
            )),
            _ => {}
        }
        for key in self.set.keys().filter(|key| key.contains('.')) {
            let nested = key.replace('.', ": { ");
            problems.push(Problem::at_key(
                place.child("set").child(key),
                format!("a key of its own, with dots in its name; write it as it nests, `{nested}: …`"),
            ));
        }
    }

    /// What Helm is told of the chart and its values.
    pub fn arguments(&self, context: &RenderContext<'_>) -> Vec<String> {
        let mut arguments = vec![context.text(self.chart)];
        arguments.extend(self.version.into_iter().flat_map(|it| ["--version".to_owned(), context.text(it)]));
        arguments.extend(self.values.iter().flat_map(|it| ["--values".to_owned(), context.text(it)]));
        if !self.set.is_empty() {
            arguments.extend(["--values".to_owned(), "-".to_owned()]);
        }
        arguments
    }

    /// What it is told by `set`, on its standard input.
    pub fn set_values(&self, on: &str, context: &RenderContext<'_>) -> Option<ShownStatement> {
        let shown: Value = self.set.iter().map(|(key, value)| (key.clone(), symbolic(value, context))).collect();
        let text = || format!("given to helm on its standard input, over the values of the files: {shown}");
        (!self.set.is_empty()).then(|| ShownStatement::words(on, text()))
    }

    /// The files of values, and a chart that lies on this machine.
    pub fn files(&self, context: &RenderContext<'_>) -> Vec<NamedFile> {
        let target = context.scope().target(self.on).clone();
        let named = |text: String| match is_untold(&text) {
            true => Some(NamedFile::OnlyInRun(text)),
            false => (!text.starts_with('/') && !text.contains("://")).then(|| {
                let path = Utf8Path::new(&text).components().filter(|it| it.as_str() != ".").collect();
                NamedFile::Path(NamedPath { target: target.clone(), path, program: false })
            }),
        };
        let chart = context.text(self.chart);
        let of_chart = is_on_this_machine(&chart).then_some(chart);
        self.values.iter().map(|it| context.text(it)).chain(of_chart).filter_map(named).collect()
    }
}

/// A value with every string in it as far as it is known before a run.
pub(super) fn symbolic(value: &Value, context: &RenderContext<'_>) -> Value {
    match value {
        Value::String(text) => Value::String(context.symbolic(text, Dialect::Text)),
        Value::Array(items) => items.iter().map(|item| symbolic(item, context)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), symbolic(value, context))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A command as a shell would have it; no shell is used.
pub(super) fn command_line(words: impl IntoIterator<Item = String>) -> String {
    words.into_iter().map(|it| argument(&it)).collect::<Vec<_>>().join(" ")
}

/// Whether a chart is a folder or an archive of this machine, by how it is written.
pub fn is_on_this_machine(chart: &str) -> bool {
    chart.starts_with(['.', '/']) || (chart.ends_with(".tgz") && !chart.contains("://"))
}

/// Whether nothing else can come of it on another day: a path, or the address of an archive.
fn is_pinned_by_itself(chart: &str) -> bool {
    is_on_this_machine(chart) || (chart.starts_with("http") && chart.contains("://"))
}

/// Whether it is one version, as SemVer has it, and no range of them.
pub fn is_one_version(version: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    let is_number = |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let rest = |c: char| c.is_ascii_alphanumeric() || "-+.".contains(c);
    numbers.len() == 3 && numbers.iter().all(is_number) && version.chars().all(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_version_is_told_from_a_range() {
        for one in ["0.14.0", "v1.2.3", "0.17.0-rc.12", "1.0.0+build.5"] {
            assert!(is_one_version(one), "{one}");
        }
        for other in ["", "0.14", "~0.14.0", "^1.0.0", ">=1.0.0", "1.x.0", "1.0.0 || 2.0.0", "1.0.*", "1..0", "latest"]
        {
            assert!(!is_one_version(other), "{other}");
        }
    }

    #[test]
    fn a_chart_on_this_machine_is_told_from_one_of_a_repository() {
        for local in ["./charts/a", "../a", "/srv/a", "a-0.1.0.tgz"] {
            assert!(is_on_this_machine(local), "{local}");
        }
        for other in ["langchain/langsmith", "oci://r.example/a", "https://charts.example/a-0.1.0.tgz"] {
            assert!(!is_on_this_machine(other), "{other}");
        }
        assert!(is_pinned_by_itself("https://charts.example/a-0.1.0.tgz") && !is_pinned_by_itself("oci://r.example/a"));
    }
}
