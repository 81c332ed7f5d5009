//! Whether a pod is given a Secret, and through what.

use serde_json::Value;

use crate::action::workload::text_at;

/// What gives the Secret to the pods of this spec: a variable, all of it as variables, files; `None` where nothing does.
pub(super) fn given_through(spec: &Value, secret: &str) -> Option<String> {
    let containers = ["containers", "initContainers", "ephemeralContainers"].into_iter();
    let mut containers = containers.filter_map(|key| spec.get(key)?.as_array()).flatten();
    containers.find_map(|container| through_variables(container, secret)).or_else(|| through_files(spec, secret))
}

fn through_variables(container: &Value, secret: &str) -> Option<String> {
    let items = |key: &str| container.get(key).and_then(Value::as_array).into_iter().flatten();
    let one = items("env").find(|it| text_at(it, "/valueFrom/secretKeyRef/name") == Some(secret));
    if let Some(variable) = one {
        return Some(format!("env {}", text_at(variable, "/name").unwrap_or_default()));
    }
    items("envFrom").any(|it| text_at(it, "/secretRef/name") == Some(secret)).then(|| "envFrom".to_owned())
}

fn through_files(spec: &Value, secret: &str) -> Option<String> {
    let volumes = spec.get("volumes").and_then(Value::as_array).into_iter().flatten();
    let is_given = |volume: &&Value| {
        let projected = volume.pointer("/projected/sources").and_then(Value::as_array).into_iter().flatten();
        text_at(volume, "/secret/secretName") == Some(secret)
            || projected.into_iter().any(|it| text_at(it, "/secret/name") == Some(secret))
    };
    let volume = volumes.into_iter().find(is_given)?;
    Some(format!("volume {}", text_at(volume, "/name").unwrap_or_default()))
}

/// The spec of the pods that a workload makes.
pub(super) fn pod_spec(object: &Value, kind: &str) -> Value {
    let pointer = match kind {
        "Pod" => "/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    object.pointer(pointer).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn case(spec: Value, expected: Option<&str>) {
        assert_eq!(given_through(&spec, "ch").as_deref(), expected, "{spec}");
    }

    #[test]
    fn a_secret_is_found_wherever_a_pod_is_given_it() {
        let variable = json!([{ "name": "PASSWORD", "valueFrom": { "secretKeyRef": { "name": "ch", "key": "p" } } }]);
        case(json!({ "containers": [{ "env": [] }, { "env": variable }] }), Some("env PASSWORD"));
        case(json!({ "containers": [{}], "initContainers": [{ "env": variable }] }), Some("env PASSWORD"));
        case(json!({ "containers": [{}], "ephemeralContainers": [{ "env": variable }] }), Some("env PASSWORD"));
        case(json!({ "containers": [{ "envFrom": [{ "secretRef": { "name": "ch" } }] }] }), Some("envFrom"));
        case(json!({ "volumes": [{ "name": "v", "secret": { "secretName": "ch" } }] }), Some("volume v"));
        let projected = json!({ "sources": [{ "configMap": { "name": "ch" } }, { "secret": { "name": "ch" } }] });
        case(json!({ "volumes": [{ "name": "p", "projected": projected }] }), Some("volume p"));
        case(json!({ "containers": [{ "envFrom": [{ "configMapRef": { "name": "ch" } }] }] }), None);
        case(json!({ "containers": [{ "envFrom": [{ "secretRef": { "name": "ch2" } }] }] }), None);
    }
}
