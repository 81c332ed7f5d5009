//! Which statements destroy: no SQL is understood beyond its words.

use crate::sql::Statement;

/// What of people's data a statement destroys, by its words. Several go on at the same time with PARALLEL WITH between them.
pub(super) fn destroys(statement: &Statement<'_>) -> Option<String> {
    let words: Vec<&str> = statement.words.iter().map(String::as_str).filter(|word| *word != "WITH").collect();
    words.split(|word| *word == "PARALLEL").find_map(destroys_by_words)
}

fn destroys_by_words(words: &[&str]) -> Option<String> {
    let name = |count: usize| Some(words[..count].join(" "));
    let has = |word: &str| words.contains(&word);
    match words {
        ["DROP", "DATABASE" | "TABLE" | "VIEW" | "DICTIONARY", ..] => name(2),
        ["SYSTEM", "DROP", "REPLICA", ..] => name(3),
        ["SYSTEM", "DROP", "DATABASE", "REPLICA", ..] => name(4),
        ["TRUNCATE" | "DETACH" | "RENAME" | "EXCHANGE" | "UPDATE", ..] => name(1),
        ["OPTIMIZE", ..] if has("DEDUPLICATE") => Some("OPTIMIZE … DEDUPLICATE".to_owned()),
        ["DELETE", "FROM", ..] => name(2),
        ["CREATE", "OR", "REPLACE", ..] => name(3),
        ["REPLACE", ..] => name(1),
        ["ALTER", ..] => {
            let taken = |pair: &[&str]| {
                matches!(pair, ["DROP", "PARTITION" | "PART" | "COLUMN" | "DETACHED"])
                    || matches!(pair, ["DETACH" | "MOVE", "PARTITION" | "PART"] | ["REPLACE", "PARTITION"])
                    || matches!(pair, ["MODIFY" | "MATERIALIZE", "TTL"])
            };
            let whole = ["DELETE", "UPDATE", "CLEAR"].into_iter().find(|it| has(it));
            let found = words.windows(2).find(|pair| taken(pair)).map(|pair| pair[0]).or(whole)?;
            Some(format!("ALTER … {found}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;

    #[track_caller]
    fn case(sql: &str, expected: Option<&str>) {
        assert_eq!(sql::split(sql).iter().find_map(destroys).as_deref(), expected, "{sql}");
    }

    #[test]
    fn destruction_is_told_by_the_first_words() {
        case("drop table if exists a sync", Some("DROP TABLE"));
        case("/* DROP TABLE a */ SELECT 'DROP TABLE'", None);
        case("DROP NAMED COLLECTION a", None);
        case("DROP TEMPORARY TABLE a", None);
        case("SYSTEM DROP REPLICA 'r' FROM ZKPATH '/a'", Some("SYSTEM DROP REPLICA"));
        case("SYSTEM DROP MARK CACHE", None);
        case("ALTER TABLE a DROP PARTITION 1", Some("ALTER … DROP"));
        case("ALTER TABLE a DROP INDEX i", None);
        case("ALTER TABLE a DELETE WHERE 1", Some("ALTER … DELETE"));
        case("ALTER TABLE a ADD COLUMN b Int8", None);
        case("ALTER TABLE a DETACH PARTITION 1", Some("ALTER … DETACH"));
        case("ALTER TABLE a REPLACE PARTITION 1 FROM b", Some("ALTER … REPLACE"));
        case("ALTER TABLE a MOVE PARTITION 1 TO TABLE b", Some("ALTER … MOVE"));
        case("ALTER TABLE a MODIFY TTL d + INTERVAL 1 DAY", Some("ALTER … MODIFY"));
        case("ALTER TABLE a UPDATE b = 1 WHERE 1", Some("ALTER … UPDATE"));
        case("ALTER TABLE a MODIFY COMMENT 'b'", None);
        case("EXCHANGE TABLES a AND b", Some("EXCHANGE"));
        case("RENAME TABLE a TO b", Some("RENAME"));
        case("OPTIMIZE TABLE a FINAL DEDUPLICATE", Some("OPTIMIZE … DEDUPLICATE"));
        case("OPTIMIZE TABLE a FINAL", None);
        case("SYSTEM DROP DATABASE REPLICA 'r' FROM DATABASE d", Some("SYSTEM DROP DATABASE REPLICA"));
        case("CREATE TABLE a (b Int8) ENGINE = Memory PARALLEL WITH DROP TABLE c", Some("DROP TABLE"));
        case("CREATE OR REPLACE TABLE a (b Int8) ENGINE = Memory", Some("CREATE OR REPLACE"));
        case("CREATE TABLE a (b Int8) ENGINE = Memory", None);
        case("CREATE TABLE dropped (a Int8)", None);
    }
}
