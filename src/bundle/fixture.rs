//! Plans for tests, from text: through the real loader and the real expander, so that no test rests on a plan which a run would
//! refuse.

use serde_json::Value;

use super::{Bundle, Library, Role, SavedFile, TargetNames, expand, library::SHIPPED};
use crate::{document::Limits, plan::expanded::ExpandedPlan};

/// The documents, as a run would load them. A plan may include shipped plans.
///
/// # Panics
///
/// With the whole report where they are not valid.
#[track_caller]
pub(crate) fn bundle(plan: &str, environment: Option<&str>) -> Bundle {
    let file = |role, origin: String, text: &str| SavedFile { role, origin, text: text.to_owned() };
    // A plan is called as its file.
    let origin = value(plan)["metadata"]["name"].as_str().map(|name| format!("{name}.yaml"));
    let mut saved = vec![file(Role::Plan, origin.expect("a plan with a name"), plan)];
    saved.extend(environment.map(|text| file(Role::Environment, "environment.yaml".to_owned(), text)));
    let shipped = Library::plans().into_iter();
    saved.extend(shipped.map(|plan| file(Role::Included, format!("{SHIPPED}{}", plan.name), plan.text)));
    let loaded = Bundle::from_saved(saved, &TargetNames::new(), &Limits::default());
    loaded.unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

/// The plan, flat, with these steps for each of its procedures, where the environment has all of its targets.
#[track_caller]
pub(crate) fn expanded(plan: &str, procedures: &[(&str, &str)]) -> ExpandedPlan {
    let document = value(plan);
    let wanted = document["targets"].as_object().into_iter().flatten();
    let targets = wanted.map(|(name, target)| target_of(name, target));
    let environment = format!(
        "apiVersion: houseplan/v1\nkind: Environment\nmetadata: {{ name: here }}\ntargets:\n{}{}",
        targets.collect::<String>(),
        self::procedures(procedures),
    );
    expand(&bundle(plan, Some(&environment))).expect("a plan that expands")
}

/// The key `procedures` of an environment that has these steps for each.
pub(crate) fn procedures(procedures: &[(&str, &str)]) -> String {
    let one = |(name, steps): &(&str, &str)| {
        let steps = steps.lines().map(|line| format!("      {line}\n"));
        format!("  {name}:\n    steps:\n{}", steps.collect::<String>())
    };
    let all: String = procedures.iter().map(one).collect();
    if all.is_empty() { all } else { format!("procedures:\n{all}") }
}

/// A target of the environment as this one of the plan wants it.
fn target_of(name: &str, wanted: &Value) -> String {
    let keys = match wanted["kind"].as_str() {
        Some("clickhouse") => {
            let least = wanted["members"]["min"].as_u64().or(wanted["members"].as_u64()).unwrap_or(1);
            let member = |number| format!("r{number}: {{ url: \"http://{name}{number}:8123\", shard: 1 }}");
            let members: Vec<String> = (1..=least).map(member).collect();
            format!("members: {{ {} }}", members.join(", "))
        }
        Some("keeper") => format!("host: {name}"),
        _ => format!("url: \"http://{name}/bucket\""),
    };
    format!("  {name}: {{ kind: {}, {keys} }}\n", wanted["kind"].as_str().unwrap_or_default())
}

fn value(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).expect("YAML")
}
