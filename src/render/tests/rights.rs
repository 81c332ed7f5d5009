//! Which rights the steps of a plan take in which stores, and the policy of it.

use crate::{
    bundle::{expand, fixture},
    name::Name,
    render::{IamPolicy, iam_policy},
    template::InputValues,
};

const ENVIRONMENT: &str = r#"
apiVersion: houseplan/v1
kind: Environment
metadata: { name: sandbox }
targets:
  source: { kind: clickhouse, members: { source: { url: "http://h:1" } } }
  there: { kind: s3, url: "https://my-bucket.s3.cn-north-1.amazonaws.com.cn/a/folder" }
  cold_store: { kind: s3, url: "http://s3/bucket", access_key_id: { env: K }, secret_access_key: { env: S } }
"#;

const STEPS: &str = r#"
  backup: { backup: { on: source, database: d, to: { store: there, path: p } } }
  restore: { needs: [backup], restore: { on: source, from: "{{ steps.backup }}", database: e, into: absent } }
  copied: { check: [ { name: whole, inspect: { on: cold_store, backup: p } } ] }
  tidy: { preconditions: [ { name: some, expect: "rows | length > 0", s3: { on: there, list: old } } ], s3: { on: cold_store, remove: old } }
"#;

fn policy(only: Option<&str>) -> IamPolicy {
    let plan = format!(
        "apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: small }}\n\
         targets: {{ source: {{ kind: clickhouse }}, there: {{ kind: s3 }}, cold_store: {{ kind: s3 }} }}\nsteps:{STEPS}"
    );
    let bundle = fixture::bundle(&plan, Some(ENVIRONMENT));
    let plan = expand(&bundle).expect("a plan that expands");
    let environment = &bundle.environment().expect("an environment").document;
    iam_policy(&plan, &InputValues::default(), environment, only.map(Name::from).as_ref())
}

#[test]
fn each_right_is_of_a_step_and_has_a_reason() {
    let used: Vec<String> = policy(None)
        .uses
        .iter()
        .map(|it| format!("{} {} {}: {}", it.store, it.step, it.right.action(), it.why))
        .collect();
    insta::assert_snapshot!(used.join("\n"), @r"
    there backup s3:PutObject: BACKUP writes its files, and `.lock`
    there backup s3:GetObject: BACKUP looks whether a backup is there, and reads its `.lock` again
    there backup s3:ListBucket: without it a store answers 403 for a file that is not there, and BACKUP looks for `.backup` first
    there backup s3:DeleteObject: BACKUP removes its `.lock` at the end
    there restore/structure s3:GetObject: reads the files of the backup
    there restore/structure s3:ListBucket: lists them; and without it a store answers 403 for a file that is not there
    there restore/data s3:GetObject: reads the files of the backup
    there restore/data s3:ListBucket: lists them; and without it a store answers 403 for a file that is not there
    cold_store copied s3:GetObject: reads the files of the backup
    cold_store copied s3:ListBucket: lists them; and without it a store answers 403 for a file that is not there
    cold_store tidy s3:ListBucket: lists what is to be removed
    cold_store tidy s3:DeleteObject: removes what lies below the path
    there tidy s3:ListBucket: lists what lies below the path
    ");
}

#[test]
fn the_policy_names_the_bucket_for_listing_and_the_folder_for_objects() {
    let statements = policy(None).policy["Statement"].as_array().cloned().unwrap();
    let lines: Vec<String> = statements.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"Sid":"BucketThere","Effect":"Allow","Action":["s3:ListBucket"],"Resource":"arn:aws-cn:s3:::my-bucket"}
    {"Sid":"ObjectsThere","Effect":"Allow","Action":["s3:PutObject","s3:GetObject","s3:DeleteObject"],"Resource":"arn:aws-cn:s3:::my-bucket/a/folder/*"}
    {"Sid":"BucketColdStore","Effect":"Allow","Action":["s3:ListBucket"],"Resource":"arn:aws:s3:::bucket"}
    {"Sid":"ObjectsColdStore","Effect":"Allow","Action":["s3:GetObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::bucket/*"}
    "#);
    let only = policy(Some("cold_store"));
    assert!(only.uses.iter().all(|it| it.store.as_str() == "cold_store"), "{only:?}");
    assert_eq!(only.policy["Statement"].as_array().map(Vec::len), Some(2));
}
