//! Statements by the client in a server's own pod: the same as through a forwarded port, whatever happens to the way.

use std::time::{Duration, Instant};

use houseplan::connect::clickhouse::{Client, QueryError, Statement};
use serde_json::json;
use tokio::time::sleep;

use crate::support::{
    bed::{Bed, Server},
    cluster::Replica,
    command::wait_until,
    namespace::fresh_name,
};

/// Rows as JSON, or the exception as it was read.
async fn answer(client: &Client, statement: &Statement) -> String {
    match client.query(statement).await {
        Ok(rows) => json!(rows.0).to_string(),
        Err(QueryError::Exception(exception)) => format!("{exception:?}"),
        Err(other) => panic!("{}: {other}", statement.text),
    }
}

/// Statements whose answers are the same by each way.
fn statements(database: &str) -> Vec<Statement> {
    let read = |text: &str| Statement::read(text.to_owned());
    let write = |text: String| Statement::write(text);
    vec![
        read(
            "SELECT 1 AS a, 'it''s \\0 ä\\n\\t\\\\ ;' AS b, NULL AS c, toDecimal64('5.00', 2) AS d, nan AS e, [18446744073709551615] AS f",
        ),
        read("SELECT number FROM numbers(3) WHERE number > 5"),
        read("SELECT repeat('x', 3000000) AS long"),
        read("-- a comment; with a semicolon\nSELECT 'a;b' /* ; */ AS x"),
        read("SELECT * FROM nowhere.nothing").marked("houseplan run/task/1"),
        read("SELECT throwIf(number = 2, 'a; b (C_D) it''s') FROM numbers(3)"),
        read("SELEC 1"),
        read("SELECT 1").with_setting("no_such_setting", 1),
        read("SELECT 1").with_setting("max_threads", "many"),
        read("SELECT getSetting('max_threads') AS t, getSetting('readonly') AS r").with_setting("max_threads", 3),
        read("SELECT 'it''s' AS x").with_setting("log_comment", "it's; a 'secret' \\"),
        Statement::read(format!("CREATE DATABASE {database}")),
        write(format!("CREATE DATABASE {database}")),
        write(format!("CREATE TABLE {database}.t (a UInt64, b String) ENGINE = MergeTree ORDER BY a")),
        write(format!("INSERT INTO {database}.t SELECT number, toString(number) FROM numbers(1000)")),
        write(format!("CREATE TABLE {database}.t (a UInt64) ENGINE = MergeTree ORDER BY a")),
        Statement::read(format!("SELECT count(), sum(a) FROM {database}.t")),
        write(format!("DROP DATABASE {database} SYNC")),
        Statement::read(format!("SELECT * FROM {database}.t")),
    ]
}

async fn both_ways_answer_alike(bed: &Bed) {
    let langsmith = bed.langsmith();
    let replica = Replica::of(bed, &langsmith);
    let database = fresh_name().replace('-', "_");
    let (by_forward, by_exec) = (replica.by_forward(), replica.by_exec());
    for statement in statements(&database) {
        let forwarded = answer(&by_forward, &statement).await;
        // What the one has made, the other one makes anew.
        if statement.text.starts_with("CREATE") && forwarded == "[]" && !statement.text.contains("TABLE") {
            answer(&by_forward, &Statement::write(format!("DROP DATABASE {database} SYNC"))).await;
        }
        if statement.text.contains("TABLE") && forwarded == "[]" {
            answer(&by_forward, &Statement::write(format!("DROP TABLE {database}.t SYNC"))).await;
        }
        if statement.text.starts_with("DROP") {
            answer(&by_forward, &Statement::write(format!("CREATE DATABASE {database}"))).await;
        }
        assert_eq!(answer(&by_exec, &statement).await, forwarded, "{}", statement.text);
    }
    let wrong = replica.by_exec_with("wrong").query(&Statement::read("SELECT 1")).await;
    assert!(wrong.as_ref().is_err_and(|error| error.has_code(516)), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_answer_alike_by_v5() {
    both_ways_answer_alike(&Bed::get()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_answer_alike_by_v4() {
    let bed = Bed::alone();
    bed.exec_by_v4_alone();
    both_ways_answer_alike(&bed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_run_beside_one_another() {
    let bed = Bed::get();
    let replica = Replica::of(&bed, &bed.langsmith());
    let client = replica.by_exec();
    client.scalar("SELECT 1").await.expect("an answer");
    let begun = Instant::now();
    let slow = (0..6).map(|_| client.scalar("SELECT sleep(2)"));
    for answer in futures::future::join_all(slow).await {
        answer.expect("an answer");
    }
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_process_of_the_pod_shows_the_password_or_the_statement() {
    let bed = Bed::get();
    let replica = Replica::of(&bed, &bed.langsmith());
    let client = replica.shared();
    let canary = fresh_name();
    let text = format!("SELECT sleep(3), '{canary}'");
    let running = tokio::spawn(async move { client.query(&Statement::read(text)).await });
    let inside = |script: &str| {
        let exec = [
            "--namespace",
            &replica.namespace,
            "exec",
            replica.pod,
            "--container",
            replica.container,
            "--",
            "sh",
            "-c",
            script,
        ];
        bed.try_kubectl(&exec).stdout
    };
    wait_until("its client runs", || {
        inside("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").contains("--config-file /dev/fd/3")
    });
    let shown = inside("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'");
    assert!(shown.contains("HTTP_PORT="), "the environments are read: {shown}");
    for secret in [&replica.password, &canary] {
        assert!(!shown.contains(secret.as_str()), "{shown}");
    }
    let files = inside(&format!("grep -rlF -e '{}' /tmp /root /home /var/tmp 2>/dev/null; true", replica.password));
    assert_eq!(files, "");
    running.await.expect("a task").expect("an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_is_told_by_name_and_was_not_sent() {
    let bed = Bed::get();
    let langsmith = bed.langsmith();
    let unreachable =
        async |replica: Replica<'_>| match replica.by_exec().query(&Statement::write("DROP DATABASE x")).await {
            Err(QueryError::Unreachable { reason, .. }) => reason,
            other => panic!("{other:?}"),
        };
    let reason = unreachable(Replica { container: "other", ..Replica::of(&bed, &langsmith) }).await;
    assert!(reason.ends_with("has no container `other`; it has `clickhouse-pod`"), "{reason}");
    let reason = unreachable(Replica { pod: "no-such-pod", ..Replica::of(&bed, &langsmith) }).await;
    assert!(reason.contains("no-such-pod"), "{reason}");
    let reason = unreachable(Replica { native: 1, ..Replica::of(&bed, &langsmith) }).await;
    assert!(reason.contains("Connection refused"), "{reason}");
    let namespace = bed.namespace();
    namespace.pod_without_clients("bare");
    let bare =
        Replica { namespace: namespace.name.clone(), pod: "bare", container: "main", ..Replica::of(&bed, &langsmith) };
    let reason = unreachable(bare).await;
    assert!(reason.contains("no `clickhouse-client`"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_whose_pod_is_deleted_is_lost_and_the_next_one_is_not() {
    let bed = Bed::get();
    let langsmith = bed.own_langsmith();
    let replica = Replica::of(&bed, &langsmith);
    let client = replica.shared();
    let running = tokio::spawn({
        let client = client.clone();
        async move {
            client.query(&Statement::write("SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1")).await
        }
    });
    sleep(Duration::from_secs(3)).await;
    bed.kubectl(&["--namespace", &replica.namespace, "delete", "pod", replica.pod, "--wait=true", "--grace-period=1"]);
    let lost = running.await.expect("a task");
    assert!(matches!(lost, Err(QueryError::Lost { .. })), "{lost:?}");
    let deadline = Instant::now() + Duration::from_secs(90);
    while let Err(error) = client.scalar("SELECT 1").await {
        assert!(matches!(error, QueryError::Unreachable { .. } | QueryError::Lost { .. }), "{error:?}");
        assert!(Instant::now() < deadline, "{error:?}");
        sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_lost_where_the_api_server_dies_or_stalls_and_the_next_one_is_not() {
    let bed = Bed::alone();
    let langsmith = bed.langsmith();
    let replica = Replica::of(&bed, &langsmith);
    let client = replica.shared();
    client.scalar("SELECT 1").await.expect("an answer");
    let begin = || {
        let client = client.clone();
        tokio::spawn(async move {
            client
                .query(&Statement::write("SELECT sleepEachRow(1) FROM numbers(100) SETTINGS max_block_size = 1"))
                .await
        })
    };
    let running = begin();
    sleep(Duration::from_secs(2)).await;
    bed.kill(Server::Apiserver);
    let lost = running.await.expect("a task");
    assert!(matches!(lost, Err(QueryError::Lost { .. })), "{lost:?}");
    let refused = client.scalar("SELECT 1").await;
    assert!(matches!(refused, Err(QueryError::Unreachable { .. })), "{refused:?}");
    bed.start(Server::Apiserver);
    client.scalar("SELECT 1").await.expect("an answer");

    let (running, begun) = (begin(), Instant::now());
    sleep(Duration::from_secs(2)).await;
    bed.stall(Server::Apiserver);
    let lost = running.await.expect("a task");
    assert!(matches!(&lost, Err(QueryError::Lost { reason, .. }) if reason.contains("stalled")), "{lost:?}");
    assert!(begun.elapsed() < Duration::from_secs(75), "{:?}", begun.elapsed());
    bed.resume(Server::Apiserver);
    client.scalar("SELECT 1").await.expect("an answer");
}
