//! From what a server, or the way to it, said to what a person can do: which entry of the [`catalogue`] it is.
//!
//! An exception is recognised by its number first and its words second. One that nothing recognises stays as the server said
//! it. Asks no server anything, and decides nothing: whether a failure means that nothing was done is the action's to say.

use std::fmt;

pub use crate::catalogue::Activity;

use crate::{
    catalogue::{self, Entry, Filled},
    connect::{
        clickhouse::{Exception, QueryError},
        kubernetes::KubernetesError,
        target::Member,
    },
    failure::{Failure, ServerError},
    name::Name,
};

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

    /// What it knows of an entry's places.
    fn fill(&self, filled: Filled) -> Filled {
        let filled = match &self.table {
            Some(table) => filled.knowing("table", table),
            None => filled,
        };
        match &self.member {
            Some(member) => filled.knowing("member", member),
            None => filled,
        }
    }
}

impl Entry {
    /// The failure that it describes, here.
    pub fn failure_in(&'static self, context: &Context) -> Failure {
        self.bare().failure_in(context)
    }
}

impl Filled {
    /// The failure that it describes, here.
    pub fn failure_in(self, context: &Context) -> Failure {
        Failure { member: context.member.clone(), ..context.fill(self).failure() }
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
    let (entry, reason) = match error {
        QueryError::Exception(exception) => return diagnose_exception(exception, context),
        QueryError::Unreachable { reason, .. } => (&catalogue::connect::UNREACHABLE, reason),
        QueryError::Lost { reason, .. } => (&catalogue::connect::LOST, reason),
        QueryError::Gateway { reason, .. } => (&catalogue::connect::GATEWAY, reason),
        QueryError::Malformed { reason, .. } => (&catalogue::connect::NOT_CLICKHOUSE, reason),
    };
    let failure = entry.failure_in(context).with_message(error.to_string());
    // The system's words tell more than the catalogue's about a way that is shut.
    match cause_of(reason) {
        Some(cause) => failure.with_cause(cause),
        None => failure,
    }
}

/// The same for what the API server of Kubernetes said, or the way to it.
pub fn diagnose_kubernetes(error: &KubernetesError, context: &Context) -> Failure {
    let (entry, reason) = match error {
        KubernetesError::Config { reason, .. } => (&catalogue::kubernetes::CONFIG, reason),
        KubernetesError::Unreachable { reason, .. } => (&catalogue::kubernetes::UNREACHABLE, reason),
        KubernetesError::Lost { reason, .. } => (&catalogue::kubernetes::LOST, reason),
        KubernetesError::Unauthorized { reason, .. } => (&catalogue::kubernetes::UNAUTHORIZED, reason),
        KubernetesError::Forbidden { reason, .. } => (&catalogue::kubernetes::FORBIDDEN, reason),
        KubernetesError::NotFound { reason, .. } => (&catalogue::kubernetes::NOT_FOUND, reason),
        KubernetesError::Refused { reason, .. } => (&catalogue::kubernetes::REFUSED, reason),
    };
    let failure = entry.failure_in(context).with_message(error.to_string());
    match cause_of(reason) {
        Some(cause) => failure.with_cause(cause),
        None => failure,
    }
}

/// Whether what was only read failed because no server answered.
pub fn is_no_answer(failure: &Failure) -> bool {
    let entries = [
        &catalogue::connect::UNREACHABLE,
        &catalogue::connect::LOST,
        &catalogue::connect::GATEWAY,
        &catalogue::kubernetes::UNREACHABLE,
        &catalogue::kubernetes::LOST,
    ];
    entries.into_iter().any(|entry| failure.is(entry))
}

/// The same for an exception that was read elsewhere, as in `system.backups`.
pub fn diagnose_exception(exception: &Exception, context: &Context) -> Failure {
    let server = ServerError {
        code: exception.code,
        name: exception.name.clone(),
        message: exception.message.clone(),
        version: exception.version.clone(),
    };
    let base = match catalogue::recognise(exception.code, &exception.message, context.action) {
        Some(entry) => entry.failure_in(context),
        None => {
            let name = if exception.name.is_empty() { "an error" } else { exception.name.as_str() };
            let message = format!("the server refused with {name} (code {}){context}", exception.code);
            catalogue::clickhouse::EXCEPTION.failure_in(context).with_message(message)
        }
    };
    Failure { server: Some(server), ..base }
}

/// What a process printed, where it is something that we know: the migrator's own words, or an exception that it passed on.
pub fn diagnose_output(output: &str, context: &Context) -> Option<Failure> {
    if let Some(entry) = catalogue::recognise_output(output) {
        return Some(entry.failure_in(context));
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

/// Why a connection failed, where the system says.
fn cause_of(reason: &str) -> Option<&'static str> {
    let says = |words: &[&str]| words.iter().any(|words| reason.contains(words));
    if says(&["refused"]) {
        Some("nothing listens there: the server is down, or the port is wrong")
    } else if says(&["dns", "lookup", "Name or service"]) {
        Some("this machine does not know the name of the host")
    } else if says(&["certificate"]) {
        Some("this machine does not trust the certificate of the server")
    } else if says(&["SSL routines", "InvalidContentType"]) {
        Some("the server does not speak TLS on this port")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
