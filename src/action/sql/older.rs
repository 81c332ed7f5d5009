//! What is asked of a server that is too old for a check's statement: a fact is asked for, never guessed from a version.

use serde_json::json;

use crate::{
    connect::{
        clickhouse::{QueryError, Row, Rows, Statement},
        target::Member,
    },
    statements::instead_of_check_grant,
};

/// ACCESS_DENIED.
const DENIED: i32 = 497;

/// The answer to a statement that the server refused as `unknown`, by one that it knows. Where there is none, that is the answer.
pub(super) async fn answer(member: &Member, statement: &Statement, unknown: QueryError) -> Result<Rows, QueryError> {
    let Some(text) = instead_of_check_grant(&statement.text) else { return Err(unknown) };
    let asked = member.client.query(&Statement { text, ..statement.clone() }).await;
    may_show(asked).map(|may| Rows(vec![Row::from_iter([("result".to_owned(), json!(u8::from(may)))])]))
}

/// As CHECK GRANT would say it: whether the server answered at all.
fn may_show(answer: Result<Rows, QueryError>) -> Result<bool, QueryError> {
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.has_code(DENIED) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::clickhouse::Exception;

    #[test]
    fn only_a_denial_says_that_the_user_may_not() {
        let exception = |code| {
            let (name, message) = (String::new(), String::new());
            QueryError::Exception(Exception { code, name, message, version: None })
        };
        assert!(may_show(Ok(Rows::default())).unwrap());
        assert!(!may_show(Err(exception(497))).unwrap());
        assert!(may_show(Err(exception(159))).unwrap_err().has_code(159));
    }
}
