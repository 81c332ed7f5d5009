//! From a part of a decoded text back to the bytes it was written as, in every way that YAML writes a text.

use houseplan::document::{Limits, Place, Source, parse};
use proptest::prelude::*;
use serde_json::Value;

/// Parses `yaml`, looks for `needle` in the text at `pointer`, and says what stands at the place that is found.
#[track_caller]
fn case(yaml: &str, pointer: &str, needle: &str, written: &str) {
    let source = Source { name: "x.yaml".into(), text: yaml.into(), secret_keys: Vec::new(), concealed: Vec::new() };
    let (document, value) = parse(source, &Limits::default()).expect("it is YAML");
    let text = value.pointer(pointer).and_then(Value::as_str).expect("a text stands there");
    let at = text.find(needle).expect("the text holds it");
    let span = document.span(&Place::new(0, pointer).part(at..at + needle.len()), false);
    assert_eq!(&yaml[span.clone()], written, "at {span:?} of {yaml:?}");
}

#[test]
fn plain_and_quoted() {
    case("a: one {{ two }} three\n", "/a", "{{ two }}", "{{ two }}");
    case("a: one\n  two\n\n  three {{ x }}\n", "/a", "{{ x }}", "{{ x }}");
    case("a: \"tab\\t{{ x }} \\u00e9 {{ y }}\"\n", "/a", "{{ x }}", "{{ x }}");
    case("a: \"tab\\t{{ x }} \\u00e9 {{ y }}\"\n", "/a", "{{ y }}", "{{ y }}");
    case("a: \"\\x41\\U0001F600 {{ y }}\"\n", "/a", "{{ y }}", "{{ y }}");
    case("a: \"one\n  two \\\n  three {{ y }}\"\n", "/a", "{{ y }}", "{{ y }}");
    case("a: 'it''s {{ x }}'\n", "/a", "{{ x }}", "{{ x }}");
    case("a: 'it''s\n\n  {{ x }}'\n", "/a", "{{ x }}", "{{ x }}");
}

#[test]
fn block_scalars() {
    case("a: |\n  one\n  two {{ x }}\n\n  three {{ y }}\nb: 1\n", "/a", "{{ x }}", "{{ x }}");
    case("a: |\n  one\n  two {{ x }}\n\n  three {{ y }}\nb: 1\n", "/a", "{{ y }}", "{{ y }}");
    case("a: |\n\n\n  one {{ x }}\n", "/a", "{{ x }}", "{{ x }}");
    case("a: |-\n  one\n    two {{ x }}\n", "/a", "{{ x }}", "{{ x }}");
    case("a: >-\n  one\n  two {{ x }}\n\n  three {{ y }}\n", "/a", "{{ x }}", "{{ x }}");
    case("a: >-\n  one\n  two {{ x }}\n\n  three {{ y }}\n", "/a", "{{ y }}", "{{ y }}");
    case("a: >\n  one\n    more {{ x }}\n  two {{ y }}\n", "/a", "{{ y }}", "{{ y }}");
    case("a: |2\n    one\n  two {{ x }}\n", "/a", "{{ x }}", "{{ x }}");
    case("l:\n  - a: |\n      one {{ x }}\n", "/l/0/a", "{{ x }}", "{{ x }}");
    case("a:\n            b: |\n              one\n              two {{ x }}\n", "/a/b", "{{ x }}", "{{ x }}");
}

#[test]
fn other_line_ends_and_letters() {
    case("a: |\r\n  über\r\n  zwei {{ x }}\r\nb: 1\r\n", "/a", "{{ x }}", "{{ x }}");
    case("ä: \"ö {{ ü }}\"\r\n", "/ä", "{{ ü }}", "{{ ü }}");
    case("\u{feff}a: é {{ x }}\n", "/a", "{{ x }}", "{{ x }}");
    case("a: 'x\r\n  {{ y }}'\r\n", "/a", "{{ y }}", "{{ y }}");
}

#[test]
fn flow_style_anchors_and_aliases() {
    case("a: { b: [1, 'x {{ y }}'] }\n", "/a/b/1", "{{ y }}", "{{ y }}");
    case("a: &x { b: 'q {{ y }}' }\nc: *x\n", "/c/b", "{{ y }}", "{{ y }}");
    case("a: !!str 5 {{ x }}\n", "/a", "{{ x }}", "{{ x }}");
    case("\"k\\u0061\": 'q {{ y }}'\n", "/ka", "{{ y }}", "{{ y }}");
}

#[track_caller]
fn pointed_at(yaml: &str, pointer: &str, at_key: bool, written: &str) {
    let source = Source { name: "x.yaml".into(), text: yaml.into(), secret_keys: Vec::new(), concealed: Vec::new() };
    let (document, _) = parse(source, &Limits::default()).expect("it is YAML");
    assert_eq!(&yaml[document.span(&Place::new(0, pointer), at_key)], written);
}

#[test]
fn a_map_is_pointed_at_by_its_key_and_a_word_by_itself() {
    let yaml = "steps:\n  a:\n    sql: { on: x }\n    needs:\n      - b\n  e:\n";
    pointed_at(yaml, "/steps/a", false, "a");
    pointed_at(yaml, "/steps/a/sql", false, "{ on: x }");
    pointed_at(yaml, "/steps/a/sql/on", true, "on");
    pointed_at(yaml, "/steps/a/needs/0", false, "b");
    pointed_at(yaml, "/steps/a/needs", false, "needs");
    pointed_at(yaml, "/steps/e", false, "e");
    pointed_at(yaml, "/steps/a/sql/on/0", false, "x");
    pointed_at(yaml, "/steps/a/nothing/there", false, "a");
}

proptest! {
    /// A block scalar in which every word can be found again, however it is indented.
    #[test]
    fn every_word_of_a_literal_block_is_found(
        lines in prop::collection::vec("[a-z]{1,6}( [a-z]{1,6}){0,3}", 1..6),
        blanks in prop::collection::vec(0usize..3, 6),
        indent in 1usize..12,
    ) {
        let mut yaml = "key: |\n".to_owned();
        for (number, line) in lines.iter().enumerate() {
            yaml.push_str(&"\n".repeat(blanks[number]));
            yaml.push_str(&format!("{}{line} w{number}\n", " ".repeat(indent)));
        }
        for number in 0..lines.len() {
            case(&yaml, "/key", &format!("w{number}"), &format!("w{number}"));
        }
    }
}
