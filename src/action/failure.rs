//! Failures of what moves data: what [`diagnose`](crate::diagnose) makes of a server's words, with every secret taken out.

use secrecy::{ExposeSecret, SecretString};

use crate::{
    catalogue,
    connect::{
        clickhouse::{Exception, QueryError},
        store::StoreError,
        target::Store,
    },
    diagnose::{Activity, Context, diagnose, diagnose_exception},
    failure::Failure,
};

/// What must not be seen in a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    pub(super) fn new(secrets: Vec<SecretString>) -> Self {
        Self(secrets)
    }

    /// Both halves of a store's credentials: ClickHouse masks the secret in its messages, but not the access key's id.
    pub(super) fn of_store(store: &Store) -> Self {
        Self(store.credentials.iter().flat_map(|(id, secret)| [id.clone(), secret.clone()]).collect())
    }

    /// The text with each secret replaced, as ClickHouse itself does it.
    pub(super) fn hide(&self, text: &str) -> String {
        self.exposed().fold(text.to_owned(), |text, secret| text.replace(secret, "[HIDDEN]"))
    }

    /// Whether a secret stands in the text.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        self.exposed().any(|secret| text.contains(secret))
    }

    fn exposed(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty())
    }
}

/// A statement that a server did not carry out.
pub(super) fn query_failure(context: &Context, error: &QueryError, secrets: &Secrets) -> Failure {
    hidden(diagnose(error, context), secrets)
}

/// What `system.backups` says of a BACKUP or RESTORE that failed: a message with a stack trace behind it *(run)*.
pub(super) fn operation_failure(context: &Context, text: &str, secrets: &Secrets) -> Failure {
    hidden(diagnose_exception(&Exception::parse(without_stack_trace(text), None), context), secrets)
}

/// A store's answer to this machine.
pub(super) fn store_failure(error: &StoreError, action: Activity) -> Failure {
    let entry = match error {
        StoreError::NoCredentials(_) => &catalogue::store::NO_CREDENTIALS,
        StoreError::Url(_) => &catalogue::store::URL,
        StoreError::Key(_) => &catalogue::store::PATH,
        StoreError::NotFound { .. } => &catalogue::store::NOT_FOUND,
        StoreError::Denied { .. } => &catalogue::store::ACCESS_DENIED,
        StoreError::Failed { .. } => &catalogue::store::UNREACHABLE,
    };
    entry.failure_in(&Context::new(action)).with_message(error.to_string())
}

fn hidden(failure: Failure, secrets: &Secrets) -> Failure {
    let server = failure.server.map(|mut server| {
        server.message = secrets.hide(without_stack_trace(&server.message));
        server
    });
    Failure { message: secrets.hide(&failure.message), server, ..failure }
}

fn without_stack_trace(text: &str) -> &str {
    let end = [", Stack trace (when copying", "\nStack trace:"].iter().filter_map(|mark| text.find(mark)).min();
    text[..end.unwrap_or(text.len())].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_trace_is_left_out_and_secrets_are_hidden() {
        let secrets = Secrets(vec!["AK".into(), "topsecret".into()]);
        let text = "Code: 598. DB::Exception: Backup S3('u', 'AK', '[HIDDEN]') already exists. (BACKUP_ALREADY_EXISTS), \
                    Stack trace (when copying this message, always include the lines below):\n\n0. ? @ 0x1\n (version 26.9.2.1)";
        let failure = operation_failure(&Context::new(Activity::Backup), text, &secrets);
        assert_eq!(failure.code, "houseplan::backup::already_exists");
        let server = failure.server.unwrap();
        assert_eq!(server.message, "Backup S3('u', '[HIDDEN]', '[HIDDEN]') already exists.");
        assert_eq!(server.name, "BACKUP_ALREADY_EXISTS");
    }
}
