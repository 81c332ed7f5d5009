use super::*;
use crate::support::doorway::{Doorway, Manner};
use houseplan::{
    action::sql::SqlTask,
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskRun},
    },
    plan::actions::Effect,
};
use indexmap::IndexMap;

fn task(member: &Arc<Member>, effect: Effect, statements: &[&str]) -> Box<SqlTask> {
    Box::new(SqlTask {
        attempt: attempt("2026-11-22_143000-test"),
        member: member.clone(),
        statements: statements.iter().map(|text| (*text).to_owned()).collect(),
        effect,
        settings: IndexMap::new(),
        skip_unreachable: false,
    })
}

#[tokio::test]
async fn statements_do_what_their_effect_allows() {
    let lab = Lab::new().await;
    let source = &lab.source.members[0];
    let create = &["CREATE DATABASE made", "CREATE TABLE made.t (a UInt8) ENGINE = Memory", "SELECT 7 AS n"];
    match task(source, Effect::Read, create).perform(task_context()).await {
        Answer::Failed(failure) => {
            assert_eq!(failure.code, "houseplan::clickhouse::readonly");
            assert!(failure.message.starts_with("statement 1 of 3: "), "{}", failure.message);
        }
        other => panic!("{other:?}"),
    }
    match task(source, Effect::Idempotent, create).perform(task_context()).await {
        Answer::Acted(output) => assert_eq!(output, serde_json::json!({ "rows": [{ "n": 7 }] })),
        other => panic!("{other:?}"),
    }
    match task(source, Effect::Once, &["CREATE TABLE made.t (a UInt8) ENGINE = Memory"]).perform(task_context()).await {
        Answer::Failed(failure) => assert_eq!(failure.code, "houseplan::clickhouse::table_exists"),
        other => panic!("{other:?}"),
    }
    // It ends in the middle of its work: some blocks may be written.
    let half = "INSERT INTO made.t SELECT throwIf(number = 2000000) FROM numbers(3000000)";
    match task(source, Effect::Once, &[half]).perform(task_context()).await {
        Answer::Unknown(failure) => assert_eq!(failure.server.unwrap().code, 395),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_absent_member_is_a_temporary_failure_or_passed_over() {
    let absent = Arc::new(absent_member());
    let nameless = Arc::new(member_at("gone", "gone", "http://no-such-host.invalid:8123", ""));
    for member in [&absent, &nameless] {
        match task(member, Effect::Once, &["SELECT 1"]).perform(task_context()).await {
            Answer::Failed(failure) => {
                assert!(failure.temporary);
                assert_eq!(failure.code, "houseplan::connect::unreachable");
                assert!(failure.unsent, "no connection was there to send it on");
            }
            other => panic!("{other:?}"),
        }
    }
    let mut skipping = task(&absent, Effect::Idempotent, &["SELECT 1"]);
    skipping.skip_unreachable = true;
    match skipping.perform(task_context()).await {
        Answer::Acted(output) => assert!(output["skipped"].as_str().unwrap().starts_with("gone cannot be reached")),
        other => panic!("{other:?}"),
    }
}

/// A statement of this effect that `absent: skip` is said of, to what stands at that port.
fn skipping(at: &Doorway, effect: Effect, number: u32) -> Box<SqlTask> {
    let member = Arc::new(member_at("source", "source", &at.url(), ""));
    let mut task = task(&member, effect, &["SYSTEM START MERGES"]);
    task.skip_unreachable = true;
    task.attempt.number = number;
    task
}

#[tokio::test]
async fn a_member_that_is_gone_behind_a_proxy_is_absent_too() {
    for (manner, words) in [(Manner::Closes, "connection closed"), (Manner::Refuses, "no healthy upstream")] {
        let gone = Doorway::with(manner).await;
        for number in [1, 2] {
            let before = gone.came();
            match skipping(&gone, Effect::Idempotent, number).perform(task_context()).await {
                Answer::Acted(output) => {
                    let skipped = output["skipped"].as_str().expect("it was passed over");
                    assert!(skipped.starts_with("source cannot be reached: ") && skipped.contains(words), "{skipped}");
                }
                other => panic!("{words}, attempt {number}: {other:?}"),
            }
            assert!(gone.came() >= before + 4, "it was asked anew before it was given up");
        }
        let settled = skipping(&gone, Effect::Idempotent, 1).settle(task_context(), Vec::new()).await;
        assert!(matches!(settled, Settlement::Settled(Verdict::NotDone)), "{words}: {settled:?}");

        // Nobody knows whether the server was there when the statement came: what must happen once stays in doubt.
        match skipping(&gone, Effect::Once, 1).perform(task_context()).await {
            Answer::Unknown(failure) => assert!(failure.temporary, "{failure:?}"),
            other => panic!("{words}: {other:?}"),
        }
        let settled = skipping(&gone, Effect::Once, 1).settle(task_context(), Vec::new()).await;
        assert!(matches!(settled, Settlement::Unsettled(_)), "{words}: {settled:?}");

        // Without `absent: skip` it is in doubt, and stays so.
        let mut meant = skipping(&gone, Effect::Idempotent, 1);
        meant.skip_unreachable = false;
        assert!(matches!(meant.clone().perform(task_context()).await, Answer::Unknown(_)));
        assert!(matches!(meant.settle(task_context(), Vec::new()).await, Settlement::Unsettled(_)));
    }
}

#[tokio::test]
async fn a_member_that_is_back_when_it_is_asked_anew_is_not_passed_over() {
    let lab = Lab::new().await;
    let port = lab.lease.ports().http(ServerName::Source);
    let wavers = Doorway::with(Manner::Opens { after: 2, port }).await;
    // It answers that the password is wrong: so it is there, and its merges are still stopped.
    match skipping(&wavers, Effect::Idempotent, 1).perform(task_context()).await {
        Answer::Unknown(failure) => assert_eq!(failure.code, "houseplan::connect::lost"),
        other => panic!("{other:?}"),
    }
    assert!(wavers.came() >= 3);
}

#[tokio::test]
async fn nothing_is_sent_beside_an_earlier_attempt_that_is_at_work() {
    let lab = Lab::new().await;
    let source = &lab.source.members[0];
    lab.run("source", &["CREATE DATABASE made", "CREATE TABLE made.t (a UInt8) ENGINE = Memory"]).await;
    let slow = "SELECT sleepEachRow(0.1) FROM numbers(25)";
    let plain = format!("INSERT INTO made.t {slow}");
    // The server shows it without the comment that it begins with, for there is a secret in it.
    let secret = format!("INSERT INTO FUNCTION {} {slow}", lab.lease.s3_table("slow.csv"));
    for (kind, statement) in [("plain", plain), ("with a secret", secret)] {
        let at_work =
            "SELECT count() AS n FROM system.processes WHERE query LIKE '%sleepEachRow%' AND query_id != queryID()";
        let earlier = tokio::spawn(task(source, Effect::Idempotent, &[&statement]).perform(task_context()));
        while lab.lease.must("source", at_work).await != "1" {
            assert!(!earlier.is_finished(), "{:?}", earlier.await);
        }
        let mut again = task(source, Effect::Idempotent, &[at_work]);
        again.attempt.number = 2;
        match again.perform(task_context()).await {
            Answer::Acted(output) => assert_eq!(output["rows"][0]["n"], 0, "{kind}"),
            other => panic!("{kind}: {other:?}"),
        }
        assert!(matches!(earlier.await.unwrap(), Answer::Acted(_)));
    }
}

#[tokio::test]
async fn doubt_is_settled_when_nothing_runs_any_more() {
    let lab = Lab::new().await;
    let source = &lab.source.members[0];
    let running = tokio::spawn(task(source, Effect::Once, &["SELECT sleep(3)"]).perform(task_context()));
    let mark = "SELECT count() FROM system.processes WHERE startsWith(query, '/* houseplan 2026-11-22_143000-test/step[source]/1 */')";
    let begun = std::time::Instant::now();
    while lab.lease.must("source", mark).await != "1" {
        assert!(begun.elapsed() < Duration::from_secs(10), "the statement is not seen by its mark");
    }
    let settlement = task(source, Effect::Idempotent, &["SELECT sleep(3)"]).settle(task_context(), Vec::new()).await;
    assert!(matches!(settlement, Settlement::Settled(Verdict::NotDone)), "{settlement:?}");
    assert_eq!(lab.lease.must("source", mark).await, "0", "it was waited for");
    assert!(matches!(running.await.unwrap(), Answer::Acted(_)));

    match task(source, Effect::Once, &["SELECT 1"]).settle(task_context(), Vec::new()).await {
        Settlement::Unsettled(failure) => {
            assert_eq!(failure.code, "houseplan::sql::in_doubt");
            let help = failure.help.unwrap();
            assert!(
                help.contains("houseplan settle 2026-11-22_143000-test 'step[source]' --attempt 1 --as done"),
                "{help}"
            );
        }
        other => panic!("{other:?}"),
    }
    let gone =
        task(&Arc::new(absent_member()), Effect::Idempotent, &["SELECT 1"]).settle(task_context(), Vec::new()).await;
    assert!(matches!(gone, Settlement::Unsettled(_)), "a server that cannot be asked may still be at it");
}

#[tokio::test]
async fn rows_that_were_written_before_a_common_error_are_not_forgotten() {
    let lab = Lab::new().await;
    let source = &lab.source.members[0];
    lab.run("source", &["CREATE DATABASE late", "CREATE TABLE late.t (a String) ENGINE = MergeTree ORDER BY tuple()"])
        .await;
    // The key of the last block has the wrong length, which encrypt() finds with 36 BAD_ARGUMENTS.
    let half = "INSERT INTO late.t SELECT hex(encrypt('aes-256-cbc', 'x', if(number < 900000, repeat('k', 32), 'k'))) \
                FROM numbers(1000000) SETTINGS max_block_size = 1000, max_threads = 1, min_insert_block_size_rows = 1000, \
                min_insert_block_size_bytes = 1";
    match task(source, Effect::Once, &[half]).perform(task_context()).await {
        Answer::Unknown(failure) => {
            assert_eq!(failure.server.as_ref().unwrap().code, 36, "{failure:?}");
            assert!(!failure.untouched);
        }
        other => panic!("{other:?}"),
    }
    assert_ne!(lab.lease.must("source", "SELECT count() FROM late.t").await, "0", "some blocks were written");
}
