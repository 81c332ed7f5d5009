//! Which folder uses which: read from the sources and held against the table below. No floor reaches up, and no folders use one
//! another in a circle, also those inside a folder. Code for tests alone may use everything.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::graph::Graph;

/// What each folder (or file) of `src` uses of the others, from the ground up: only what stands above it in this table.
const FLOORS: &str = "\
humanize
name
graph
sql
catalogue
journal     catalogue
document    catalogue
failure     name catalogue
redact      sql
template    name sql document
statements  sql
plan        humanize name graph sql catalogue redact document template statements
connect     name sql statements
targets     name document plan statements connect
environment humanize name catalogue document plan targets
schema      name document plan environment
bundle      name graph catalogue document plan targets environment schema
render      name graph redact template statements plan targets environment
diagnose    name catalogue failure connect
world       name catalogue failure plan statements connect diagnose
collections catalogue failure redact statements connect diagnose
claims      humanize name catalogue failure plan statements connect diagnose
engine      name graph journal catalogue failure plan
check       failure connect engine
action      humanize name sql catalogue document failure redact template plan statements connect targets diagnose world collections engine check
discover    name failure plan connect diagnose action
account     humanize name journal catalogue failure plan engine
exit        journal engine account
run         humanize name journal catalogue document failure redact template plan connect targets environment bundle render diagnose world collections claims engine check action account exit
view        humanize name catalogue failure plan engine account run
report      humanize name engine account view
sandbox     sql catalogue
";

#[test]
fn a_folder_uses_what_the_table_says_and_nothing_above_it() {
    let found = uses(1);
    let mut below = BTreeSet::new();
    let mut wrong = Vec::new();
    for line in FLOORS.lines() {
        let mut words = line.split_whitespace().map(str::to_owned);
        let folder = words.next().unwrap();
        let allowed: BTreeSet<String> = words.collect();
        let used = found.get(&folder).cloned().unwrap_or_default();
        wrong.extend(allowed.difference(&below).map(|it| format!("`{folder}` stands below `{it}` in the table")));
        wrong.extend(
            used.difference(&allowed).map(|it| format!("`{folder}` uses `{it}`, which the table does not allow")),
        );
        wrong.extend(
            allowed.difference(&used).map(|it| format!("`{folder}` no longer uses `{it}`: take it out of the table")),
        );
        below.insert(folder);
    }
    wrong.extend(found.keys().filter(|it| !below.contains(*it)).map(|it| format!("`{it}` is not in the table")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_folders_use_one_another_in_a_circle() {
    let mut circles = Vec::new();
    for depth in 1..=deepest() {
        let found = uses(depth);
        let names: Vec<&String> = found.keys().collect();
        let index = |name: &String| names.iter().position(|it| *it == name);
        let edges: Vec<Vec<usize>> = found.values().map(|used| used.iter().filter_map(index).collect()).collect();
        let cycles = Graph::new(edges.iter().map(Vec::as_slice)).cycles().into_iter();
        circles
            .extend(cycles.map(|cycle| cycle.into_iter().map(|at| names[at].as_str()).collect::<Vec<_>>().join(" → ")));
    }
    assert!(circles.is_empty(), "{circles:?}");
}

/// What each folder uses of its neighbours: those at this depth below `src`, in the same folder. At depth 1, files count too.
fn uses(depth: usize) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Source { module, text } in sources() {
        let Some(own) = folder(&module, depth) else { continue };
        let used = found.entry(own.clone()).or_default();
        let neighbours =
            paths(&text, &module).into_iter().filter(|path| path.get(..depth - 1) == module.get(..depth - 1));
        used.extend(neighbours.filter_map(|path| folder(&path, depth)).filter(|other| *other != own));
    }
    found
}

fn folder(module: &[String], depth: usize) -> Option<String> {
    let name = module.get(..depth)?.join("/");
    (depth == 1 || src().join(&name).is_dir()).then_some(name)
}

fn deepest() -> usize {
    sources().iter().map(|source| source.module.len()).max().unwrap_or(0)
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

struct Source {
    /// Its path as a module of the library.
    module: Vec<String>,
    /// Without comments and tests.
    text: String,
}

/// The library's sources, without those that are compiled for tests alone.
fn sources() -> Vec<Source> {
    let mut all = Vec::new();
    collect(&src(), &mut all);
    let tests: Vec<Vec<String>> = all.iter().flat_map(test_modules).collect();
    all.retain(|source| !tests.iter().any(|test| source.module.starts_with(test)));
    for source in &mut all {
        let until = source.text.find("#[cfg(test)]\nmod tests {").unwrap_or(source.text.len());
        let lines = source.text[..until].lines().filter(|line| !line.trim_start().starts_with("//"));
        source.text = lines.collect::<Vec<_>>().join("\n");
    }
    all
}

fn collect(folder: &Path, all: &mut Vec<Source>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let below = path.strip_prefix(src()).unwrap().with_extension("");
        let mut module: Vec<String> = below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        // The binary is built on all of this.
        let is_binary = ["cli", "main", "lib"].contains(&module[0].as_str());
        if path.is_dir() && !is_binary {
            collect(&path, all);
        } else if path.extension().is_some_and(|it| it == "rs") && !is_binary {
            module.pop_if(|name| name == "mod");
            all.push(Source { module, text: fs::read_to_string(&path).unwrap() });
        }
    }
}

/// The modules that a file declares for tests alone; this one is.
fn test_modules(source: &Source) -> Vec<Vec<String>> {
    let declared = source.text.split("#[cfg(test)]\n").skip(1).filter_map(|after| {
        let line = after.lines().next()?;
        let (_, name) = line.strip_suffix(';')?.split_once("mod ")?;
        Some([source.module.as_slice(), &[name.to_owned()]].concat())
    });
    declared.chain([vec!["floors".to_owned()]]).collect()
}

/// The paths in a text that begin with `crate` or `super`, from the root of the library.
fn paths(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("crate::").into_iter().chain(rest.find("super::")).min() {
        rest = tree(&rest[at..], &[], &mut found);
    }
    let absolute = |path: Vec<String>| {
        let up = path.iter().take_while(|name| *name == "super").count();
        let root = if up > 0 { &module[..module.len().saturating_sub(up)] } else { &[] };
        [root, &path[up.max(1)..]].concat()
    };
    found.into_iter().map(absolute).filter(|path: &Vec<String>| !path.is_empty()).collect()
}

/// Reads one path, or one tree of paths in braces, behind `prefix`; gives what follows.
fn tree<'a>(mut rest: &'a str, prefix: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let mut path = prefix.to_vec();
    loop {
        if let Some(inside) = rest.strip_prefix('{') {
            rest = inside.trim_start();
            while !rest.is_empty() && !rest.starts_with('}') {
                let after = tree(rest, &path, found);
                // Behind a name there may be another one (`as name`), and a comma.
                rest = after.find([',', '}']).map_or("", |at| after[at..].trim_start_matches(',').trim_start());
            }
            return rest.strip_prefix('}').unwrap_or(rest);
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        path.push(rest[..end].to_owned());
        rest = &rest[end..];
        match rest.strip_prefix("::") {
            Some(after) if after.starts_with(|c: char| c.is_alphabetic() || c == '{' || c == '_') => rest = after,
            _ => {
                found.push(path);
                return rest;
            }
        }
    }
}

#[test]
fn paths_are_read_from_trees() {
    let text = "use super::{a::{B, self}, super::c as d};\nuse crate::{\n    e::F,\n    g::*,\n};\nfn h() { crate::i::j::<K>() }";
    let module = ["x".to_owned(), "y".to_owned()];
    let found: Vec<String> = paths(text, &module).into_iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["x::a::B", "x::a::self", "c", "e::F", "g", "i::j"]);
}
