//! A JSON Schema run over a document's value, and its errors in the words of a person.
//!
//! Messages never hold a value from the document: it may be a secret.

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use serde_json::Value;

use super::{
    invalid::Problem,
    place::Place,
    suggest::{one_of, suggestion},
};

/// A schema, ready to be run.
pub struct DocumentSchema {
    value: Value,
    validator: Validator,
    choices: Vec<Choice>,
    tagged: Vec<Tagged>,
    patterns: Vec<(&'static str, &'static str)>,
}

/// Maps that have exactly one of some keys: what such a map is called, and the keys.
struct Choice {
    noun: &'static str,
    keys: &'static [&'static str],
}

/// Maps of which one key, the tag, says which others they take.
#[derive(Debug, Clone, Copy)]
struct Tagged {
    noun: &'static str,
    tag: &'static str,
}

/// What a schema found: problems, and whether something is wrong that an unknown key alone does not explain.
#[derive(Debug, Default)]
pub struct SchemaProblems {
    pub problems: Vec<Problem>,
    /// The pointers of what is wrong; who takes these out has a value that fits the types, or comes near.
    pub wrong: Vec<String>,
}

impl DocumentSchema {
    /// # Panics
    ///
    /// On a schema that is none; ours are made from types, and a test makes them all.
    pub fn new(value: Value) -> Self {
        let validator = jsonschema::draft202012::new(&value).expect("a schema made from our types is valid");
        Self { value, validator, choices: Vec::new(), tagged: Vec::new(), patterns: Vec::new() }
    }

    /// Says what a map with a `oneOf` over these keys is called.
    #[must_use]
    pub fn with_choices(mut self, noun: &'static str, keys: &'static [&'static str]) -> Self {
        self.choices.push(Choice { noun, keys });
        self
    }

    /// Says what a map is called whose `tag` says which of a `oneOf` it is.
    #[must_use]
    pub fn with_tagged(mut self, noun: &'static str, tag: &'static str) -> Self {
        self.tagged.push(Tagged { noun, tag });
        self
    }

    /// Says in words what a text is that has to match this pattern: `a duration such as 6h`.
    #[must_use]
    pub fn with_pattern(mut self, pattern: &'static str, words: &'static str) -> Self {
        self.patterns.push((pattern, words));
        self
    }

    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Everything that is wrong with `value`, a document of the file with this number.
    pub fn check(&self, value: &Value, file: usize) -> SchemaProblems {
        let mut found = SchemaProblems::default();
        if self.validator.is_valid(value) {
            return found;
        }
        for error in self.validator.iter_errors(value) {
            self.explain(&error, file, None, &mut found);
        }
        found
    }

    /// `of` is what the map is, where a tag in it says that: `a target of kind `s3``.
    fn explain(&self, error: &ValidationError<'_>, file: usize, of: Option<&str>, found: &mut SchemaProblems) {
        let place = Place::new(file, error.instance_path().as_str());
        let here = self.around(error);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for key in unexpected {
                    let child = place.child(key);
                    found.wrong.push(child.pointer.clone());
                    found.problems.push(Problem::at_key(child, unknown_key(key, here, of)));
                }
            }
            ValidationErrorKind::OneOfNotValid { context } if let Some(tagged) = self.tagged_by(here) => {
                self.explain_tagged(error, tagged, context, file, found);
            }
            ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::OneOfMultipleValid { .. } => {
                self.explain_choice(error, place, here, found);
            }
            ValidationErrorKind::Required { property } => {
                let property = property.as_str().unwrap_or_default();
                found.wrong.push(place.pointer.clone());
                let message = match of {
                    Some(what) => format!("{what} needs `{property}`"),
                    None => format!("`{property}` is missing here"),
                };
                found.problems.push(Problem::at_key(place, message));
            }
            kind => {
                found.wrong.push(place.pointer.clone());
                found.problems.push(Problem::at(place, self.in_words(kind, here, error.instance())));
            }
        }
    }

    /// The tag by which the options of a `oneOf` are told apart, if they are.
    fn tagged_by(&self, here: &Value) -> Option<Tagged> {
        let options = here["oneOf"].as_array()?;
        let has = |tagged: &&Tagged| options.iter().all(|option| option["properties"][tagged.tag]["const"].is_string());
        self.tagged.iter().find(has).copied()
    }

    /// What is wrong with the one that the tag names; or with the tag.
    fn explain_tagged(
        &self,
        error: &ValidationError<'_>,
        Tagged { noun, tag }: Tagged,
        context: &[Vec<ValidationError<'static>>],
        file: usize,
        found: &mut SchemaProblems,
    ) {
        let place = Place::new(file, error.instance_path().as_str());
        let instance = error.instance();
        if !instance.is_object() {
            found.wrong.push(place.pointer.clone());
            found.problems.push(Problem::at(place, format!("expected a map, found {}", a_value(instance))));
            return;
        }
        let options = self.around(error)["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        let constants: Vec<&str> =
            options.iter().filter_map(|option| option["properties"][tag]["const"].as_str()).collect();
        let meant = instance.get(tag).and_then(Value::as_str);
        match (meant.and_then(|meant| constants.iter().position(|it| *it == meant)), instance.get(tag)) {
            (Some(index), _) => {
                let of = format!("a {noun} of {tag} `{}`", constants[index]);
                // What lies deeper is not the map itself.
                for inner in &context[index] {
                    let is_itself = inner.instance_path().as_str() == error.instance_path().as_str();
                    self.explain(inner, file, is_itself.then_some(of.as_str()), found);
                }
            }
            (None, Some(written)) => {
                found.wrong.push(place.child(tag).pointer);
                found.problems.push(Problem::at(place.child(tag), not_among(written, &constants)));
            }
            (None, None) => {
                found.wrong.push(place.pointer.clone());
                let message = format!("`{tag}` is missing here: {}", one_of(constants.iter().copied()));
                found.problems.push(Problem::at_key(place, message));
            }
        }
    }

    /// The schema that the failing keyword stands in.
    fn around(&self, error: &ValidationError<'_>) -> &Value {
        let path = error.schema_path().as_str();
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        self.value.pointer(parent).unwrap_or(&Value::Null)
    }

    fn explain_choice(&self, error: &ValidationError<'_>, place: Place, here: &Value, found: &mut SchemaProblems) {
        let options = here["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        let listed = options.iter().filter_map(|option| option["enum"].as_array()).flatten();
        let constants: Vec<&str> =
            listed.chain(options.iter().map(|option| &option["const"])).filter_map(Value::as_str).collect();
        if !constants.is_empty() {
            found.wrong.push(place.pointer.clone());
            found.problems.push(Problem::at(place, not_among(error.instance(), &constants)));
            return;
        }
        let keys: Vec<&str> = options.iter().filter_map(|option| option["required"][0].as_str()).collect();
        let present: Vec<&str> = keys.iter().copied().filter(|key| error.instance().get(key).is_some()).collect();
        let choice = self.choices.iter().find(|choice| choice.keys == keys);
        match (choice, present.as_slice(), error.instance().as_ref()) {
            (Some(choice), [first, second, ..], _) => {
                found.wrong.extend(present.iter().map(|key| place.child(key).pointer));
                found.problems.push(Problem::at_key(
                    place.child(second),
                    format!("a {} does one thing: `{first}` and `{second}` are both here", choice.noun),
                ));
            }
            (Some(choice), [], Value::Object(map)) => {
                let known = here["properties"].as_object();
                let unknown = map.keys().filter(|key| known.is_none_or(|known| !known.contains_key(*key)));
                // A misspelt action is reported as an unknown key, once.
                if unknown.into_iter().all(|key| suggestion(key, keys.iter().copied()).is_empty()) {
                    let some =
                        keys.iter().copied().take(6).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
                    let message = format!("this {} does nothing; give it an action: {some}, …", choice.noun);
                    found.problems.push(Problem::at_key(place, message));
                }
            }
            _ => {
                let shapes: Vec<String> = keys.iter().map(|key| format!("{{ {key}: … }}")).collect();
                found.wrong.push(place.pointer.clone());
                found.problems.push(Problem::at(
                    place,
                    format!("expected {}, found {}", shapes.join(" or "), a_value(error.instance())),
                ));
            }
        }
    }

    fn in_words(&self, kind: &ValidationErrorKind, here: &Value, instance: &Value) -> String {
        match kind {
            ValidationErrorKind::Type { .. } => {
                let quote = match (self.expected(here), instance) {
                    (expected, Value::Bool(_) | Value::Number(_)) if expected.contains("a text") => "; quote it",
                    _ => "",
                };
                format!("expected {}, found {}{quote}", self.expected(here), a_value(instance))
            }
            ValidationErrorKind::Pattern { .. } => format!("expected {}", self.expected(here)),
            ValidationErrorKind::Enum { options } => {
                let options: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                not_among(instance, &options)
            }
            ValidationErrorKind::Minimum { limit } => format!("expected {limit} or more"),
            ValidationErrorKind::Maximum { limit } => format!("expected {limit} or less"),
            ValidationErrorKind::MinItems { limit: 1 } => "an empty list; name at least one".to_owned(),
            ValidationErrorKind::MinItems { limit } => format!("expected {limit} items or more"),
            other => format!("does not fit the schema (`{}`)", other.keyword()),
        }
    }

    /// What a schema takes, in words.
    fn expected(&self, schema: &Value) -> String {
        let words = schema["pattern"].as_str().and_then(|pattern| self.patterns.iter().find(|(it, _)| *it == pattern));
        match words {
            Some((_, words)) if schema["type"].is_array() => {
                let plain = words.split(':').next().unwrap_or_default();
                format!("{plain}, or a list of {}s", plain.strip_prefix("a ").unwrap_or(plain))
            }
            Some((_, words)) => (*words).to_owned(),
            None => of_type(schema),
        }
    }
}

fn unknown_key(key: &str, here: &Value, of: Option<&str>) -> String {
    if key.contains(' ') {
        // `{ on: source, query: SELECT a, b FROM t }`
        return "unknown key; a comma ends a value inside `{ }`: put the text in quotes, or on a line of its own"
            .to_owned();
    }
    match here["properties"].as_object() {
        Some(known) => {
            let near = suggestion(key, known.keys().map(String::as_str));
            // Not the tag: it says which map it is.
            let takes = known.iter().filter(|(_, schema)| schema["const"].is_null()).map(|(key, _)| key.as_str());
            let takes = one_of(takes);
            match near.is_empty() {
                true if let Some(what) = of => format!("{what} takes no `{key}`; it takes {takes}"),
                true if known.len() <= 8 => {
                    format!("unknown key; it takes {takes}")
                }
                _ => format!("unknown key{near}"),
            }
        }
        None => "not a name: small letters, digits and `_`, and a letter first".to_owned(),
    }
}

fn not_among(instance: &Value, options: &[&str]) -> String {
    match instance.as_str() {
        Some(text) => {
            let near = suggestion(text, options.iter().copied());
            let near = if options.len() == 1 { "" } else { &near };
            format!("expected {}{near}", one_of(options.iter().copied()))
        }
        None => format!("expected {}, found {}", one_of(options.iter().copied()), a_value(instance)),
    }
}

/// What a schema's types are, in words.
fn of_type(schema: &Value) -> String {
    let noun = |name: &Value| match name.as_str() {
        Some("string") => "a text",
        Some("object") => "a map",
        Some("array") => "a list",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        _ => "something else",
    };
    match &schema["type"] {
        Value::Array(names) => names.iter().map(noun).collect::<Vec<_>>().join(" or "),
        name => noun(name).to_owned(),
    }
}

/// What stands there, without showing it.
fn a_value(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
