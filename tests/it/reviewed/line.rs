//! A statement as `render` shows it, and what may be filled in where only a run knows.

use std::collections::BTreeMap;

use houseplan::{
    sql::{quote_identifier, quote_string},
    statements::WHERE_KNOWN,
};
use regex::Regex;
use serde_json::Value;

use super::sent::Sent;

/// What a reviewer sees of one statement.
#[derive(Debug, Clone)]
pub struct Line {
    pub step: String,
    /// Its place among all lines of the plan.
    pub number: usize,
    /// The servers that it goes to.
    pub members: Vec<String>,
    /// To how many of them.
    pub to: To,
    pub text: String,
    /// Those of the URL.
    pub settings: BTreeMap<String, String>,
    /// Whether it is a check's, and so read before or after the step.
    pub of_check: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    Every,
    /// One replica of each shard; there is one shard here.
    One,
    /// One after the other until one has done it, and only where there is something to do.
    FirstThatDoes,
}

/// What the test knows of the servers and of the store.
pub struct World {
    pub key: String,
    pub secret: String,
    /// The settings for retries that the servers know.
    pub retries: Vec<String>,
}

impl Line {
    /// All statements of a rendered plan.
    pub fn all(rendered: &Value) -> Vec<Self> {
        let mut lines = Vec::new();
        for step in rendered["steps"].as_array().expect("steps") {
            let checks = ["preconditions", "postconditions"].into_iter().flat_map(|key| list(&step[key]));
            let of_checks = checks.flat_map(|check| list(&check["reads"])).map(|it| (it, true));
            for (statement, of_check) in of_checks.chain(list(&step["does"]).map(|it| (it, false))) {
                if statement["kind"] == "sql" {
                    lines.push(Self::new(&step["id"], statement, of_check, lines.len()));
                }
            }
        }
        lines
    }

    fn new(step: &Value, statement: &Value, of_check: bool, number: usize) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let on = text(&statement["on"]);
        let (targets, how) = on.split_once(" (").unwrap_or((&on, ""));
        let members = targets.split("; ").flat_map(|target| {
            let (_, members) = target.split_once(": ").unwrap_or_else(|| panic!("`{on}` names no members"));
            members.split(", ").map(str::to_owned)
        });
        let settings = statement.get("settings").and_then(Value::as_object).into_iter().flatten();
        Self {
            step: text(step),
            number,
            members: members.collect(),
            to: match how {
                how if how.starts_with("one replica of each shard") => To::One,
                how if how.starts_with("the first of them") => To::FirstThatDoes,
                "" | "skipped where it cannot be reached)" => To::Every,
                other => panic!("`{other}` says what this test does not know"),
            },
            text: text(&statement["text"]),
            settings: settings.map(|(name, value)| (name.clone(), text(value))).collect(),
            of_check,
        }
    }

    /// Whether the server lets it write.
    pub fn may_write(&self) -> bool {
        self.settings.get("readonly").is_none_or(|value| value != "2")
    }

    /// Whether a statement of this step, or of one inside the inclusion that this begins, may be this line.
    pub fn is_of(&self, step: &str) -> bool {
        let of_inclusion = self.step.strip_suffix("begin").is_some_and(|inclusion| step.starts_with(inclusion));
        self.step == step || (self.of_check && of_inclusion)
    }

    /// Why a statement is not this line; `None` where it is, but for ids, paths and items.
    pub fn differs(&self, sent: &Sent, world: &World) -> Option<String> {
        if !self.members.contains(&sent.member) {
            return Some(format!("it goes to {}", self.members.join(", ")));
        }
        let settings = self.settings_sent(world);
        if settings != sent.settings {
            return Some(format!("its settings are {settings:?}"));
        }
        let pattern = self.pattern(sent, world);
        (!pattern.is_match(&sent.text)).then(|| format!("it is {}", self.text))
    }

    /// What the text is once a run has filled it in. Whatever symbol is left, nobody has told a reviewer how to read.
    fn pattern(&self, sent: &Sent, world: &World) -> Regex {
        let mut pattern = String::from("^");
        let mut rest = self.text.as_str();
        while let Some(found) = SYMBOLS.with(|symbols| symbols.find(rest)) {
            pattern.push_str(&regex::escape(&rest[..found.start()]));
            pattern.push_str(&filled(found.as_str(), sent, world));
            rest = &rest[found.end()..];
        }
        pattern.push_str(&regex::escape(rest));
        pattern.push('$');
        Regex::new(&pattern).expect("a pattern")
    }

    /// Those that are sent to every server, and of the others those that these servers know.
    fn settings_sent(&self, world: &World) -> BTreeMap<String, String> {
        let sent = self.settings.iter().filter_map(|(name, value)| match value.strip_suffix(WHERE_KNOWN) {
            Some(value) if world.retries.contains(name) => Some((name.clone(), value.trim_end().to_owned())),
            Some(_) => None,
            None => Some((name.clone(), value.clone())),
        });
        sent.collect()
    }
}

thread_local! {
    /// Everything that is not sent as it stands.
    static SYMBOLS: Regex = Regex::new(
        r"'<each of \{\{.*?\}\}>'|<each of \{\{.*?\}\}>|\{\{.*?\}\}|'\[[^\]]*\]'|'<run>/<task>/<attempt>'|<[a-z][^>]*>"
    ).expect("a pattern");
}

/// What a symbol becomes in this statement.
fn filled(symbol: &str, sent: &Sent, world: &World) -> String {
    let item = || sent.item.as_deref().unwrap_or_else(|| panic!("`{symbol}`, and the task has no item: {sent:?}"));
    match symbol {
        "'<run>/<task>/<attempt>'" => regex::escape(&quote_string(&sent.id)),
        "{{ run.id }}" => regex::escape(&sent.run),
        "{{ item }}" => format!("(?:{0}|'{0}')", regex::escape(item())),
        "'[HIDDEN]'" => regex::escape(&quote_string(&world.secret)),
        "<each that is dead>" => "[^']+".to_owned(),
        "{{ item.name | ident }}" => regex::escape(&quote_identifier(item())),
        "<member>" => regex::escape(&sent.member),
        "<random>" => "[0-9a-f]{32}".to_owned(),
        key if key.starts_with("'[file ") => regex::escape(&quote_string(&world.key)),
        path if path.starts_with("'<each of") => "'/[^']+'".to_owned(),
        table if table.starts_with("<each of") => regex::escape(&quote_identifier(item())),
        // What an earlier step has read: a time, and lists.
        time if time.ends_with(".at }}") => "[0-9]+".to_owned(),
        list if list.ends_with("| literals }}") => "(?:'[^']*'|[0-9]+)(?:, (?:'[^']*'|[0-9]+))*".to_owned(),
        other => panic!("nobody fills in `{other}`"),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// That the comparison itself sees what it is there for; no engine is needed for it.
mod itself {
    use std::collections::BTreeMap;

    use houseplan::statements::{
        AsReviewed, Backup, ReviewedAccess, ReviewedName, ReviewedPlace, ReviewedValue, Settings, Subject,
    };
    use serde_json::json;

    use super::{Line, Sent, World};

    const SENT: &str = "BACKUP TABLE `d`.`t` TO S3('http://s3/b/p/r1', 'key', 'secret') SETTINGS id = 'r1/backup[t]/1', \
                        base_backup = S3('http://s3/b/old', 'key', 'secret'), max_threads = 2 ASYNC";

    fn line(settings: &[(&str, u64)]) -> Line {
        let key = ReviewedAccess::Keys("file /secrets/key".to_owned());
        let backup = Backup::<AsReviewed> {
            subject: Subject::Tables {
                database: Some(ReviewedName::Text("d".to_owned())),
                tables: vec![ReviewedName::EachOf("{{ steps.found.tables }}".to_owned())],
            },
            to: ReviewedPlace::new("http://s3/b", "p/{{ run.id }}", key.clone()),
            base: Some(ReviewedPlace::new("http://s3/b", "old", key)),
            settings: Settings {
                id: "<run>/<task>/<attempt>".to_owned(),
                of_plan: settings
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), ReviewedValue::Known(json!(value))))
                    .collect(),
                known: (),
            },
        };
        let worded = backup.text().expect("a statement");
        let mut beside = worded.settings;
        beside.insert("readonly".to_owned(), "2".to_owned());
        let does = json!({ "kind": "sql", "on": "source: source", "text": worded.text, "settings": beside });
        Line::all(&json!({ "steps": [{ "id": "backup", "does": [does] }] })).pop().expect("a line")
    }

    fn differs(line: &Line, text: &str, settings: &[(&str, &str)]) -> Option<String> {
        let owned = |text: &str| text.to_owned();
        let settings: BTreeMap<_, _> = settings.iter().map(|(name, value)| (owned(name), owned(value))).collect();
        let sent = Sent {
            member: owned("source"),
            run: owned("r1"),
            id: owned("r1/backup[t]/1"),
            step: owned("backup"),
            item: Some(owned("t")),
            text: owned(text),
            settings,
        };
        let retries = vec![owned("backup_restore_s3_retry_attempts")];
        line.differs(&sent, &World { key: owned("key"), secret: owned("secret"), retries })
    }

    #[test]
    fn what_was_forgotten_on_either_side_is_seen() {
        let retries = ("backup_restore_s3_retry_attempts", "20");
        let readonly = [("readonly", "2"), retries];
        let shown = line(&[("max_threads", 2)]);
        assert_eq!(differs(&shown, SENT, &readonly), None);
        for (from, to) in [
            (", max_threads = 2", ""),
            (", max_threads = 2", ", max_threads = 2, structure_only = 1"),
            ("max_threads = 2", "max_threads = 3"),
            (", base_backup = S3('http://s3/b/old', 'key', 'secret')", ""),
            ("`t`", "`u`"),
            ("p/r1", "p/r2"),
            ("'secret'", "'other'"),
            ("backup[t]/1", "backup[t]/2"),
            (" ASYNC", ""),
        ] {
            assert!(SENT.contains(from), "{from}");
            assert!(differs(&shown, &SENT.replacen(from, to, 1), &readonly).is_some(), "{from} -> {to}");
        }
        assert!(differs(&line(&[]), SENT, &readonly).is_some());
        assert!(differs(&line(&[("max_threads", 2), ("compression_level", 1)]), SENT, &readonly).is_some());
        for settings in [
            &[][..],
            &[("readonly", "2"), retries, ("max_threads", "1")],
            &[("readonly", "1"), retries],
            &[("readonly", "2")],
            &[("readonly", "2"), ("backup_restore_s3_retry_attempts", "10")],
        ] {
            assert!(differs(&shown, SENT, settings).is_some(), "{settings:?}");
        }
    }
}
