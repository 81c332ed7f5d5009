//! Statements that mean something to the session they are sent in, and to nothing after it.

use super::Statement;

/// Why a statement has no meaning here, and what to do instead: each is sent by itself and there is no session, so the next
/// one would run without it, in another database or on another table.
pub fn needs_session(statement: &Statement<'_>) -> Option<&'static str> {
    let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["USE", ..] => Some("name the database, as in `database.table`"),
        // SET DEFAULT ROLE … TO user is kept by the server.
        ["SET", "DEFAULT", "ROLE", ..] => None,
        ["SET", ..] => Some("use `settings:` of this step"),
        ["BEGIN" | "COMMIT" | "ROLLBACK", ..] | ["START", "TRANSACTION", ..] => Some("leave transactions out"),
        ["CREATE" | "REPLACE" | "ATTACH" | "DROP" | "DETACH" | "TRUNCATE", "TEMPORARY", ..]
        | ["CREATE", "OR", "REPLACE", "TEMPORARY", ..] => {
            Some("use a table of a database, and drop it in a later step")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::split, *};

    #[track_caller]
    fn case(sql: &str, refused: bool) {
        assert_eq!(needs_session(&split(sql)[0]).is_some(), refused, "{sql}");
    }

    #[test]
    fn what_only_a_session_knows_is_known_by_its_first_words() {
        case("use a", true);
        case("/* c */ SET max_threads = 1", true);
        case("SET ROLE a", true);
        case("SET DEFAULT ROLE a TO b", false);
        case("create temporary table a (b Int8)", true);
        case("CREATE OR REPLACE TEMPORARY TABLE a (b Int8)", true);
        case("DROP TEMPORARY TABLE a", true);
        case("BEGIN TRANSACTION", true);
        case("CREATE TABLE temporary (use Int8)", false);
        case("ALTER TABLE a MODIFY SETTING b = 1", false);
        case("SELECT 1 SETTINGS max_threads = 1", false);
    }
}
