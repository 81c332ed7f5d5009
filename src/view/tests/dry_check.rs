use crate::{
    catalogue,
    failure::Failure,
    name::StepId,
    run::{ApprovalToCome, CheckState, DryCheck, DryChecked, DryUpgrade},
    view::dry_check::{markdown, text},
};

fn checked(step: &str, check: &str, state: CheckState, found: &[&str], because: Option<usize>) -> DryChecked {
    let found = found.iter().map(|line| (*line).to_owned()).collect();
    DryChecked { step: StepId::new(step), check: check.to_owned(), state, found, because }
}

fn dead() -> DryCheck {
    let server =
        catalogue::connect::UNREACHABLE.failure().with_message("the server at http://10.0.0.1:8123 cannot be reached");
    let keeper = catalogue::keeper::UNREACHABLE
        .failure()
        .with_message("the Keeper at k:9181 cannot be asked; `clean_keeper` needs it");
    DryCheck {
        refused: vec![
            Failure { member: Some("source".into()), ..server.with_help("look") },
            keeper.with_help("look there"),
        ],
        answered: vec!["`store` can be listed by replica1".to_owned()],
        unknown: vec!["what `up` starts is known only in the run".to_owned()],
        approvals: vec![
            ApprovalToCome { step: StepId::new("allow_drop"), only_if: vec!["steps.look.tables".to_owned()] },
            ApprovalToCome { step: StepId::new("go"), only_if: Vec::new() },
        ],
        upgrades: vec![DryUpgrade {
            step: StepId::new("switch"),
            changes: ["deletes StatefulSet a", "changes Secret b"].map(str::to_owned).to_vec(),
        }],
        checks: vec![
            checked("preflight", "versions agree", CheckState::NotRead, &["it cannot be reached"], Some(0)),
            checked("preflight", "it has tables", CheckState::NotRead, &["it cannot be reached"], Some(0)),
            checked("migrate", "it has tables", CheckState::NotRead, &["it cannot be reached"], Some(0)),
            checked("preflight", "the cluster is empty", CheckState::DoesNotHold, &["replica1   runs"], None),
            checked("clean", "what is dropped was shown", CheckState::NotYet, &[], None),
        ],
    }
}

#[test]
fn what_is_not_there_is_told_once_with_the_checks_that_need_it() {
    insta::assert_snapshot!(text(&dead()), @"
    whether it could start, as of now
      ✓ `store` can be listed by replica1
      · what `up` starts is known only in the run
      ✗ source: the server at http://10.0.0.1:8123 cannot be reached (houseplan::connect::unreachable)
          3 checks cannot be read without it: of preflight and migrate
          look
      ✗ the Keeper at k:9181 cannot be asked; `clean_keeper` needs it (houseplan::keeper::unreachable)
          look there

    the run will stop for an approval
      ? allow_drop (only if steps.look.tables)
      ? go

    what upgrades of releases would change, as of now
      · switch
          deletes StatefulSet a
          changes Secret b

    checks, as of now
      ✗ preflight: the cluster is empty
          replica1   runs
      · clean: what is dropped was shown: cannot be checked before the run

    it could not start now: 2 reasons above
    ");
    assert!(markdown(&dead()).starts_with("## As of now\n\n```text\nwhether it could start"));
}

#[test]
fn it_says_whether_it_stops_for_sure_and_how_many_checks_hold_it_up() {
    let may = DryCheck { refused: Vec::new(), ..dead() };
    let mut may =
        DryCheck { approvals: vec![ApprovalToCome { step: StepId::new("a"), only_if: vec!["b".to_owned()] }], ..may };
    may.checks.retain(|it| it.because.is_none());
    may.checks.push(checked("preflight", "it has parts", CheckState::NotRead, &["`row.partz`: no such column"], None));
    let text = text(&may);
    assert!(text.contains("\nthe run may stop for an approval\n"), "{text}");
    assert!(
        text.ends_with("\nit could start now, but 1 check does not hold and 1 check cannot be read as of now\n"),
        "{text}"
    );
}

#[test]
fn what_is_there_is_told_too() {
    let checks = vec![checked("preflight", "versions agree", CheckState::Holds, &[], None)];
    let found = DryCheck { refused: Vec::new(), approvals: Vec::new(), upgrades: Vec::new(), checks, ..dead() };
    insta::assert_snapshot!(text(&found), @"
    whether it could start, as of now
      ✓ the servers are as the plan needs them, and no run has locked them
      ✓ `store` can be listed by replica1
      · what `up` starts is known only in the run

    checks, as of now
      ✓ preflight: versions agree

    it could start now
    ");
    let refused = vec![catalogue::store::ACCESS_DENIED.failure().with_message("no"), dead().refused[1].clone()];
    let of_others = DryCheck { refused, ..found };
    assert!(text(&of_others).contains("✓ the servers are as the plan needs them"), "neither is one of the servers");
    let wrong = DryCheck { refused: vec![catalogue::world::MEMBER_COUNT.failure()], ..of_others };
    assert!(!text(&wrong).contains("✓ the servers"), "it is about a target, and names no member");
}
