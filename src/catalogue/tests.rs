//! That every entry is whole and used, and that no code in the sources is without one.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;
use crate::plan::lint;

#[test]
fn codes_are_unique_and_their_texts_whole() {
    let mut seen = BTreeSet::new();
    for entry in all() {
        assert!(seen.insert(entry.code), "{} stands there twice", entry.code);
        assert!(entry.explanation.len() > 60, "{} is not explained", entry.code);
        assert!(!entry.help.is_empty(), "{} has no remedy", entry.code);
        // What golang-migrate says is left as it says it.
        let is_a_fragment = !entry.title.ends_with('.') || entry.code == sandbox::DIRTY.code;
        assert!(is_a_fragment && !entry.help.ends_with('.'), "{}: a fragment, no full stop", entry.code);
        assert!(entry.title.starts_with(|c: char| c.is_lowercase() || "{`SKD".contains(c)), "{}", entry.code);
        for line in entry.explanation.lines() {
            assert!(line.chars().count() <= 120, "{}: a long line", entry.code);
        }
    }
}

/// So that whoever reads a code finds its entry, and whoever reads an entry its uses.
#[test]
fn an_entry_is_named_as_its_code() {
    for (area, name, entry) in named() {
        assert_eq!(entry.code, format!("houseplan::{area}::{}", name.to_lowercase()));
    }
}

/// An entry that nothing names and that nothing is recognised by would explain an error that cannot happen.
#[test]
fn every_entry_is_used() {
    let texts: Vec<String> = sources().into_iter().map(|(_, text)| text).collect();
    let is_named =
        |name: &str| texts.iter().any(|text| text.match_indices(name).any(|(at, _)| ends(&text[at + name.len()..])));
    let unused: Vec<&str> = named()
        .filter(|(area, name, entry)| entry.signs.is_empty() && !is_named(&format!("{area}::{name}")))
        .map(|(_, _, entry)| entry.code)
        .collect();
    assert!(unused.is_empty(), "nothing uses {unused:?}");
}

fn ends(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

/// In code an entry is named by its constant. Where a text names a code, as examples and tests do, there has to be one.
#[test]
fn every_code_in_the_sources_can_be_explained() {
    let known = |code: &str| all().any(|entry| entry.code == code) || lint::RULES.iter().any(|rule| rule.code == code);
    let mut found = 0;
    for (file, text) in sources() {
        for (at, _) in text.match_indices("houseplan::") {
            let code: String = text[at..]
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | ':'))
                .collect();
            let is_written = text[..at].ends_with(['"', '`', '\'']) || text[..at].ends_with("explain ");
            // A path of the crate's own, or the beginning of codes.
            if !is_written || code.ends_with(':') || code.matches("::").count() != 2 {
                continue;
            }
            found += 1;
            assert!(known(&code), "{file} names {code}, which no entry explains");
        }
    }
    assert!(found > 60, "{found}");
}

/// Every entry with its area and its name.
fn named() -> impl Iterator<Item = (&'static str, &'static str, &'static Entry)> {
    AREAS.iter().flat_map(|area| area.entries.iter().map(|(name, entry)| (area.name, *name, *entry)))
}

/// The sources outside this folder, each with its path.
fn sources() -> Vec<(String, String)> {
    fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
        for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.is_dir() && !file.ends_with("src/catalogue") {
                collect(&file, found);
            } else if file.extension().is_some_and(|extension| extension == "rs") {
                found.push((file.display().to_string(), fs::read_to_string(&file).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}
