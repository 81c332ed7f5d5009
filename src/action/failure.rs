//! Failures of what moves data, made from what servers and stores say, with every secret taken out.
//!
//! Tells apart only what the actions here have to tell apart; the long list of causes and remedies is not kept here.

use secrecy::{ExposeSecret, SecretString};

use crate::{
    connect::{
        clickhouse::{Exception, QueryError},
        target::{Member, Store},
    },
    engine::event::{Failure, ServerError},
};

/// What must not be seen in a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// Both halves of a store's credentials: ClickHouse masks the secret in its messages, but not the access key's id.
    pub(super) fn of_store(store: &Store) -> Self {
        Self(store.credentials.iter().flat_map(|(id, secret)| [id.clone(), secret.clone()]).collect())
    }

    /// The text with each secret replaced, as ClickHouse itself does it.
    pub(super) fn hide(&self, text: &str) -> String {
        let known = self.0.iter().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty());
        known.fold(text.to_owned(), |text, secret| text.replace(secret, "[HIDDEN]"))
    }
}

/// A statement that a member did not carry out. `doing` is what it was to do: "the BACKUP could not be started".
pub(super) fn of_query(member: &Member, doing: &str, error: &QueryError, secrets: &Secrets) -> Failure {
    match error {
        QueryError::Exception(exception) => of_exception(member, doing, exception, secrets),
        QueryError::Unreachable { .. } => {
            let failure = Failure::new("houseplan::connect::unreachable", format!("{doing}: {error}")).with_help(
                "see whether the server runs and whether its address is right, then go on with `houseplan resume`",
            );
            Failure { member: Some(member.name.clone()), temporary: true, ..failure }
        }
        QueryError::Lost { .. } | QueryError::Malformed { .. } => Failure {
            member: Some(member.name.clone()),
            ..Failure::new("houseplan::connect::lost", secrets.hide(&format!("{doing}: {error}")))
        },
    }
}

/// What `system.backups` says of a BACKUP or RESTORE that failed: a message with a stack trace behind it.
pub(super) fn of_error_text(member: &Member, doing: &str, text: &str, secrets: &Secrets) -> Failure {
    of_exception(member, doing, &Exception::parse(without_stack_trace(text), None), secrets)
}

/// A server's exception.
pub(super) fn of_exception(member: &Member, doing: &str, exception: &Exception, secrets: &Secrets) -> Failure {
    let recognised = recognise(exception);
    Failure {
        code: recognised.code.to_owned(),
        message: doing.to_owned(),
        server: Some(ServerError {
            code: exception.code,
            name: exception.name.clone(),
            message: secrets.hide(without_stack_trace(&exception.message)),
            version: exception.version.clone(),
        }),
        member: Some(member.name.clone()),
        cause: recognised.cause.map(str::to_owned),
        help: recognised.help.map(str::to_owned),
        temporary: recognised.temporary,
    }
}

/// `system.backups` appends the stack trace to the message *(run)*.
fn without_stack_trace(text: &str) -> &str {
    let end = [", Stack trace (when copying", "\nStack trace:"].iter().filter_map(|mark| text.find(mark)).min();
    text[..end.unwrap_or(text.len())].trim_end()
}

/// What an exception means for someone who moves data.
#[derive(Default)]
struct Recognised {
    code: &'static str,
    cause: Option<&'static str>,
    help: Option<&'static str>,
    temporary: bool,
}

fn recognise(exception: &Exception) -> Recognised {
    let says = |part: &str| exception.message.contains(part);
    let of = |code, cause, help| Recognised { code, cause: Some(cause), help: Some(help), temporary: false };
    match exception.code {
        36 if says("backup destination") => of(
            "houseplan::backup::store_url",
            "the store's URL is none that ClickHouse understands",
            "write it as `http://host:port/bucket` in the environment",
        ),
        497 => of(
            "houseplan::clickhouse::access_denied",
            "the ClickHouse user lacks a privilege, or (since 26.7) servers do not lend their own credentials to statements",
            "grant what the message names, or give the store an access key in the environment",
        ),
        499 if says("ACCESS_DENIED") || says("403") => of(
            "houseplan::store::access_denied",
            "the access key is wrong, or lacks PutObject, GetObject, ListBucket or DeleteObject there (the server cannot tell which)",
            "mend the key or its policy; `houseplan iam-policy` prints the policy that is needed",
        ),
        499 if says("NETWORK_CONNECTION") || says("Connection refused") || says("Timeout") => Recognised {
            temporary: true,
            ..of(
                "houseplan::store::unreachable",
                "the ClickHouse server does not reach the store",
                "see whether the store runs and whether its URL is right as the servers see it",
            )
        },
        499 if says("bucket does not exist") => {
            of("houseplan::store::no_bucket", "the bucket is not there", "create the bucket, or mend the store's URL")
        }
        598 => of(
            "houseplan::backup::destination_exists",
            "another backup lies there, or was begun there (a crash leaves `.lock` behind)",
            "choose another path; what lies there is not ours to remove",
        ),
        599 => of(
            "houseplan::backup::not_found",
            "there is no backup at that path (or no such bucket: RESTORE says the same of both)",
            "see what lies there with `s3: { list: … }`",
        ),
        608 if says("already contains some data") => of(
            "houseplan::restore::table_not_empty",
            "the table got rows after it was found empty",
            "stop what writes there, TRUNCATE the table, then `houseplan resume`; allow_non_empty_tables would double rows on a repeat",
        ),
        608 if says("different definition") => of(
            "houseplan::restore::different_definition",
            "the table is not what the backup holds",
            "restore `into: existing`, which compares columns itself and then lets engines differ",
        ),
        _ => Recognised { code: "houseplan::clickhouse::exception", ..Recognised::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_trace_is_left_out_and_secrets_are_hidden() {
        let secrets = Secrets(vec!["AK".into(), "topsecret".into()]);
        let text = "Code: 598. DB::Exception: Backup S3('u', 'AK', '[HIDDEN]') already exists. (BACKUP_ALREADY_EXISTS), Stack trace (when copying this message, always include the lines below):\n\n0. ? @ 0x1\n (version 26.9.2.1)";
        let exception = Exception::parse(without_stack_trace(text), None);
        assert_eq!(exception.name, "BACKUP_ALREADY_EXISTS");
        assert_eq!(secrets.hide(&exception.message), "Backup S3('u', '[HIDDEN]', '[HIDDEN]') already exists.");
        assert_eq!(recognise(&exception).code, "houseplan::backup::destination_exists");
    }

    #[test]
    fn the_two_meanings_of_608_are_told_apart() {
        let of = |message: &str| {
            recognise(&Exception { code: 608, name: String::new(), message: message.to_owned(), version: None }).code
        };
        assert_eq!(
            of("Cannot restore the table f.t because it already contains some data."),
            "houseplan::restore::table_not_empty"
        );
        assert_eq!(of("The table has a different definition: …"), "houseplan::restore::different_definition");
    }
}
