//! What failed while data were moved: a statement, a BACKUP or RESTORE in the server, a request to a store. Secrets are taken out.

use super::secrets::Secrets;

use crate::{
    catalogue,
    connect::{
        clickhouse::{Exception, QueryError},
        store::StoreError,
    },
    diagnose::{Activity, Context, diagnose, diagnose_exception},
    failure::Failure,
};

/// A statement that a server did not carry out.
pub(super) fn statement_failed(context: &Context, error: &QueryError, secrets: &Secrets) -> Failure {
    hidden(diagnose(error, context), secrets)
}

/// What `system.backups` says of a BACKUP or RESTORE that failed: a message with a stack trace behind it *(run)*.
pub(super) fn operation_failed(context: &Context, text: &str, secrets: &Secrets) -> Failure {
    hidden(diagnose_exception(&Exception::parse(without_stack_trace(text), None), context), secrets)
}

/// A store's answer to this machine.
pub(super) fn store_failed(error: &StoreError, action: Activity) -> Failure {
    let entry = match error {
        StoreError::NoCredentials(_) => &catalogue::store::NO_CREDENTIALS,
        StoreError::Url(_) => &catalogue::store::URL,
        StoreError::Key(_) => &catalogue::store::PATH,
        StoreError::NotFound { .. } => &catalogue::store::NOT_FOUND,
        StoreError::Denied { .. } => &catalogue::store::ACCESS_DENIED,
        StoreError::NoSuchBucket { .. } => &catalogue::store::NO_SUCH_BUCKET,
        StoreError::Unreachable { .. } => &catalogue::store::UNREACHABLE_FROM_HERE,
        StoreError::Refused { .. } => &catalogue::store::FAILED,
        StoreError::Listing { .. } => &catalogue::store::UNKNOWN_OBJECT,
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
        let secrets = Secrets::new(vec!["AK".into(), "topsecret".into()]);
        let text = "Code: 598. DB::Exception: Backup S3('u', 'AK', '[HIDDEN]') already exists. (BACKUP_ALREADY_EXISTS), \
                    Stack trace (when copying this message, always include the lines below):\n\n0. ? @ 0x1\n (version 26.9.2.1)";
        let failure = operation_failed(&Context::new(Activity::Backup), text, &secrets);
        assert!(failure.is(&catalogue::backup::ALREADY_EXISTS), "{failure:?}");
        let server = failure.server.unwrap();
        assert_eq!(server.message, "Backup S3('u', '[HIDDEN]', '[HIDDEN]') already exists.");
        assert_eq!(server.name, "BACKUP_ALREADY_EXISTS");
    }
}
