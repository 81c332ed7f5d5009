//! Which statements destroy: no SQL is understood beyond its words.

use crate::template::sql::Statement;

/// What of people's data a statement takes away, or puts in another's place, by its words, as in `DROP DATABASE`.
pub(super) fn destroys(statement: &Statement<'_>) -> Option<String> {
    let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
    let name = |count: usize| Some(words[..count].join(" "));
    match words.as_slice() {
        ["DROP", "DATABASE" | "TABLE" | "VIEW" | "DICTIONARY", ..] => name(2),
        ["SYSTEM", "DROP", "REPLICA", ..] => name(3),
        ["SYSTEM", "DROP", "DATABASE", "REPLICA", ..] => name(4),
        ["TRUNCATE" | "DETACH" | "RENAME" | "EXCHANGE" | "UPDATE", ..] => name(1),
        ["OPTIMIZE", ..] if statement.has("DEDUPLICATE") => Some("OPTIMIZE … DEDUPLICATE".to_owned()),
        ["DELETE", "FROM", ..] => name(2),
        ["CREATE", "OR", "REPLACE", ..] => name(3),
        ["REPLACE", ..] => name(1),
        ["ALTER", ..] => {
            let pairs = words.windows(2);
            let dropped =
                |pair: &[&str]| pair[0] == "DROP" && ["PARTITION", "PART", "COLUMN", "DETACHED"].contains(&pair[1]);
            if pairs.clone().any(dropped) {
                Some("ALTER … DROP".to_owned())
            } else if pairs.clone().any(|pair| pair == ["MODIFY", "TTL"]) {
                Some("ALTER … MODIFY TTL".to_owned())
            } else {
                let words = ["DELETE", "UPDATE", "CLEAR", "DETACH", "REPLACE", "MOVE"];
                words.into_iter().find(|it| statement.has(it)).map(|it| format!("ALTER … {it}"))
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::sql;

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
        case("CREATE OR REPLACE TABLE a (b Int8) ENGINE = Memory", Some("CREATE OR REPLACE"));
        case("CREATE TABLE a (b Int8) ENGINE = Memory", None);
        case("CREATE TABLE dropped (a Int8)", None);
        case("ALTER TABLE a MODIFY TTL d + INTERVAL 1 DAY", Some("ALTER … MODIFY TTL"));
        case("ALTER TABLE a REPLACE PARTITION 1 FROM b", Some("ALTER … REPLACE"));
        case("RENAME TABLE a TO b", Some("RENAME"));
        case("UPDATE a SET b = 1 WHERE 1", Some("UPDATE"));
        case("OPTIMIZE TABLE a FINAL", None);
        case("OPTIMIZE TABLE a FINAL DEDUPLICATE", Some("OPTIMIZE … DEDUPLICATE"));
    }
}
