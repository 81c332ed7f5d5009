//! `CHECK GRANT SHOW TABLES`, and what is asked of a server that does not know it (before ClickHouse 24.11).

use crate::sql::quote_identifier;

/// What the other statement does not tell, as a review says it.
pub const NOT_ASKED: &str = "a REVOKE that hides single tables is then not seen";

/// A table that nobody has.
const NO_TABLE: &str = "houseplan_no_table";

/// What is sent in place of `CHECK GRANT SHOW TABLES ON database.*` (or `*.*`) where the server does not know that: `EXISTS TABLE`
/// of a table that is not there, which every server answers only to a user who may SHOW it. `None` for every other statement.
pub fn instead_of_check_grant(text: &str) -> Option<String> {
    let scope = text.trim().strip_prefix("CHECK GRANT SHOW TABLES ON ")?.trim().strip_suffix(".*")?;
    let table = quote_identifier(NO_TABLE);
    let database = if scope == "*" { table.as_str() } else { scope };
    Some(format!("EXISTS TABLE {database}.{table}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_cannot_check_a_grant_is_asked_for_a_table() {
        let case = |text| instead_of_check_grant(text);
        let of_all = "EXISTS TABLE `houseplan_no_table`.`houseplan_no_table`";
        assert_eq!(case("CHECK GRANT SHOW TABLES ON *.*").as_deref(), Some(of_all));
        let of_one = "EXISTS TABLE `a.b`.`houseplan_no_table`";
        assert_eq!(case("CHECK GRANT SHOW TABLES ON `a.b`.*").as_deref(), Some(of_one));
        assert_eq!(case("CHECK GRANT SELECT ON *.*"), None);
        assert_eq!(case("SELECT 1"), None);
    }
}
