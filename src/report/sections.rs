//! What a report says, whatever format it is in: facts, steps, and sections of lines.

use serde_json::Value;

use crate::{
    account::{Account, evidence::Compared, standing::Standing},
    humanize,
    name::Name,
    view::{line::short, paint::one_line},
};

/// A fact at the head of a report.
pub struct Fact {
    pub name: String,
    pub value: String,
    /// Whether the value is to be taken as it stands: an id, a path, a value.
    pub literal: bool,
    /// What is said behind the value.
    pub note: String,
}

/// The head: which run, of what, by whom, when, and what it was given and made.
pub fn facts(account: &Account) -> Vec<Fact> {
    let plain = |name: &str, value: String| Fact { name: name.to_owned(), value, literal: false, note: String::new() };
    let literal = |name: String, value: String| Fact { name, value, literal: true, note: String::new() };
    let mut facts = vec![literal("run".to_owned(), account.run().to_owned())];
    if let Some(created) = &account.created {
        let version = created.plan_version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        facts.push(plain("plan", format!("{}{version}", created.plan)));
        facts.push(plain("environment", created.environment.clone()));
        facts.push(literal("digest".to_owned(), created.digest.clone()));
        facts.push(plain("by", created.by.clone()));
    }
    facts.push(plain("started", account.first.map(humanize::moment).unwrap_or_default()));
    let last = if account.outcome().is_some() { "ended" } else { "last record" };
    facts.push(plain(last, account.last.map(humanize::moment).unwrap_or_default()));
    facts.push(plain("state", format!("{}, {}", account.standing().word(), took(account))));
    if let Some(created) = &account.created {
        facts.extend(created.inputs.iter().map(|(name, value)| literal(format!("input {name}"), value.to_string())));
        let secrets = created.secret_inputs.iter();
        facts.extend(secrets.map(|name| plain(&format!("input {name}"), "secret, not recorded".to_owned())));
    }
    facts.extend(account.backups().iter().map(|backup| {
        let size = backup.bytes.map(|bytes| format!(", {}", humanize::size(bytes))).unwrap_or_default();
        Fact { note: size, ..literal(format!("backup {}", backup.step), backup.path.to_owned()) }
    }));
    facts
}

fn took(account: &Account) -> String {
    let took = humanize::duration(account.took());
    match account.standing() {
        Standing::Succeeded | Standing::Abandoned => format!("after {took}"),
        _ => format!("{took} from the first record to the last"),
    }
}

/// One step.
pub struct StepRow {
    pub step: String,
    pub state: &'static str,
    pub started: Option<jiff::Timestamp>,
    /// How long it took.
    pub took: String,
    pub summary: String,
}

/// The steps, in the plan's order.
pub fn steps(account: &Account) -> Vec<StepRow> {
    let row = |(id, step): (&crate::name::StepId, &crate::account::Step)| StepRow {
        step: id.to_string(),
        state: account.step_word(step),
        started: step.entered,
        took: account.step_took(id, step).map(humanize::duration).unwrap_or_default(),
        summary: account.summary(id).unwrap_or_default(),
    };
    account.shown_steps().map(row).collect()
}

/// Lines under a title, and tables below them: a row of headings, then rows of cells.
pub struct Section {
    pub title: &'static str,
    pub lines: Vec<String>,
    pub tables: Vec<Vec<Vec<String>>>,
}

/// All sections that have something to say.
pub fn sections(account: &Account) -> Vec<Section> {
    let compared = account.compared();
    let lines = |title, lines| Section { title, lines, tables: Vec::new() };
    let all = [
        Section {
            title: "Comparisons",
            lines: compared.iter().flat_map(comparison).collect(),
            tables: compared.iter().map(compared_tables).filter(|rows| rows.len() > 1).collect(),
        },
        lines("Failures and stops", troubles(account)),
        lines("Decisions", decisions(account)),
        lines("Notes", [account.notes(), account.kept_locks()].concat()),
        lines("Servers", servers(account)),
        lines("Processes", processes(account)),
    ];
    all.into_iter().filter(|section| !section.lines.is_empty()).collect()
}

/// One line for the comparison, and one for each difference.
fn comparison(it: &Compared<'_>) -> Vec<String> {
    let database = it.database.as_ref().map(|name| format!(" of {name}")).unwrap_or_default();
    let covers = match it.covers_inventory {
        true => "",
        false => "; not known to be all tables of the inventory on all members",
    };
    let left_out = match it.left_out.is_empty() {
        true => String::new(),
        false => format!("; left out: {}", it.left_out.join(", ")),
    };
    let tables = humanize::count(it.tables.len() as u64, "table");
    let members = humanize::list(&it.members);
    let line =
        format!("{}: {} of {tables}{database} equal on {members}{}{covers}{left_out}", it.step, it.equal(), it.how());
    std::iter::once(line).chain(it.differences().map(|it| it.to_string())).collect()
}

/// Every table that was compared, a row each, below the row of headings.
fn compared_tables(compared: &Compared<'_>) -> Vec<Vec<String>> {
    let heads =
        ["table", "rows", "size"].into_iter().chain(compared.members.iter().map(Name::as_str)).chain(["checksum"]);
    let rows = compared.tables.iter().map(|table| {
        let figures = [
            table.name.clone(),
            table.rows.map(humanize::thousands).unwrap_or_default(),
            table.bytes.map(humanize::size).unwrap_or_default(),
        ];
        let sign =
            |member: &Name| table.found.get(member).map_or("not compared", |found| found.verdict.sign()).to_owned();
        let checksum = table.checksum.clone().unwrap_or_default();
        figures.into_iter().chain(compared.members.iter().map(sign)).chain([checksum]).collect()
    });
    std::iter::once(heads.map(str::to_owned).collect()).chain(rows).collect()
}

/// Every failure and refusal, in the order of the steps, each refusal with what was found.
fn troubles(account: &Account) -> Vec<String> {
    let mut lines = Vec::new();
    for (id, step) in account.shown_steps() {
        for refused in &step.refusals {
            let at = humanize::moment(refused.at);
            lines.push(format!("{at} {id} stopped: check does not hold: {}", refused.what.check));
            lines.extend(refused.what.found.iter().map(|cells| format!("found: {}", one_line(&cells.join(" · ")))));
        }
        for failed in &step.failures {
            lines.push(format!("{} {id} failed: {}", humanize::moment(failed.at), short(&failed.what)));
        }
        for (task, known) in account.tasks_of(step) {
            let failed = known.attempts.iter().filter_map(|attempt| Some((attempt, attempt.failure.as_ref()?)));
            lines.extend(failed.map(|(attempt, failure)| {
                let at = attempt.ended.map(humanize::moment).unwrap_or_default();
                format!("{at} {task}, attempt {}: {}", attempt.number, short(failure))
            }));
        }
    }
    lines
}

/// What persons did.
fn decisions(account: &Account) -> Vec<String> {
    account.decisions().iter().map(|it| format!("{} {} {}", humanize::moment(it.at), it.by, it.what)).collect()
}

/// Which servers were recognised, and by what.
fn servers(account: &Account) -> Vec<String> {
    account.members.iter().map(|it| format!("{}/{}: {}", it.target, it.member, identity(&it.identity))).collect()
}

/// `address 127.0.0.1:9000, version 26.9.1.1`.
fn identity(value: &Value) -> String {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(key, value)| format!("{key} {}", shown(value))).collect();
            fields.join(", ")
        }
        other => shown(other),
    }
}

/// Which processes worked at it.
fn processes(account: &Account) -> Vec<String> {
    let line = |it: &crate::account::Session| {
        format!("{} {}, process {}", humanize::moment(it.at), humanize::person(&it.user, &it.host), it.process)
    };
    account.sessions.iter().map(line).collect()
}
