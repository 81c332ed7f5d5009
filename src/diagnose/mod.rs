//! From what a server, or the way to it, said to what a person can do: code, cause, remedy.
//!
//! An exception is recognised by its number first and its words second; everything that is recognised stands in the
//! [`catalogue`], and so does the long text of every code (`houseplan explain`). Asks no server anything, and decides nothing:
//! whether a failure means that nothing was done is the action's to say.

pub mod catalogue;

use std::fmt;

pub use catalogue::{Entry, entry};

use crate::{
    connect::{
        clickhouse::{Exception, QueryError},
        target::Member,
    },
    failure::{Failure, ServerError},
    name::Name,
};

/// What was being done when something went wrong: the same exception means one thing to RESTORE and another to CREATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    Sql,
    Backup,
    Restore,
    Inspect,
    Inventory,
    Compare,
    Check,
    Keeper,
    Store,
    Claim,
    Preflight,
    /// A process of somebody else's, such as the migrations.
    Exec,
}

/// Where something went wrong.
#[derive(Debug, Clone)]
pub struct Context {
    pub action: Activity,
    pub member: Option<Name>,
    /// `database.table`, where it was about one.
    pub table: Option<String>,
}

impl Context {
    pub fn new(action: Activity) -> Self {
        Self { action, member: None, table: None }
    }

    /// On one server.
    pub fn on(action: Activity, member: &Member) -> Self {
        Self { action, member: Some(member.name.clone()), table: None }
    }

    pub fn with_table(mut self, database: &str, table: &str) -> Self {
        self.table = Some(format!("{database}.{table}"));
        self
    }

    /// Puts names into a text of the catalogue: `{table}`, `{member}`.
    fn fill(&self, text: &str) -> String {
        let table = self.table.as_deref().unwrap_or("the table");
        let member = self.member.as_ref().map_or("the server", Name::as_str);
        text.replace("{table}", table).replace("{member}", member)
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(member) = &self.member {
            write!(f, " on {member}")?;
        }
        match &self.table {
            Some(table) => write!(f, ", table {table}"),
            None => Ok(()),
        }
    }
}

/// What is so, why, and what to do about it.
pub fn diagnose(error: &QueryError, context: &Context) -> Failure {
    match error {
        QueryError::Exception(exception) => diagnose_exception(exception, context),
        QueryError::Unreachable { reason, .. } => {
            transport("houseplan::connect::unreachable", error.to_string(), reason, context)
        }
        QueryError::Lost { reason, .. } => transport("houseplan::connect::lost", error.to_string(), reason, context),
        QueryError::Gateway { reason, .. } => {
            transport("houseplan::connect::gateway", error.to_string(), reason, context)
        }
        QueryError::Malformed { reason, .. } => {
            transport("houseplan::connect::not_understood", error.to_string(), reason, context)
        }
    }
}

/// Whether what was only read failed because no server answered.
pub fn is_no_answer(failure: &Failure) -> bool {
    ["houseplan::connect::unreachable", "houseplan::connect::lost", "houseplan::connect::gateway"]
        .contains(&failure.code.as_str())
}

/// The same for an exception that was read elsewhere, as in `system.backups`.
pub fn diagnose_exception(exception: &Exception, context: &Context) -> Failure {
    let server = ServerError {
        code: exception.code,
        name: exception.name.clone(),
        message: exception.message.clone(),
        version: exception.version.clone(),
    };
    let base = match catalogue::recognise(exception, context.action) {
        Some(entry) => from_entry(entry, context, None),
        None => {
            let name = if exception.name.is_empty() { "an error" } else { exception.name.as_str() };
            let message = format!("the server refused with {name} (code {}){context}", exception.code);
            failure(catalogue::UNRECOGNISED, Some(message), context)
        }
    };
    Failure { server: Some(server), member: context.member.clone(), ..base }
}

/// What a process printed, where it is something that we know: the migrator's own words, or an exception that it passed on.
pub fn diagnose_output(output: &str, context: &Context) -> Option<Failure> {
    if let Some(entry) = catalogue::recognise_output(output) {
        return Some(from_entry(entry, context, None));
    }
    // clickhouse-go writes `code: 57, message: Table … already exists`, clickhouse-client `Code: 57. DB::Exception: …`.
    let exception = output.lines().rev().find_map(|line| match line.find("code: ") {
        Some(at) => {
            let (number, message) = line[at + "code: ".len()..].split_once(", message: ")?;
            let written = number.trim().parse().ok()?;
            Some(Exception { code: written, ..Exception::parse(message, None) })
        }
        None => line.contains("DB::Exception").then(|| Exception::parse(line, None)),
    })?;
    Some(diagnose_exception(&exception, context))
}

/// The failure that an entry of the catalogue describes. `message` where there is more to say than the entry's title.
///
/// A test holds that every code in the sources has an entry; where one had none, the failure would lack its remedy.
pub fn failure(code: &str, message: Option<String>, context: &Context) -> Failure {
    let failure = match entry(code) {
        Some(entry) => from_entry(entry, context, message),
        None => Failure::new(code, message.unwrap_or_else(|| code.to_owned())),
    };
    Failure { member: context.member.clone(), ..failure }
}

fn from_entry(entry: &Entry, context: &Context, message: Option<String>) -> Failure {
    Failure {
        code: entry.code.to_owned(),
        message: message.unwrap_or_else(|| context.fill(entry.title)),
        server: None,
        member: None,
        cause: entry.cause.map(|cause| context.fill(cause)),
        help: Some(context.fill(entry.help)),
        temporary: entry.temporary,
        untouched: false,
    }
}

fn transport(code: &str, message: String, reason: &str, context: &Context) -> Failure {
    let failure = failure(code, Some(message), context);
    // The system's words tell more than the catalogue's about a way that is shut.
    let cause = match reason {
        reason if reason.contains("refused") => {
            Some("nothing listens there: the server is down, or the port is another")
        }
        reason if reason.contains("dns") || reason.contains("lookup") || reason.contains("Name or service") => {
            Some("the host's name is not known on this machine")
        }
        reason if reason.contains("certificate") => Some("the server's certificate is not trusted"),
        reason if reason.contains("SSL routines") || reason.contains("InvalidContentType") => {
            Some("the server does not speak TLS on this port")
        }
        _ => None,
    };
    Failure { cause: cause.map(str::to_owned).or(failure.cause), ..failure }
}

#[cfg(test)]
mod tests;
