//! The language's reference as text, out of a schema's descriptions: every map, its keys, what they take and what they mean.

use std::fmt::Write as _;

use serde_json::Value;

/// What the small words below mean; no schema can say it.
const WORDS: &str = "\
After each key below is what it takes; a word with a capital letter is a map with keys of its own, described further down.

  name         small letters, digits and `_`, and a letter first
  duration     a whole number and ms, s, m, h or d, as in 6h
  expression   as in Jinja, without braces: steps.found.tables | length > 0
  template     a text in which `{{ expression }}` is replaced by its value. A text that is one `{{ expression }}` and nothing
               else keeps the value's type. In SQL a value quotes itself; `| ident` makes a name of it, `| literals` a list.

An expression sees

  inputs.NAME          the plan's inputs
  steps.NAME.OUTPUT    what a step has given, where this one needs it, directly or through others
  steps.NAME.started   and .succeeded, .skipped: what became of it; .tasks: what each of its members and items gave
  run.id               and run.started
  member.name          and .target, .shard, .replica, where a step runs on each member
  item                 where a step has `for_each`
  row, rows            in a check's `expect`
  result               in a step's `outputs`

";

/// The whole reference of one document.
pub fn reference(schema: &Value) -> String {
    let mut text = String::new();
    section(&mut text, schema, schema["title"].as_str().unwrap_or_default(), schema);
    text.push_str(WORDS);
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten().filter(|(_, it)| has_section(it)) {
        section(&mut text, schema, name, definition);
    }
    text
}

/// Whether there is something to list of it; the others are words.
fn has_section(definition: &Value) -> bool {
    definition["properties"].is_object() || definition["oneOf"].is_array()
}

fn section(text: &mut String, schema: &Value, title: &str, here: &Value) {
    _ = write!(text, "{title}\n{}\n\n", "-".repeat(title.len()));
    if let Some(description) = description(schema, here) {
        _ = write!(text, "{description}\n\n");
    }
    keys(text, schema, here, "  ");
    for option in here["oneOf"].as_array().into_iter().flatten() {
        match option["const"].as_str() {
            Some(word) => entry(text, "  ", word, description(schema, option)),
            None if let Some((tag, word)) = tag(option) => {
                entry(text, "  ", &format!("{tag}: {word}"), description(schema, option));
                keys(text, schema, option, "    ");
            }
            // One of several maps: what is said of the map is said of its key.
            None => {
                for (key, value) in option["properties"].as_object().into_iter().flatten() {
                    let said = description(schema, value).or_else(|| description(schema, option));
                    entry(text, "  ", &format!("{key}: {}", form(schema, value)), said);
                }
            }
        }
    }
    text.push('\n');
}

/// The key that tells one of several maps from the others, and its word.
fn tag(option: &Value) -> Option<(&str, &str)> {
    option["properties"].as_object()?.iter().find_map(|(key, value)| Some((key.as_str(), value["const"].as_str()?)))
}

/// The keys of a map but for its tag, each line behind `indent`.
fn keys(text: &mut String, schema: &Value, here: &Value, indent: &str) {
    let required: Vec<&str> = here["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let listed = here["properties"].as_object().into_iter().flatten().filter(|(_, value)| value["const"].is_null());
    for (key, value) in listed {
        let needed = if required.contains(&key.as_str()) { " (required)" } else { "" };
        entry(text, indent, &format!("{key}: {}{needed}", form(schema, value)), description(schema, value));
    }
}

fn entry(text: &mut String, indent: &str, head: &str, description: Option<&str>) {
    _ = writeln!(text, "{indent}{head}\n{indent}    {}", description.unwrap_or_default());
}

/// Its own description, or that of what it refers to.
fn description<'a>(schema: &'a Value, value: &'a Value) -> Option<&'a str> {
    let own = value["description"].as_str();
    own.or_else(|| definition(schema, value)?.1["description"].as_str())
}

fn definition<'a>(schema: &'a Value, value: &'a Value) -> Option<(&'a str, &'a Value)> {
    let name = value["$ref"].as_str()?.rsplit('/').next()?;
    Some((name, schema["$defs"].get(name)?))
}

/// What a value has to be, in a few words.
fn form(schema: &Value, value: &Value) -> String {
    match definition(schema, value) {
        Some((name, definition)) if has_section(definition) => return name.to_owned(),
        Some(("OneOrManyName", _)) => return "name, or a list of names".to_owned(),
        Some(("TemplateOrList", _)) => return "template, or a list of templates".to_owned(),
        Some((name @ ("Name" | "Template" | "Expression" | "Duration"), _)) => return name.to_lowercase(),
        Some((_, definition)) => return form(schema, definition),
        None => {}
    }
    if let Some(words) = value["enum"].as_array() {
        return words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ");
    }
    let several = [&value["patternProperties"], &value["additionalProperties"]].into_iter().find(|it| it.is_object());
    match (&value["type"], several) {
        (Value::String(kind), Some(items)) if kind == "object" => {
            let item = items.as_object().filter(|_| value["patternProperties"].is_object());
            let item = item.and_then(|patterns| patterns.values().next()).unwrap_or(items);
            format!("a map, each {}", form(schema, item))
        }
        (Value::String(kind), _) if kind == "array" => format!("a list, each {}", form(schema, &value["items"])),
        (Value::String(kind), _) => noun(kind).to_owned(),
        (Value::Array(kinds), _) => kinds.iter().filter_map(Value::as_str).map(noun).collect::<Vec<_>>().join(" or "),
        _ => "any value".to_owned(),
    }
}

fn noun(kind: &str) -> &str {
    match kind {
        "string" => "text",
        "integer" => "whole number",
        "boolean" => "true or false",
        "object" => "map",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::{ENVIRONMENT, PLAN, reference};

    #[test]
    fn every_key_and_every_word_is_explained() {
        for schema in [&PLAN, &ENVIRONMENT] {
            let text = reference(schema.value());
            for (line, next) in text.lines().zip(text.lines().skip(1)) {
                assert!(!line.starts_with("  ") || !line.trim().is_empty(), "nothing is said of: {next}");
                assert!(!line.contains("crate::") && !line.contains("[`"), "not for a reader: {line}");
            }
            // A heading with nothing below it.
            assert!(!text.contains("\n\n\n"), "{text}");
        }
    }

    #[test]
    fn what_a_key_takes_is_said() {
        let text = reference(PLAN.value());
        for line in [
            "  apiVersion: houseplan/v1 (required)",
            "  inputs: a map, each Input",
            "  on: name, or a list of names (required)",
            "  query: template (required)",
            "  timeout: duration",
            "  needs: a list, each name",
            "  settings: a map, each text or number or true or false",
            "  members: Count",
            "  default: any value",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
    }

    #[test]
    fn each_kind_of_a_target_has_its_own_keys() {
        let text = reference(ENVIRONMENT.value());
        let after =
            |kind: &str| text.split_once(&format!("  kind: {kind}\n")).map(|(_, rest)| rest).unwrap_or_default();
        let of_keeper = after("keeper").split("\n  kind: ").next().unwrap_or_default();
        for line in ["ClickHouse Keeper or ZooKeeper", "    host: text", "    port: whole number", "    pod: "] {
            assert!(of_keeper.contains(line), "{line}\n{text}");
        }
        assert!(!of_keeper.contains("    url: "), "{text}");
    }
}
