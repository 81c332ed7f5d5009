//! What an error says about the effect.

use crate::{connect::clickhouse::QueryError, plan::actions::Effect, sql::split};

/// Exceptions that come before a statement is carried out at all: it was not understood, or its sender is not let in.
const BEFORE_EXECUTION: &[i32] = &[
    62,  // SYNTAX_ERROR
    115, // UNKNOWN_SETTING
    164, // READONLY
    192, // UNKNOWN_USER
    193, // WRONG_PASSWORD
    194, // REQUIRED_PASSWORD
    452, // SETTING_CONSTRAINT_VIOLATION
    516, // AUTHENTICATION_FAILED
];

/// Exceptions that BACKUP, RESTORE and what makes or drops a single object meet before they do anything: it was not
/// understood, not allowed, or what it names is not there. What writes rows meets most of them in the middle of its work
/// too: a function that does not like the thousandth block, a view behind the table whose own target is gone.
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

/// What an exception says of itself that came in the middle of the work: on one host of ON CLUSTER, while others may have
/// done it; from a server that was asked by ours; while blocks were read, made or written.
const IN_THE_MIDDLE: &[&str] = &[
    "There was an error on [",
    "Received from ",
    "While executing",
    "while pushing to view",
    "while write prefix to view",
];

/// Whether it is certain that BACKUP or RESTORE changed nothing anywhere.
pub(in crate::action) fn is_before_any_effect(error: &QueryError) -> bool {
    is_early(error, BEFORE_ANY_EFFECT)
}

/// Whether it is certain that the statement changed nothing anywhere.
pub(super) fn is_untouched(error: &QueryError, statement: &str) -> bool {
    is_early(error, if is_one_definition(statement) { BEFORE_ANY_EFFECT } else { BEFORE_EXECUTION })
}

fn is_early(error: &QueryError, codes: &[i32]) -> bool {
    match error {
        QueryError::Unreachable { .. } => true,
        QueryError::Lost { .. } | QueryError::Gateway { .. } | QueryError::Malformed { .. } => false,
        QueryError::Exception(exception) => {
            let message = exception.message.to_lowercase();
            codes.contains(&exception.code) && !IN_THE_MIDDLE.iter().any(|sign| message.contains(&sign.to_lowercase()))
        }
    }
}

/// Whether a statement makes or drops one object and writes no rows: then what is wrong with it is found first.
///
/// DROP DATABASE drops one table after the other, and so does a list of tables; they do not count.
fn is_one_definition(statement: &str) -> bool {
    let statements = split(statement);
    let [statement] = statements.as_slice() else { return false };
    let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
    let writes = ["SELECT", "POPULATE", "CLONE", "PARALLEL", "REPLACE"].iter().any(|word| statement.has(word));
    match words.as_slice() {
        ["CREATE", ..] => !writes,
        ["DROP", "TABLE" | "VIEW" | "DICTIONARY", ..] => !writes && !statement.text.contains(','),
        _ => false,
    }
}

/// Whether nobody knows what became of the statement.
///
/// - What only reads has no effect: an error is a failure.
/// - A connection that broke, and 159 to ON CLUSTER (it goes on in the background), say nothing about the effect, so what is
///   idempotent waits until it is over before it is sent again.
/// - What must happen once is in doubt after every exception but those that come before any effect: an INSERT that ran out
///   of memory has written some of its blocks.
pub(super) fn is_in_doubt(error: &QueryError, effect: Effect, statement: &str) -> bool {
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
        Effect::Once => !is_untouched(error, statement),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::clickhouse::Exception;

    const INSERT: &str = "INSERT INTO d.t SELECT 1";

    fn exception(code: i32, message: &str) -> QueryError {
        QueryError::Exception(Exception { code, name: String::new(), message: message.to_owned(), version: None })
    }

    #[track_caller]
    fn case(code: i32, message: &str, doubted: [bool; 3]) {
        let error = exception(code, message);
        let statement = "CREATE TABLE d.t (a Int8) ENGINE = Memory";
        let found =
            [Effect::Read, Effect::Idempotent, Effect::Once].map(|effect| is_in_doubt(&error, effect, statement));
        assert_eq!(found, doubted, "{code} {message}");
    }

    #[test]
    fn what_writes_rows_is_untouched_only_where_it_was_never_begun() {
        for code in [36, 43, 44, 48, 60, 202, 359, 497] {
            let error = exception(code, "it says no");
            for writes in [
                INSERT,
                "CREATE TABLE d.t ENGINE = Memory AS SELECT 1",
                "ALTER TABLE d.t DELETE WHERE 1",
                "DROP DATABASE d",
                "DROP TABLE d.t, d.u",
                "DROP TABLE d.t PARALLEL WITH DROP TABLE d.u",
            ] {
                assert!(!is_untouched(&error, writes), "{code} {writes}");
                assert!(is_in_doubt(&error, Effect::Once, writes), "{code} {writes}");
            }
            for defines in ["/* a */ DROP TABLE d.t", "CREATE DATABASE d"] {
                assert!(is_untouched(&error, defines), "{code} {defines}");
            }
        }
        assert!(is_untouched(&exception(62, "Syntax error: failed at position 1"), INSERT));
        for late in [
            "Cannot parse expression: While executing ValuesBlockInputFormat",
            "no: while pushing to view d.v (0)",
            "Received from host:9000. DB::Exception: Syntax error",
        ] {
            assert!(!is_untouched(&exception(62, late), INSERT), "{late}");
        }
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
        assert!(!is_in_doubt(&unreachable, Effect::Once, INSERT));
        assert!(is_in_doubt(&lost, Effect::Once, INSERT));
        assert!(is_in_doubt(&lost, Effect::Idempotent, INSERT));
        assert!(!is_in_doubt(&lost, Effect::Read, INSERT));
        assert!(is_in_doubt(&gateway, Effect::Idempotent, INSERT), "a server may have died behind it in the middle");
    }
}
