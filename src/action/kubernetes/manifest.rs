//! Manifests as Helm prints them: YAML documents, one after another.

use serde_json::Value;

use crate::document::{self, Limits, Source};

/// Every object in a text. The error is what the first one that cannot be read has wrong.
pub fn objects(text: &str) -> Result<Vec<Value>, String> {
    let mut pieces = vec![String::new()];
    for line in text.lines() {
        // Nothing else starts a line so: what a block scalar holds stands farther in.
        match line == "---" || line.starts_with("--- ") {
            true => pieces.push(String::new()),
            false => pieces.iter_mut().last().into_iter().for_each(|piece| {
                piece.push_str(line);
                piece.push('\n');
            }),
        }
    }
    let is_written = |line: &str| !line.trim().is_empty() && !line.starts_with('#');
    let written = pieces.into_iter().filter(|piece| piece.lines().any(is_written));
    let objects = written.map(object).collect::<Result<Vec<Value>, String>>()?;
    Ok(objects.into_iter().filter(|object| !object.is_null()).collect())
}

fn object(text: String) -> Result<Value, String> {
    let source =
        Source { name: "a manifest".into(), text: text.into(), secret_keys: Vec::new(), concealed: Vec::new() };
    let (_, mut value) = document::parse(source, &Limits::none()).map_err(|refused| refused.1.message.clone())?;
    as_kubernetes_reads_it(&mut value);
    Ok(value)
}

/// Kubernetes reads YAML 1.1, where `0644` is a number in octal; a plan is YAML 1.2, where it is a text. It is a number for these.
fn as_kubernetes_reads_it(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| {
            let octal = value.as_str().filter(|_| ["defaultMode", "mode"].contains(&key.as_str()));
            match octal.and_then(|text| i64::from_str_radix(text, 8).ok()) {
                Some(number) => *value = number.into(),
                None => as_kubernetes_reads_it(value),
            }
        }),
        Value::Array(items) => items.iter_mut().for_each(as_kubernetes_reads_it),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `Deployment/langsmith-queue`, with what is known of it.
pub fn kind_of(object: &Value) -> &str {
    object.get("kind").and_then(Value::as_str).unwrap_or_default()
}

/// Whether a chart makes a hook of it.
pub fn is_hook(object: &Value) -> bool {
    object.pointer("/metadata/annotations").and_then(|it| it.get("helm.sh/hook")).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_told_apart_and_empty_ones_left_out() {
        let text = "---\n# Source: a/b.yaml\nkind: Job\nmetadata: { name: a, annotations: { helm.sh/hook: pre-upgrade } }\nspec:\n  script: |\n    echo\n    --- no end\n---\n# nothing\n---\nkind: Secret\nspec: { defaultMode: 0644, mode: 0o10, port: \"8123\" }\n";
        let found = objects(text).unwrap();
        assert_eq!(found.iter().map(kind_of).collect::<Vec<_>>(), ["Job", "Secret"]);
        assert_eq!(found[0]["spec"]["script"], "echo\n--- no end\n");
        assert_eq!(found[1]["spec"]["defaultMode"], json!(420));
        assert_eq!(found[1]["spec"]["port"], "8123");
        assert!(is_hook(&found[0]) && !is_hook(&found[1]));
        assert!(objects("").unwrap().is_empty());
        objects("a: [").unwrap_err();
    }
}
