//! What the command line says to a call that begins nothing.

use crate::support::operator::Operator;

#[tokio::test]
async fn without_arguments_it_shows_its_help_also_where_the_state_folder_is_set() {
    let operator = Operator::alone();
    for call in [&[][..], &["sandbox"]] {
        operator.does(call).await.with(2).has("Usage: houseplan").has("Commands:");
    }
}

#[tokio::test]
async fn a_target_that_the_environment_does_not_have_is_no_mistake_of_the_plan() {
    let operator = Operator::alone();
    let said = operator.does(&["validate", "verify"]).await.with(2);
    said.has("houseplan::environment::unfit")
        .has("plans/verify.yaml (shipped) does not fit the environment")
        .has("the environment `nowhere` has no target")
        .has_not("mistake");
}

#[tokio::test]
async fn a_run_that_is_not_here_may_have_lost_its_folder() {
    let said = Operator::alone().does(&["resume", "2026-11-22_143000-k7q2"]).await.with(2);
    said.has("houseplan::run::unknown").has("`houseplan abandon 2026-11-22_143000-k7q2 --env FILE` frees its claim");
}

#[tokio::test]
async fn a_plan_that_is_yours_is_not_written_over() {
    let operator = Operator::alone();
    operator.does(&["plans", "copy", "verify"]).await.with(0);
    operator.does(&["plans", "copy", "verify"]).await.with(2).has("./verify.yaml is there already").has("--to DIR");
}
