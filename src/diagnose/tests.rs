mod reads;
mod report;

use super::*;

fn context(action: Activity) -> Context {
    Context { action, member: Some("replica1".into()), table: Some("default.runs".to_owned()) }
}

#[track_caller]
fn recognised(action: Activity, text: &str, code: &str) {
    let failure = diagnose(&QueryError::Exception(Exception::parse(text, None)), &context(action));
    assert_eq!(failure.code, code, "{text}");
    assert!(failure.help.is_some() && failure.server.is_some());
}

/// The exact texts are those of the engine (`engine-facts`), but for what is marked as read.
#[test]
fn exceptions_are_known_by_number_then_words_then_action() {
    use Activity::{Backup, Claim, Keeper, Restore, Sql};
    let cases: &[(Activity, &str, &str)] = &[
        (
            Restore,
            "Code: 608. DB::Exception: Cannot restore the table f.t because it already contains some data. You can set structure_only=true. (CANNOT_RESTORE_TABLE)",
            "houseplan::restore::table_not_empty",
        ),
        (
            Restore,
            "Code: 608. DB::Exception: The table has a different definition: CREATE TABLE … comparing to its definition in the backup: … (CANNOT_RESTORE_TABLE)",
            "houseplan::restore::different_definition",
        ),
        (
            Restore,
            "Code: 608. DB::Exception: Something else. (CANNOT_RESTORE_TABLE)",
            "houseplan::restore::cannot_restore_table",
        ),
        (
            Restore,
            "Code: 607. DB::Exception: The database has a different definition (CANNOT_RESTORE_DATABASE)",
            "houseplan::restore::cannot_restore_database",
        ),
        (
            Restore,
            "Code: 57. DB::Exception: Table f.t already exists: While creating table f.t. (TABLE_ALREADY_EXISTS)",
            "houseplan::restore::table_exists",
        ),
        (
            Sql,
            "Code: 57. DB::Exception: Table f.t already exists. (TABLE_ALREADY_EXISTS)",
            "houseplan::clickhouse::table_exists",
        ),
        (
            Restore,
            "Code: 60. DB::Exception: Table d.t does not exist. (UNKNOWN_TABLE)",
            "houseplan::restore::table_missing",
        ),
        (
            Sql,
            "Code: 60. DB::Exception: Unknown table expression identifier 'x'. (UNKNOWN_TABLE)",
            "houseplan::clickhouse::unknown_table",
        ),
        (
            Backup,
            "Code: 81. DB::Exception: Database x does not exist. (UNKNOWN_DATABASE)",
            "houseplan::backup::no_such_database",
        ),
        (
            Backup,
            "Code: 598. DB::Exception: Backup S3('url', 'AK', '[HIDDEN]') already exists. (BACKUP_ALREADY_EXISTS)",
            "houseplan::backup::already_exists",
        ),
        (
            Restore,
            "Code: 599. DB::Exception: Backup S3(...) not found. (BACKUP_NOT_FOUND)",
            "houseplan::backup::not_found",
        ),
        (
            Restore,
            "Code: 605. DB::Exception: Table f.zzz not found in backup. (BACKUP_ENTRY_NOT_FOUND)",
            "houseplan::backup::entry_not_found",
        ),
        (Restore, "Code: 601. DB::Exception: Damaged (BACKUP_DAMAGED)", "houseplan::backup::damaged"),
        (
            Backup,
            "Code: 42. DB::Exception: Backup S3 requires 1 or 3 arguments: url, [access_key_id, secret_access_key]. (NUMBER_OF_ARGUMENTS_DOESNT_MATCH)",
            "houseplan::backup::s3_arguments",
        ),
        (
            Backup,
            "Code: 115. DB::Exception: Unknown setting 's3_session_token'. (UNKNOWN_SETTING)",
            "houseplan::backup::session_token",
        ),
        (
            Backup,
            "Code: 115. DB::Exception: Unknown setting 'id'. (UNKNOWN_SETTING)",
            "houseplan::backup::settings_order",
        ),
        (
            Sql,
            "Code: 115. DB::Exception: Unknown setting 'nonsense'. (UNKNOWN_SETTING)",
            "houseplan::clickhouse::unknown_setting",
        ),
        (
            Backup,
            "Code: 36. DB::Exception: Cannot start backup with ID 'my-id' because there is another backup with the same ID. (BAD_ARGUMENTS)",
            "houseplan::backup::id_taken",
        ),
        (
            Backup,
            "Code: 36. DB::Exception: Failed to parse S3 backup destination. (BAD_ARGUMENTS)",
            "houseplan::backup::destination",
        ),
        (
            Backup,
            "Code: 36. DB::Exception: There is no named collection 'missing_nc'. (BAD_ARGUMENTS)",
            "houseplan::backup::named_collection",
        ),
        (
            Backup,
            "Code: 36. DB::Exception: Zip archive format is not supported for S3 backups because zip requires seeking. (BAD_ARGUMENTS)",
            "houseplan::backup::archive",
        ),
        (
            Backup,
            "Code: 36. DB::Exception: Password is not applicable, backup cannot be encrypted. (BAD_ARGUMENTS)",
            "houseplan::backup::password",
        ),
        (
            Backup,
            "Code: 47. DB::Exception: Unknown expression identifier BACKUP (UNKNOWN_IDENTIFIER)",
            "houseplan::backup::unknown_statement",
        ),
        (
            Backup,
            "Code: 394. DB::Exception: Query was cancelled. (QUERY_WAS_CANCELLED)",
            "houseplan::backup::cancelled",
        ),
        (
            Backup,
            "Code: 653. DB::Exception: Cannot parse creation mode from 0. (CANNOT_PARSE_BACKUP_SETTINGS)",
            "houseplan::backup::settings",
        ),
        (Backup, "Code: 655. DB::Exception: x (FAILED_TO_SYNC_BACKUP_OR_RESTORE)", "houseplan::backup::host_failed"),
        (
            Backup,
            "Code: 499. DB::Exception: Failed to check existence of key x2/.backup in bucket backups: No response body.. HTTP response code: 403, error type: ACCESS_DENIED. Please check your AWS credentials and permissions. (S3_ERROR)",
            "houseplan::store::access_denied",
        ),
        (
            Backup,
            "Code: 499. DB::Exception: Message: The specified bucket does not exist, bucket nobucket, key m/.lock, object size 36. (S3_ERROR)",
            "houseplan::store::no_such_bucket",
        ),
        (
            Backup,
            "Code: 499. DB::Exception: Failed to check existence of key: Connection refused … HTTP response code: 18446744073709551615, error type: NETWORK_CONNECTION. (S3_ERROR)",
            "houseplan::store::unreachable",
        ),
        (Backup, "Code: 499. DB::Exception: Slow Down (S3_ERROR)", "houseplan::store::failed"),
        (
            Backup,
            "Code: 497. DB::Exception: s3_allow_server_credentials_in_user_queries is disabled. (ACCESS_DENIED)",
            "houseplan::access::server_credentials",
        ),
        (Sql, "Code: 497. DB::Exception: u: Not enough privileges. (ACCESS_DENIED)", "houseplan::access::denied"),
        (
            Claim,
            "Code: 497. DB::Exception: u: Not enough privileges. (ACCESS_DENIED)",
            "houseplan::claim::not_permitted",
        ),
        (
            Sql,
            "Code: 516. DB::Exception: u: Authentication failed. (AUTHENTICATION_FAILED)",
            "houseplan::access::authentication",
        ),
        (
            Sql,
            "Code: 253. DB::Exception: Replica /clickhouse/tables/01/d/replicas/replica1 already exists. (REPLICA_ALREADY_EXISTS)",
            "houseplan::keeper::replica_exists",
        ),
        (
            Restore,
            "Code: 253. DB::Exception: While creating table default.c2. (REPLICA_ALREADY_EXISTS)",
            "houseplan::restore::replica_exists",
        ),
        (
            Keeper,
            "Code: 305. DB::Exception: Can't drop replica: it's active. (TABLE_WAS_NOT_DROPPED)",
            "houseplan::keeper::replica_alive",
        ),
        (
            Sql,
            "Code: 225. DB::Exception: Can't create replicated table without ZooKeeper (NO_ZOOKEEPER)",
            "houseplan::keeper::not_configured",
        ),
        (
            Sql,
            "Code: 242. DB::Exception: Table is in readonly mode (TABLE_IS_READ_ONLY)",
            "houseplan::keeper::readonly_replica",
        ),
        (
            Sql,
            "Code: 244. DB::Exception: Unexpected logical error while adding block … No node (UNEXPECTED_ZOOKEEPER_ERROR)",
            "houseplan::keeper::nodes_gone",
        ),
        (
            Sql,
            "Code: 999. DB::Exception: Transaction failed (No node): Op #0, path: /ct/u/replicas/replica1/host. (KEEPER_EXCEPTION)",
            "houseplan::keeper::nodes_gone",
        ),
        (Sql, "Code: 999. DB::Exception: Connection loss (KEEPER_EXCEPTION)", "houseplan::keeper::failed"),
        (
            Sql,
            "Code: 159. DB::Exception: Distributed DDL task /clickhouse/task_queue/ddl/query-1 is not finished on 1 of 2 hosts. They are going to execute the query in background. (TIMEOUT_EXCEEDED)",
            "houseplan::clickhouse::background",
        ),
        (
            Sql,
            "Code: 159. DB::Exception: Timeout exceeded: elapsed 1.0 seconds, maximum: 1. (TIMEOUT_EXCEEDED)",
            "houseplan::clickhouse::timeout",
        ),
        (
            Sql,
            "Code: 164. DB::Exception: Cannot execute query in readonly mode. (READONLY)",
            "houseplan::clickhouse::readonly",
        ),
        (
            Sql,
            "Code: 164. DB::Exception: Cannot modify 'limit' setting in readonly mode. (READONLY)",
            "houseplan::access::readonly_user",
        ),
        (
            Sql,
            "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)",
            "houseplan::clickhouse::disk_full",
        ),
        (
            Sql,
            "Code: 359. DB::Exception: Table or Partition in d.t was not dropped. (TABLE_SIZE_EXCEEDS_MAX_DROP_SIZE_LIMIT)",
            "houseplan::clickhouse::too_large_to_drop",
        ),
        (
            Sql,
            "Code: 392. DB::Exception: DDL queries are prohibited (QUERY_IS_PROHIBITED)",
            "houseplan::clickhouse::prohibited",
        ),
        (
            Sql,
            "Code: 701. DB::Exception: Requested cluster 'default' not found. (CLUSTER_DOESNT_EXIST)",
            "houseplan::clickhouse::unknown_cluster",
        ),
        (
            Sql,
            "Code: 122. DB::Exception: Table columns structure in ZooKeeper is different from local table structure. (INCOMPATIBLE_COLUMNS)",
            "houseplan::keeper::other_columns",
        ),
    ];
    for (action, text, code) in cases {
        recognised(*action, text, code);
    }
}

#[test]
fn what_migrations_print_is_known() {
    let code = |output: &str| diagnose_output(output, &Context::new(Activity::Exec)).map(|failure| failure.code);
    assert_eq!(
        code("error: Dirty database version 23. Fix and force version.\n").as_deref(),
        Some("houseplan::migration::dirty")
    );
    assert_eq!(
        code("migration failed: code: 20, message: column 'kv' not found in target table").as_deref(),
        Some("houseplan::migration::array_join_view")
    );
    assert_eq!(
        code("0007.up.sql\ncode: 57, message: Table default.runs already exists").as_deref(),
        Some("houseplan::clickhouse::table_exists")
    );
    assert_eq!(code("Done."), None);
}
