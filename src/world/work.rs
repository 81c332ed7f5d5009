//! What a server is at: statements that bear a mark of ours, and BACKUPs and RESTOREs.

use serde_json::Value;

use crate::{
    connect::{
        clickhouse::{QueryError, Row, Statement, quote_string},
        target::Member,
    },
    diagnose::{Activity, Context, diagnose},
    failure::Failure,
    statements::TRIALS,
};

/// Servers without the queue of ON CLUSTER: UNKNOWN_TABLE, NO_ELEMENTS_IN_CONFIG, NO_ZOOKEEPER.
const NO_QUEUE: &[i32] = &[60, 139, 225];

/// A BACKUP or RESTORE under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub id: String,
    /// `BACKUP` or `RESTORE`.
    pub verb: &'static str,
    /// Empty where the server does not tell it.
    pub query_id: String,
}

impl Operation {
    /// Whether a run has begun it.
    pub fn is_of(&self, run: &str) -> bool {
        self.id.strip_prefix(run).is_some_and(|rest| rest.starts_with('/'))
    }

    fn new(row: &Row) -> Self {
        let verb = if text(row, "status") == "RESTORING" { "RESTORE" } else { "BACKUP" };
        Self { id: text(row, "id"), verb, query_id: text(row, "query_id") }
    }
}

/// The BACKUPs and RESTOREs that a server calls under way, whosever they are.
pub async fn operations(member: &Member) -> Result<Vec<Operation>, QueryError> {
    // By pattern, for older servers have no `query_id`.
    let query = format!(
        "SELECT COLUMNS('^(id|status|query_id)$') FROM system.backups \
         WHERE status IN ('CREATING_BACKUP', 'RESTORING') AND NOT startsWith(id, {}) ORDER BY start_time",
        quote_string(TRIALS)
    );
    Ok(member.client.query(&Statement::read(query)).await?.0.iter().map(Operation::new).collect())
}

/// The statements at work whose mark begins with `mark`, in words; also entries of the queue of ON CLUSTER.
///
/// A statement is known by the comment that it begins with. Where a secret stands in its text, the server shows it without
/// that comment *(run)*, and it is known by its setting `log_comment`, which bears the same words.
pub async fn statements(member: &Member, mark: &str, action: Activity) -> Result<Vec<String>, Failure> {
    let context = Context::on(action, member);
    let mark = quote_string(mark);
    // A look for the mark elsewhere in the text would find this very statement.
    let processes = Statement::read(format!(
        "SELECT if(startsWith(query, '/* houseplan '), extract(query, '^/\\\\* houseplan (.*?) \\\\*/'), \
         replaceOne(Settings['log_comment'], 'houseplan ', '')) AS name, toUInt64(elapsed) AS seconds \
         FROM system.processes \
         WHERE (startsWith(query, concat('/* ', {mark})) OR startsWith(Settings['log_comment'], {mark})) \
         AND query_id != queryID() ORDER BY elapsed DESC"
    ));
    let rows = member.client.query(&processes).await.map_err(|error| diagnose(&error, &context))?;
    let seconds = |row: &Row| row.get("seconds").and_then(Value::as_u64).unwrap_or_default();
    let mut found: Vec<String> =
        rows.0.iter().map(|row| format!("{}, for {} s", text(row, "name"), seconds(row))).collect();
    let queue = Statement::read(format!(
        "SELECT count() FROM system.distributed_ddl_queue \
         WHERE startsWith(settings['log_comment'], {mark}) AND status NOT IN ('Finished', 'Removing')"
    ));
    match member.client.query(&queue).await {
        Ok(rows) => {
            let entries = rows.scalar().and_then(Value::as_u64).unwrap_or_default();
            found.extend((entries > 0).then(|| format!("{entries} entries of the queue of ON CLUSTER")));
        }
        Err(error) if NO_QUEUE.iter().any(|code| error.has_code(*code)) => {}
        Err(error) => return Err(diagnose(&error, &context)),
    }
    Ok(found)
}

/// All that a server is at for a run, each in words.
pub async fn of_run(member: &Member, run: &str) -> Result<Vec<String>, Failure> {
    let mut found = statements(member, &format!("houseplan {run}/"), Activity::Claim).await?;
    let operations =
        operations(member).await.map_err(|error| diagnose(&error, &Context::on(Activity::Claim, member)))?;
    let own = operations.iter().filter(|operation| operation.is_of(run));
    found.extend(own.map(|operation| format!("{} {}", operation.verb, operation.id)));
    Ok(found)
}

fn text(row: &Row, column: &str) -> String {
    row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned()
}
