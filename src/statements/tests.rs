use indexmap::IndexMap;
use secrecy::ExposeSecret;
use serde_json::json;

use super::*;

fn settings<F: Form>(of_plan: &[(&str, F::Value)], known: F::Known) -> Settings<F>
where
    F::Value: Clone,
{
    let of_plan = of_plan.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Settings { id: "run/backup/1".to_owned(), of_plan, known }
}

fn sent_as(worded: &Worded<AsSent>) -> String {
    format!("{} {:?}", worded.text.expose_secret(), worded.settings)
}

fn sent(path: &str) -> SentPlace {
    let access = SentAccess::Keys { id: "key".into(), secret: "it's".into() };
    SentPlace::new("http://s3/bucket/", path, access)
}

#[test]
fn the_id_comes_first_and_async_last() {
    let of_plan = [
        ("max_backup_bandwidth", json!(1_000)),
        ("s3_storage_class", json!("it's")),
        ("deduplicate_files", json!(false)),
    ];
    let backup = Backup::<AsSent> {
        subject: Subject::Database("a`b".to_owned()),
        to: sent("/p/"),
        base: None,
        settings: settings(&of_plan, vec!["backup_restore_s3_retry_attempts".to_owned()]),
    };
    insta::assert_snapshot!(sent_as(&backup.text().unwrap()), @r#"BACKUP DATABASE `a\`b` TO S3('http://s3/bucket/p', 'key', 'it\'s') SETTINGS id = 'run/backup/1', s3_storage_class = 'it\'s', deduplicate_files = 0 ASYNC {"max_backup_bandwidth": "1000", "backup_restore_s3_retry_attempts": "20"}"#);
}

#[test]
fn what_is_reviewed_has_symbols_and_no_secret() {
    let of_plan = [
        ("max_backup_bandwidth", ReviewedValue::Symbol("{{ steps.found.limit }}".to_owned())),
        ("backup_restore_s3_retry_attempts", ReviewedValue::Known(json!(5))),
    ];
    let place =
        |path: &str| ReviewedPlace::new("http://s3/bucket", path, ReviewedAccess::Keys("env S3_KEY".to_owned()));
    let backup = Backup::<AsReviewed> {
        subject: Subject::Tables {
            database: Some(ReviewedName::Text("d".to_owned())),
            tables: vec![
                ReviewedName::Text("{{ inputs.a }}".to_owned()),
                ReviewedName::EachOf("{{ steps.found.tables }}".to_owned()),
            ],
        },
        to: place("p/{{ run.id }}"),
        base: Some(ReviewedPlace::Unknown("{{ steps.last }}".to_owned())),
        settings: settings(&of_plan, ()),
    };
    let worded = backup.text().unwrap();
    insta::assert_snapshot!(format!("{} {:?}", worded.text, worded.settings), @r#"BACKUP TABLE `d`.`{{ inputs.a }}`, TABLE `d`.<each of {{ steps.found.tables }}> TO S3('http://s3/bucket/p/{{ run.id }}', '[env S3_KEY]', '[HIDDEN]') SETTINGS id = 'run/backup/1', base_backup = S3(<{{ steps.last }}>) ASYNC {"max_backup_bandwidth": "{{ steps.found.limit }}", "backup_restore_s3_retry_attempts": "5", "backup_restore_s3_retry_initial_backoff_ms": "100 (where the server knows it)", "backup_restore_s3_retry_max_backoff_ms": "5000 (where the server knows it)"}"#);
}

#[test]
fn a_restore_says_what_has_to_be_there() {
    let case = |into, structure_only| {
        let restore = Restore::<AsSent> {
            subject: Subject::Tables { database: Some("d".to_owned()), tables: vec!["t".to_owned()] },
            from: SentPlace::new("http://s3", "p", SentAccess::Own),
            into,
            structure_only,
            settings: settings(&[], Vec::new()),
        };
        restore.text().unwrap().text.expose_secret().to_owned()
    };
    insta::assert_snapshot!(case(Into::Absent, true), @"RESTORE TABLE `d`.`t` FROM S3('http://s3/p') SETTINGS id = 'run/backup/1', structure_only = 1 ASYNC");
    insta::assert_snapshot!(case(Into::Existing, false), @"RESTORE TABLE `d`.`t` FROM S3('http://s3/p') SETTINGS id = 'run/backup/1', allow_different_table_def = 1, create_table = 'must exist' ASYNC");
    insta::assert_snapshot!(case(Into::Append, false), @"RESTORE TABLE `d`.`t` FROM S3('http://s3/p') SETTINGS id = 'run/backup/1', allow_different_table_def = 1, create_table = 'must exist', allow_non_empty_tables = 1 ASYNC");
}

#[test]
fn what_houseplan_sets_a_plan_cannot() {
    for name in ["id", "async", "base_backup", "allow_non_empty_tables", "password", "a b", "", "create_table"] {
        let settings = settings::<AsSent>(&[(name, json!("x"))], Vec::new());
        let of_plan = IndexMap::clone(&settings.of_plan);
        let backup = Backup::<AsSent> { subject: Subject::AllExcept(Vec::new()), to: sent("p"), base: None, settings };
        assert!(backup.text().is_err(), "{of_plan:?}");
    }
}

#[test]
fn all_leaves_out_the_systems_databases_and_ours() {
    let except = ["lo`g".to_owned(), "system".to_owned()];
    let reviewed = except.clone().map(ReviewedName::Text).to_vec();
    let expected =
        "ALL EXCEPT DATABASES `system`, `information_schema`, `INFORMATION_SCHEMA`, `houseplan_claim`, `lo\\`g`";
    assert_eq!(Subject::<AsSent>::AllExcept(except.to_vec()).sql(), expected);
    assert_eq!(Subject::<AsReviewed>::AllExcept(reviewed).sql(), expected);
}

#[test]
fn a_probe_gives_up_soon() {
    let known = ["backup_restore_s3_retry_attempts", "backup_restore_s3_retry_max_backoff_ms"].map(str::to_owned);
    insta::assert_snapshot!(sent_as(&probe(&sent("p"), &known.to_vec())), @r#"BACKUP DATABASE information_schema TO S3('http://s3/bucket/p', 'key', 'it\'s') {"backup_restore_s3_retry_attempts": "3", "backup_restore_s3_retry_max_backoff_ms": "200"}"#);
    insta::assert_snapshot!(sent_as(&probe(&sent("p"), &Vec::new())), @r#"BACKUP DATABASE information_schema TO S3('http://s3/bucket/p', 'key', 'it\'s') {}"#);
    let place = ReviewedPlace::new("http://s3", "p/.probe", ReviewedAccess::Own);
    let reviewed = probe::<AsReviewed>(&place, &());
    insta::assert_snapshot!(format!("{} {:?}", reviewed.text, reviewed.settings), @r#"BACKUP DATABASE information_schema TO S3('http://s3/p/.probe') {"backup_restore_s3_retry_attempts": "3 (where the server knows it)", "backup_restore_s3_retry_initial_backoff_ms": "200 (where the server knows it)", "backup_restore_s3_retry_max_backoff_ms": "200 (where the server knows it)"}"#);
}

#[test]
fn a_collection_is_made_without_a_secret_and_named_where_a_store_is() {
    let name = collection_name("2026-11-26_143000-abcd", "backups");
    insta::assert_snapshot!(make_collection(&name, "http://s3/bucket/"), @r"CREATE NAMED COLLECTION `houseplan_2026-11-26_143000-abcd_backups` AS url = 'http://s3/bucket/' OVERRIDABLE");
    let (id, secret, token) = ("key".into(), "it's".into(), "token".into());
    insta::assert_snapshot!(fill_collection(&name, &id, &secret, Some(&token)).expose_secret(), @r"ALTER NAMED COLLECTION `houseplan_2026-11-26_143000-abcd_backups` SET access_key_id = 'key', secret_access_key = 'it\'s', session_token = 'token'");
    insta::assert_snapshot!(fill_collection(&name, &id, &secret, None).expose_secret(), @r"ALTER NAMED COLLECTION `houseplan_2026-11-26_143000-abcd_backups` SET access_key_id = 'key', secret_access_key = 'it\'s'");
    insta::assert_snapshot!(drop_collection(&name), @r"DROP NAMED COLLECTION IF EXISTS `houseplan_2026-11-26_143000-abcd_backups`");
    insta::assert_snapshot!(try_collection(&name, "/nothing", "1"), @r"RESTORE DATABASE `houseplan_tries` FROM S3(`houseplan_2026-11-26_143000-abcd_backups`, 'nothing') SETTINGS id = 'houseplan-tries/1'");
    let sent = SentPlace::new("http://s3/bucket/", "/a/ü/", SentAccess::Collection(name));
    insta::assert_snapshot!(sent.sql(), @"S3(`houseplan_2026-11-26_143000-abcd_backups`, 'a/%C3%BC')");
    let name = collection_name("{{ run.id }}", "backups");
    let reviewed = ReviewedPlace::new("http://s3/bucket", "p/{{ run.id }}", ReviewedAccess::Collection(name));
    insta::assert_snapshot!(reviewed.sql(), @"S3(`houseplan_{{ run.id }}_backups`, 'p/{{ run.id }}')");
}
