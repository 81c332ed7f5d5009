//! The plan that the README shows is a real one.

use super::Scene;

const PAGE: &str = include_str!("../../../README.md");

#[tokio::test]
async fn its_plan_drops_a_month_once_a_person_has_seen_the_backup() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let (_, from) = PAGE.split_once("```yaml\n").expect("a plan in the README");
    let (plan, _) = from.split_once("```").expect("its end");
    let path = operator.write("tidy.yaml", plan);
    let run = async |month: &str| {
        let partition = format!("partition={month}");
        operator.does(&["run", &path, "--env", &scene.environment, "--set", &partition]).await.with(4);
        let run = operator.last_run();
        operator.does(&["approve", &run, "ask"]).await.with(0);
        operator.resumes(&[]).await
    };
    let of = |what: &str, month: &str| {
        format!(
            "SELECT {what} FROM system.parts WHERE active AND database = 'langsmith' AND table = 'runs' {month} FORMAT TSVRaw"
        )
    };

    run("190001").await.with(3).has("there is such a partition");
    let missed = operator.last_run();
    operator.does(&["abandon", &missed]).await.with(0);

    let month = sandbox.must("source", &of("min(partition_id)", "")).await;
    let rows = of("count()", &format!("AND partition_id = '{month}'"));
    assert_ne!(sandbox.must("source", &rows).await, "0");
    run(&month).await.with(0);
    assert_eq!(sandbox.must("source", &rows).await, "0");
}
