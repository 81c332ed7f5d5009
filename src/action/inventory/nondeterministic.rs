//! Columns that are another at each reading: their default is not the same each time it is computed (`now()`,
//! `generateUUIDv4()`, `hostName()`), and some part lacks them, so that it is computed for its rows whenever they are read. No two
//! checksums of such a table are the same, and none proves anything.

use std::collections::{BTreeSet, HashSet};

use super::{Column, Nondeterministic, read::HeldTable};
use crate::{
    connect::{
        clickhouse::{QueryError, Statement, quote_string},
        target::Member,
    },
    sql::lexer::{TokenKind, lex},
};

/// Functions of ClickHouse 26.9 whose `deterministic` is 0 in `system.functions` and that a default may call, in lower case.
/// Servers before 26 do not say it themselves.
const FUNCTIONS: &str = "\
    authenticateduser blocknumber blockserializedsize blocksize buildid connection_id connectionid curdate \
    current_database current_schemas currentdatabase currentprofiles currentqueryid currentroles currentschemas \
    currentuser datetimetouuidv7 displayname file fqdn fullhostname fuzzbits getmacro getmergetreesetting \
    getoskernelversion getserverport getserversetting getsetting getsettingordefault hascolumnintable hostname \
    initial_query_id initialqueryid initialquerystarttime localtime localtimestamp lowcardinalityindices \
    lowcardinalitykeys neighbor now now64 nowinblock nowinblock64 query_id queryid revision rownumberinallblocks \
    rownumberinblock runningaccumulate runningconcurrency runningdifference runningdifferencestartingwithfirstvalue \
    servertimezone serveruuid session_user shardcount shardnum tcpport timezone today transactionid uptime user \
    utc_timestamp utctimestamp version yesterday zookeepersessionuptime";

/// How the names of others begin: `rand64`, `randomString`, `generateUUIDv7`, `dictGetOrDefault`, `regionToName`, ….
const BEGINNINGS: &str = "\
    rand generate dictget dicthas dictisin joinget region filesystem arrayrandomsample arrayshuffle arraypartialshuffle";

/// What is computed without brackets, where no column is named so.
const WITHOUT_BRACKETS: &str = "\
    current_timestamp current_date current_user localtimestamp utc_timestamp";

/// The columns of a member's tables that are another at each reading, as far as it is known what parts lack.
pub(super) async fn find<'a>(
    member: &Member,
    tables: impl Iterator<Item = (&'a String, &'a HeldTable)>,
) -> Result<Vec<Nondeterministic>, QueryError> {
    let candidates: Vec<Candidate> = tables.flat_map(|(name, table)| candidates(name, table)).collect();
    let called: BTreeSet<&String> = candidates.iter().flat_map(|candidate| &candidate.calls).collect();
    let known = ask(member, &called).await?;
    let is_one = |call: &String| is_on_list(call) || known.contains(call);
    Ok(candidates.into_iter().filter(|it| it.calls.iter().any(is_one)).map(|it| it.column).collect())
}

/// A column that some part lacks, and what is called to compute it.
struct Candidate {
    column: Nondeterministic,
    /// In lower case.
    calls: BTreeSet<String>,
}

fn candidates(name: &str, table: &HeldTable) -> Vec<Candidate> {
    let lacking = table.lacking.iter().flatten();
    let columns = lacking.filter_map(|lacked| table.columns.iter().find(|column| column.name == *lacked));
    let candidate = |column: &Column| Candidate {
        column: Nondeterministic {
            table: name.to_owned(),
            column: column.name.clone(),
            default: format!("{} {}", column.default_kind, column.default_expression),
        },
        calls: calls(column, &table.columns),
    };
    columns.filter(|column| !column.default_kind.is_empty()).map(candidate).collect()
}

/// What the functions of a column's default are called. A column that it names is read from the part, or is one of those that are
/// found themselves; but one that is stored nowhere is computed with it.
fn calls(column: &Column, columns: &[Column]) -> BTreeSet<String> {
    let (mut calls, mut seen, mut open) = (BTreeSet::new(), HashSet::new(), vec![column]);
    while let Some(column) = open.pop() {
        if !seen.insert(&column.name) {
            continue;
        }
        for (word, is_called) in words(&column.default_expression) {
            let named = columns.iter().find(|it| it.name == word);
            match named.filter(|_| !is_called) {
                Some(named) if !named.is_stored() => open.push(named),
                Some(_) => {}
                None if is_called || is_listed(WITHOUT_BRACKETS, &word.to_lowercase()) => {
                    calls.insert(word.to_lowercase());
                }
                None => {}
            }
        }
    }
    calls
}

/// The names in an expression, and whether each is called.
fn words(expression: &str) -> Vec<(String, bool)> {
    let tokens: Vec<_> = lex(expression).into_iter().filter(|token| token.kind != TokenKind::Space).collect();
    let named = tokens.iter().enumerate().filter_map(|(at, token)| {
        let text = &expression[token.range.clone()];
        let is_called = tokens.get(at + 1).is_some_and(|next| expression[next.range.clone()].starts_with('('));
        match token.kind {
            TokenKind::Word => Some((text.to_owned(), is_called)),
            TokenKind::QuotedIdentifier => Some((text.trim_matches('`').replace("\\`", "`"), false)),
            _ => None,
        }
    });
    named.collect()
}

fn is_on_list(call: &str) -> bool {
    is_listed(FUNCTIONS, call)
        || is_listed(WITHOUT_BRACKETS, call)
        || BEGINNINGS.split_whitespace().any(|beginning| call.starts_with(beginning))
}

fn is_listed(list: &str, call: &str) -> bool {
    list.split_whitespace().any(|name| name == call)
}

/// Which functions the server says are not deterministic; what a program outside of it answers may be anything.
async fn ask(member: &Member, called: &BTreeSet<&String>) -> Result<HashSet<String>, QueryError> {
    if called.is_empty() {
        return Ok(HashSet::new());
    }
    let says = "SELECT toUInt64(count()) FROM system.columns \
                WHERE database = 'system' AND table = 'functions' AND name = 'deterministic'";
    let says = member.client.scalar(says).await?.as_u64() == Some(1);
    let names: Vec<String> = called.iter().map(|name| quote_string(name)).collect();
    let query = format!(
        "SELECT lower(name) AS name FROM system.functions \
         WHERE lower(name) IN ({}) AND (origin = 'ExecutableUserDefined'{})",
        names.join(", "),
        if says { " OR deterministic = 0" } else { "" }
    );
    let rows = member.client.query(&Statement::read(query)).await?;
    Ok(rows.0.iter().filter_map(|row| Some(row.get("name")?.as_str()?.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, default: &str) -> Column {
        let (kind, expression) = default.split_once(' ').unwrap_or_default();
        Column {
            name: name.to_owned(),
            type_name: "String".to_owned(),
            default_kind: kind.to_owned(),
            default_expression: expression.to_owned(),
        }
    }

    #[track_caller]
    fn case(default: &str, expected: bool) {
        let columns = [
            column("x", &format!("DEFAULT {default}")),
            column("user", ""),
            column("stamped", "DEFAULT now()"),
            column("shown", "ALIAS concat(`given by`, 'a')"),
            column("given by", "EPHEMERAL toString(rand64())"),
            column("circle", "ALIAS circle2"),
            column("circle2", "ALIAS circle"),
        ];
        assert_eq!(calls(&columns[0], &columns).iter().any(|call| is_on_list(call)), expected, "{default}");
    }

    #[test]
    fn it_is_found_in_whatever_a_default_calls() {
        for default in [
            "now()",
            "toStartOfHour(now64(3) - toIntervalDay(1))",
            "arrayMap(x -> (x + rand()), [1])",
            "CURRENT_TIMESTAMP",
            "generateUUIDv4()",
            "hostName ()",
            "dictGet('d', 'a', id)",
            "lower(shown)",
            "concat(user, user())",
        ] {
            case(default, true);
        }
    }

    #[test]
    fn what_only_looks_like_it_is_not_taken_for_it() {
        for default in [
            "'now()'",
            "lower('rand()')",
            "user",
            "arrayMap(now -> (now + 1), [1])",
            "toStartOfHour(at)",
            "stamped",
            "circle",
            "`rand`",
            "cityHash64(id)",
        ] {
            case(default, false);
        }
    }
}
