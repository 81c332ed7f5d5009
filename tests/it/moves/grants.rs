//! A user who may not see everything: what is not seen would be lost without a word.

use super::Scene;
use crate::support::operator::MOVE;

/// What is asked, and where; the sandbox's user may see everything, so it is asked for what it may not in the place of that.
const ASKED: &[(&str, &str, &str)] = &[
    (MOVE, MOVE, "GRANT SHOW TABLES ON *.*"),
    ("backup", "source-ready", "GRANT SHOW TABLES ON {{ inputs.database | ident }}.*"),
    (MOVE, "source-ready", "GRANT SHOW TABLES ON {{ inputs.database | ident }}.*"),
];
const REFUSED: &str = "GRANT CREATE USER ON *.*";

#[tokio::test]
async fn nothing_begins_where_the_user_may_not_see_all_tables() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    for (plan, stops, asked) in ASKED {
        let path = operator.plan(stops, &[(asked, REFUSED)]);
        let plan = match plan == stops {
            true => path,
            false => operator.plan(plan, &[("name: source-ready", "name: ./source-ready.yaml")]),
        };
        let said = operator.runs(&plan, &scene.environment, &[]).await.with(3);
        said.has("the user may see all tables").has("GRANT SHOW TABLES");
        assert_eq!(operator.count("task_started", "flush") + operator.count("task_started", "backup"), 0);
        operator.does(&["abandon", &operator.last_run()]).await.with(0);
    }
}
