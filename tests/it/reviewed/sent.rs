//! A statement as it was sent, told by its mark apart from what houseplan asks for itself.

use std::collections::BTreeMap;

use houseplan::connect::clickhouse::PINNED;

use crate::support::recorder::Heard;

/// What the client says with every statement, of whatever kind.
const OF_THE_CLIENT: [(&str, &str); 4] = [
    ("default_format", "JSONCompactEachRowWithNamesAndTypes"),
    ("wait_end_of_query", "1"),
    ("send_progress_in_http_headers", "1"),
    ("http_headers_progress_interval_ms", "10000"),
];

/// A statement of a plan's task.
#[derive(Debug, Clone)]
pub struct Sent {
    pub member: String,
    pub run: String,
    /// `RUN/TASK/ATTEMPT`.
    pub id: String,
    pub step: String,
    /// The item or table of the task, where it has one.
    pub item: Option<String>,
    pub text: String,
    /// Those of the URL, but for the mark that is there too.
    pub settings: BTreeMap<String, String>,
}

impl Sent {
    /// `None` for what houseplan asks for itself. That bears no task's mark, and writes nothing but its claim.
    #[track_caller]
    pub fn new(heard: &Heard, run: &str, members: &[&str]) -> Option<Self> {
        let mut settings: BTreeMap<String, String> = heard.parameters.iter().cloned().collect();
        for (name, value) in OF_THE_CLIENT {
            assert_eq!(settings.remove(name).as_deref(), Some(value), "{name} of {heard:?}");
        }
        let before = settings.len();
        settings.retain(|name, value| !PINNED.iter().any(|pin| pin.name == name && pin.value == value));
        assert!(before - settings.len() > 70, "settings that change results are sent with every statement: {heard:?}");
        let Some((mark, text)) = heard.text.strip_prefix("/* houseplan ").and_then(|it| it.split_once(" */ ")) else {
            assert_eq!(
                settings.get("readonly").map(String::as_str),
                Some("2"),
                "it may write, and nobody's: {heard:?}"
            );
            return None;
        };
        let of_run = mark.strip_prefix(run).and_then(|it| it.strip_prefix('/'));
        let of_run = of_run.unwrap_or_else(|| panic!("another run's than {run}: {heard:?}"));
        // A BACKUP's attempt is told with the version of the server that makes it: `1@26.9.2.1`.
        let is_attempt = |text: &str| text.split('@').next().is_some_and(|number| number.parse::<u32>().is_ok());
        let Some((task, _)) = of_run.rsplit_once('/').filter(|(_, attempt)| is_attempt(attempt)) else {
            let claims = ["CREATE DATABASE", "ALTER DATABASE", "DROP DATABASE IF EXISTS"];
            let is_claim = claims.iter().any(|words| text.starts_with(&format!("{words} `houseplan_claim` ")));
            assert!(is_claim && ["claim", "release"].contains(&of_run), "no task's, and no claim: {heard:?}");
            return None;
        };
        if let Some(comment) = settings.remove("log_comment") {
            assert_eq!(comment, format!("houseplan {mark}"), "{heard:?}");
        }
        let (step, item) = parts(task, members);
        Some(Self {
            member: heard.member.clone(),
            run: run.to_owned(),
            id: mark.to_owned(),
            step,
            item,
            text: text.to_owned(),
            settings,
        })
    }
}

/// `step[item@member]`, `step[item]`, `step[member]` or `step`.
fn parts(task: &str, members: &[&str]) -> (String, Option<String>) {
    let Some((step, label)) = task.split_once('[') else { return (task.to_owned(), None) };
    let label = label.trim_end_matches(']');
    let is_member = |name: &str| members.iter().any(|it| name == *it || name.ends_with(&format!(".{it}")));
    let item = match label.rsplit_once('@') {
        Some((item, member)) if is_member(member) => Some(item),
        _ => Some(label).filter(|label| !is_member(label)),
    };
    (step.to_owned(), item.map(str::to_owned))
}
