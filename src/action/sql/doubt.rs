//! What an error says about the effect.

use crate::{connect::clickhouse::QueryError, plan::action::Effect};

/// Exceptions that come before a statement does anything: it was not understood, not allowed, or what it names is not
/// there.
const BEFORE_ANY_EFFECT: &[i32] = &[
    36,  // BAD_ARGUMENTS
    42,  // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
    43,  // ILLEGAL_TYPE_OF_ARGUMENT
    44,  // ILLEGAL_COLUMN
    46,  // UNKNOWN_FUNCTION
    47,  // UNKNOWN_IDENTIFIER
    48,  // NOT_IMPLEMENTED
    57,  // TABLE_ALREADY_EXISTS
    60,  // UNKNOWN_TABLE
    62,  // SYNTAX_ERROR
    81,  // UNKNOWN_DATABASE
    82,  // DATABASE_ALREADY_EXISTS
    115, // UNKNOWN_SETTING
    164, // READONLY
    192, // UNKNOWN_USER
    193, // WRONG_PASSWORD
    194, // REQUIRED_PASSWORD
    202, // TOO_MANY_SIMULTANEOUS_QUERIES
    344, // SUPPORT_IS_DISABLED
    359, // TABLE_SIZE_EXCEEDS_MAX_DROP_SIZE_LIMIT
    392, // QUERY_IS_PROHIBITED
    452, // SETTING_CONSTRAINT_VIOLATION
    497, // ACCESS_DENIED
    516, // AUTHENTICATION_FAILED
    701, // CLUSTER_DOESNT_EXIST
];

/// Exceptions to ON CLUSTER whose text begins with this come of one host; others may have done it.
const FROM_ANOTHER_HOST: &str = "There was an error on [";

/// Whether it is certain that the statement changed nothing anywhere.
pub(in crate::action) fn is_before_any_effect(error: &QueryError) -> bool {
    match error {
        QueryError::Unreachable { .. } => true,
        QueryError::Lost { .. } | QueryError::Gateway { .. } | QueryError::Malformed { .. } => false,
        QueryError::Exception(exception) => {
            BEFORE_ANY_EFFECT.contains(&exception.code) && !exception.message.contains(FROM_ANOTHER_HOST)
        }
    }
}

/// Whether nobody knows what became of the statement.
///
/// - What only reads has no effect: an error is a failure.
/// - A connection that broke, and 159 to ON CLUSTER (it goes on in the background), say nothing about the effect, so what is
///   idempotent waits until it is over before it is sent again.
/// - What must happen once is in doubt after every exception but those that come before any effect: an INSERT that ran out
///   of memory has written some of its blocks.
pub(super) fn is_in_doubt(error: &QueryError, effect: Effect) -> bool {
    let exception = match error {
        QueryError::Unreachable { .. } => return false,
        QueryError::Lost { .. } | QueryError::Gateway { .. } | QueryError::Malformed { .. } => {
            return effect != Effect::Read;
        }
        QueryError::Exception(exception) => exception,
    };
    match effect {
        Effect::Read => false,
        Effect::Idempotent => exception.code == 159,
        Effect::Once => !is_before_any_effect(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::clickhouse::Exception;

    #[track_caller]
    fn case(code: i32, message: &str, doubted: [bool; 3]) {
        let exception = Exception { code, name: String::new(), message: message.to_owned(), version: None };
        let error = QueryError::Exception(exception);
        let found = [Effect::Read, Effect::Idempotent, Effect::Once].map(|effect| is_in_doubt(&error, effect));
        assert_eq!(found, doubted, "{code} {message}");
    }

    #[test]
    fn doubt_depends_on_the_effect() {
        case(62, "Syntax error", [false, false, false]);
        case(57, "Table d.t already exists", [false, false, false]);
        case(57, "There was an error on [host:9000]: Code: 57. Table exists", [false, false, true]);
        case(159, "Distributed DDL task is not finished on 1 of 2 hosts", [false, true, true]);
        case(241, "Memory limit exceeded", [false, false, true]);
    }

    #[test]
    fn a_statement_that_was_never_sent_was_not_carried_out() {
        let (url, reason) = ("u".to_owned(), "refused".to_owned());
        let unreachable = QueryError::Unreachable { url: url.clone(), reason: reason.clone() };
        let gateway = QueryError::Gateway { url: url.clone(), reason: reason.clone() };
        let lost = QueryError::Lost { url, reason };
        assert!(is_in_doubt(&gateway, Effect::Idempotent), "a server may have died behind it in the middle");
        assert!(!is_in_doubt(&unreachable, Effect::Once));
        assert!(is_in_doubt(&lost, Effect::Once));
        assert!(is_in_doubt(&lost, Effect::Idempotent));
        assert!(!is_in_doubt(&lost, Effect::Read));
    }
}
