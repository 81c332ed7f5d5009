//! The least policy for the stores of a plan, as AWS takes it, and which step uses which right.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Value, json};

use super::known_environment;
use crate::{
    environment::model::EnvironmentDocument,
    name::Name,
    plan::{
        actions::{ActionSpec, StoreRight, StoreUse},
        binding::known_before_run,
        describe::{Files, RenderContext},
        expanded::{ExpandedPlan, ExpandedStep},
    },
    targets::s3::Keys,
    template::InputValues,
};

/// What the key of each store has to be allowed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IamPolicy {
    /// As AWS takes it.
    pub policy: Value,
    pub uses: Vec<RightOfStep>,
    /// The steps of which only the run knows the store.
    pub unknown: Vec<String>,
}

/// That a step uses a right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RightOfStep {
    pub store: Name,
    pub step: String,
    pub right: StoreRight,
    pub why: &'static str,
}

/// The policy for all stores that the plan uses, or for one of them. `inputs` are those that were given.
pub fn iam_policy(
    plan: &ExpandedPlan,
    inputs: &InputValues,
    environment: &EnvironmentDocument,
    only: Option<&Name>,
) -> IamPolicy {
    let (inputs, known, files) = (known_before_run(plan, inputs), known_environment(environment), Files::new());
    let (mut uses, mut unknown) = (Vec::new(), Vec::new());
    for (index, step) in plan.steps.iter().enumerate() {
        let context = RenderContext { plan, index, inputs: &inputs, environment: Some(&known), files: &files };
        let called = plan.called(index);
        for StoreUse { store, rights } in of_step(step, &context) {
            match store {
                Some(store) if only.is_none_or(|only| *only == store) => {
                    for (right, why) in rights {
                        let used = RightOfStep { store: store.clone(), step: called.to_string(), right, why };
                        if !uses.contains(&used) {
                            uses.push(used);
                        }
                    }
                }
                Some(_) => {}
                None => unknown.push(called.to_string()),
            }
        }
    }
    unknown.dedup();
    IamPolicy { policy: policy(&uses, environment), uses, unknown }
}

/// What its action and its checks ask of stores.
fn of_step(step: &ExpandedStep, context: &RenderContext<'_>) -> Vec<StoreUse> {
    let checks = step.preconditions.iter().chain(&step.postconditions).filter_map(|check| check.spec());
    let specs = std::iter::once(step.action.spec()).chain(checks.map(|(_, action)| action));
    specs.flat_map(|action: &dyn ActionSpec| action.uses_stores(context)).collect()
}

fn policy(uses: &[RightOfStep], environment: &EnvironmentDocument) -> Value {
    let mut rights: IndexMap<&Name, Vec<StoreRight>> = IndexMap::new();
    for used in uses {
        rights.entry(&used.store).or_default().push(used.right);
    }
    let mut statements = Vec::new();
    for (store, mut rights) in rights {
        let Some(keys) = environment.targets.get(store).and_then(|target| target.as_store()) else { continue };
        rights.sort_unstable();
        rights.dedup();
        statements.extend(of_store(store, keys, &rights));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// ListBucket is asked for without a condition on the prefix: where an object is not there a store looks for the right to list,
/// and that request has no prefix.
fn of_store(store: &Name, keys: &Keys, rights: &[StoreRight]) -> Vec<Value> {
    let Some((bucket, folder, partition)) = keys.bucket() else { return Vec::new() };
    let below = if folder.is_empty() { "*".to_owned() } else { format!("{folder}/*") };
    let arn = format!("arn:{partition}:s3:::{bucket}");
    let sid = |what: &str| format!("{what}{}", camel(store.as_str()));
    let statement = |sid: String, of_bucket: bool, resource: String| {
        let actions: Vec<&str> =
            rights.iter().filter(|it| it.is_of_bucket() == of_bucket).map(|it| it.action()).collect();
        let statement = json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource });
        (!actions.is_empty()).then_some(statement)
    };
    let bucket = statement(sid("Bucket"), true, arn.clone());
    let objects = statement(sid("Objects"), false, format!("{arn}/{below}"));
    bucket.into_iter().chain(objects).collect()
}

/// A statement's id has letters and digits only.
fn camel(name: &str) -> String {
    let word =
        |word: &str| word.chars().take(1).map(|it| it.to_ascii_uppercase()).chain(word.chars().skip(1)).collect();
    name.split('_').map(word).collect::<Vec<String>>().concat()
}
