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
