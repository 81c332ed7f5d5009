use super::*;
use houseplan::{
    action::sql::SqlReading,
    check::{CheckTask, Checks, Expect, Pace, Read},
    connect::clickhouse::Row,
    engine::performer::{CheckAnswer, CheckRun, Phase},
    failure::Failure,
};

/// `row.n == N`, or `rows | length == N`.
enum Expected {
    Row(u64),
    Rows(usize),
}

impl Expect for Expected {
    fn text(&self) -> &str {
        "as the test says"
    }

    fn columns(&self) -> Vec<&str> {
        vec!["n"]
    }

    fn names_row(&self) -> bool {
        matches!(self, Self::Row(_))
    }

    fn holds(&self, row: Option<&Row>, rows: &[Row]) -> Result<bool, Failure> {
        Ok(match self {
            Self::Row(number) => row.is_some_and(|row| row["n"] == *number),
            Self::Rows(number) => rows.len() == *number,
        })
    }
}

fn sql(target: &Arc<Cluster>, text: &str) -> Box<dyn Read> {
    Box::new(SqlReading {
        members: target.members.clone(),
        statements: vec![text.to_owned(); target.members.len()],
        settings: Default::default(),
        mark: "houseplan run/step/1".to_owned(),
    })
}

fn check(name: &str, reading: Box<dyn Read>, expect: Option<Expected>) -> CheckTask {
    CheckTask {
        name: name.to_owned(),
        reading,
        expect: expect.map(|expect| Box::new(expect) as _),
        within: None,
        otherwise: None,
        phase: Some(Phase::Before),
        pace: Pace { first: Duration::from_millis(50), longest: Duration::from_millis(200) },
    }
}

async fn read(checks: Vec<CheckTask>) -> CheckAnswer {
    Box::new(Checks(checks)).check(task_context()).await
}

#[tokio::test]
async fn each_row_of_each_member_counts_and_each_member_has_to_give_one() {
    let lab = Lab::new().await;
    let all = "SELECT 1 AS n";
    let one = "SELECT if(getMacro('replica') = 'replica2', 5, 1) AS n, 'x' AS what";
    assert!(matches!(read(vec![check("a", sql(&lab.cluster, all), Some(Expected::Row(1)))]).await, CheckAnswer::Held));
    assert!(matches!(read(vec![check("a", sql(&lab.cluster, all), Some(Expected::Rows(2)))]).await, CheckAnswer::Held));
    let of_one = "SELECT 1 AS n WHERE getMacro('replica') = 'replica1'";
    match read(vec![check("a", sql(&lab.cluster, of_one), Some(Expected::Row(1)))]).await {
        CheckAnswer::Refused(refusal) => assert_eq!(refusal.found, [["replica2", "no rows"]]),
        other => panic!("replica2 has said nothing: {other:?}"),
    }
    match read(vec![
        check("first", sql(&lab.cluster, one), Some(Expected::Row(1))),
        check("second", sql(&lab.source, "SELECT 1 AS n WHERE 0"), Some(Expected::Row(1))),
        check("third", sql(&lab.source, "SELECT 1 AS n WHERE 0"), Some(Expected::Rows(0))),
        check("fourth", sql(&lab.source, "CREATE DATABASE fourth"), Some(Expected::Rows(0))),
    ])
    .await
    {
        CheckAnswer::Refused(refusal) => {
            assert_eq!((refusal.check.as_str(), refusal.phase.as_str()), ("first; second", "precondition"));
            assert_eq!(refusal.found[0], ["first", "replica2", "n = 5", "what = x"]);
            assert_eq!(refusal.found[1], ["second", "no rows"]);
            assert!(
                refusal.found[2][0].starts_with("check `fourth`: source allows this statement only to read"),
                "{refusal:?}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_check_is_repeated_until_it_holds_or_its_time_is_over() {
    let lab = Lab::new().await;
    lab.run("source", &["CREATE DATABASE slow", "CREATE TABLE slow.t (a UInt8) ENGINE = Memory"]).await;
    let within = |seconds: u64| {
        let task = check("rows arrive", sql(&lab.source, "SELECT count() AS n FROM slow.t"), Some(Expected::Row(1)));
        vec![CheckTask { within: Some(Duration::from_secs(seconds)), ..task }]
    };
    match read(within(1)).await {
        CheckAnswer::Refused(refusal) => {
            assert_eq!(refusal.found, [["source", "n = 0"]]);
            assert!(refusal.waited.unwrap() >= Duration::from_secs(1));
        }
        other => panic!("{other:?}"),
    }
    let insert = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        lab.run("source", &["INSERT INTO slow.t VALUES (1)"]).await;
    };
    let (answer, ()) = tokio::join!(read(within(30)), insert);
    assert!(matches!(answer, CheckAnswer::Held), "{answer:?}");
}

#[tokio::test]
async fn comparisons_and_inventories_can_be_checked() {
    let lab = Lab::new().await;
    lab.run("source", &["CREATE DATABASE house", "CREATE TABLE house.t (a UInt8) ENGINE = MergeTree ORDER BY a"]).await;
    let left = inventory(&lab.source, "house").await;
    let compared = || Box::new(comparison(&left, &lab.cluster, &[Aspect::Columns])) as Box<dyn Read>;
    match read(vec![check("every table is there", compared(), None)]).await {
        CheckAnswer::Refused(refusal) => {
            assert_eq!(refusal.expected, "row.equal");
            assert_eq!(refusal.found, [["replica1", "t", "missing"], ["replica2", "t", "missing"]]);
        }
        other => panic!("{other:?}"),
    }
    lab.run_everywhere(&["CREATE DATABASE house", "CREATE TABLE house.t (a UInt8) ENGINE = MergeTree ORDER BY a"])
        .await;
    assert!(matches!(read(vec![check("every table is there", compared(), None)]).await, CheckAnswer::Held));
    let one = check("one", Box::new(inventory_task(&lab.source, "house")), Some(Expected::Rows(1)));
    assert!(matches!(read(vec![one]).await, CheckAnswer::Held));
}

#[tokio::test]
async fn of_a_wide_row_only_what_was_asked_of_it_is_told() {
    let lab = Lab::new().await;
    let found = async |columns: &str| {
        let reading = sql(&lab.source, &format!("SELECT 1 AS n, {columns}"));
        match read(vec![check("two", reading, Some(Expected::Row(2)))]).await {
            CheckAnswer::Refused(refusal) => refusal.found,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(found("2 AS a, 3 AS b").await, [["source", "n = 1", "a = 2", "b = 3"]]);
    assert_eq!(found("2 AS a, 3 AS b, 4 AS c, 5 AS d, 6 AS e, 7 AS f").await, [["source", "n = 1"]]);
}
