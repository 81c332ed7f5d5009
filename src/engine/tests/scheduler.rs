//! The scheduler: time, interruptions, doubts, a journal that fails.

use std::{borrow::Cow, sync::Arc, time::Duration};

use serde_json::json;

use super::play::{Act, Play};
use crate::{
    engine::{
        event::{Event, Outcome, SuspendReason, Verdict},
        scheduler::Ending,
        spec::{ChecksSpec, RetrySpec, StepSpec},
        state::Lifecycle,
    },
    name::{StepId, TaskId},
    plan::model::OnFailure,
};

const DONE: Ending = Ending::Ended(Outcome::Succeeded);

fn task(name: &str) -> TaskId {
    TaskId::new(&StepId::new(name), None, None)
}

#[track_caller]
fn ends(ran: Result<Ending, crate::engine::recorder::RecordError>, ending: Ending) {
    assert_eq!(ran.expect("the journal takes everything"), ending);
}

fn suspended(reason: SuspendReason) -> Ending {
    Ending::Suspended(reason)
}

#[tokio::test(start_paused = true)]
async fn a_chain_costs_one_sync_a_step() {
    let names: Vec<_> = (0..200).map(|i| format!("s{i}")).collect();
    let play = names.iter().enumerate().fold(Play::new(), |play, (i, name)| {
        let needs: Vec<_> = i.checked_sub(1).map(|before| names[before].as_str()).into_iter().collect();
        play.step(name, &needs, &[Act::After(0)])
    });
    ends(play.run().await, DONE);
    assert_eq!(play.syncs(), 201);
    assert_eq!(play.begun(), names);
}

#[tokio::test(start_paused = true)]
async fn the_longest_chain_goes_first_and_no_more_than_allowed_at_once() {
    let mut play = Play::new()
        .step("short", &[], &[Act::After(5)])
        .step("also_short", &[], &[Act::After(5)])
        .step("long", &[], &[Act::After(5)])
        .step("longer", &["long"], &[Act::After(5)])
        .step("longest", &["longer"], &[Act::After(5)]);
    play.max_parallel = 2;
    ends(play.run().await, DONE);
    assert_eq!(play.begun()[..3], ["long", "short", "longer"]);
    assert_eq!(play.memory.lock().unwrap().most_at_once, 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_retried_by_its_policy_and_waits_twice_as_long_each_time() {
    let policy = |step: &mut StepSpec| {
        step.retry = RetrySpec { attempts: 4, delay: Duration::from_secs(10), max_delay: Duration::from_secs(15) };
    };
    let play = Play::new().step_with("flaky", &[], &[Act::Fail, Act::Fail, Act::Fail, Act::After(0)], policy);
    let begun = tokio::time::Instant::now();
    ends(play.run().await, DONE);
    assert_eq!(begun.elapsed().as_secs(), 10 + 15 + 15);
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_what_is_under_way_is_finished_and_nothing_new_starts() {
    let play = Play::new().step("slow", &[], &[Act::After(500)]).step("after_slow", &["slow"], &[Act::After(0)]).step(
        "fails",
        &[],
        &[Act::Fail, Act::After(0)],
    );
    ends(play.run().await, suspended(SuspendReason::Failed));
    assert_eq!((play.effects("slow"), play.effects("after_slow")), (1, 0));
    assert_eq!(play.story("slow").last().unwrap(), "step_succeeded");
    ends(play.run().await, DONE);
    assert_eq!((play.effects("slow"), play.effects("after_slow"), play.effects("fails")), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_in_the_same_process() {
    let play = Play::new().step("done", &[], &[Act::LoseAnswer]).step("not", &[], &[Act::LoseRequest, Act::After(0)]);
    ends(play.run().await, DONE);
    assert_eq!((play.effects("done"), play.effects("not")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_loses_its_connection_every_time_does_not_go_round_for_ever() {
    let play = Play::new().step("cursed", &[], &[Act::LoseRequest]);
    ends(play.run().await, suspended(SuspendReason::Failed));
    assert_eq!(play.begun().len(), 2, "once more without a policy, because it was temporary");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_leaves_a_doubt_that_is_settled_and_not_repeated_without_a_policy() {
    let timeout = |step: &mut StepSpec| step.timeout = Some(Duration::from_secs(5));
    let play = Play::new().step_with("hangs", &[], &[Act::Hang, Act::After(0)], timeout);
    ends(play.run().await, suspended(SuspendReason::Failed));
    assert_eq!(
        play.story("hangs"),
        [
            "step_entered",
            "step_expanded",
            "step_admitted",
            "task_started",
            "task_doubted",
            "settlement_begun",
            "task_settled"
        ]
    );
    ends(play.run().await, DONE);
}

#[tokio::test(start_paused = true)]
async fn a_panic_leaves_a_doubt() {
    let play = Play::new().step("breaks", &[], &[Act::Panic, Act::After(0)]);
    ends(play.run().await, suspended(SuspendReason::Failed));
    assert!(play.story("breaks").contains(&"task_doubted".to_owned()));
    ends(play.run().await, DONE);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_lets_go_of_tracked_work_and_the_next_process_follows_it() {
    let play = Play::new().step("restore", &[], &[Act::Tracked]).step("verify", &["restore"], &[Act::After(0)]);
    let begun = tokio::time::Instant::now();
    ends(play.interrupted(&[100]).await, suspended(SuspendReason::Interrupted));
    assert!(begun.elapsed() < Duration::from_secs(1), "nothing is waited for that answers at once");
    assert_eq!(play.effects("verify"), 0);
    ends(play.run().await, DONE);
    assert_eq!((play.effects("restore"), play.effects("verify")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_answer_an_interruption_is_given_up_after_a_grace() {
    let play = Play::new().step("hangs", &[], &[Act::Hang, Act::After(0)]).step("ends", &[], &[Act::After(5_000)]);
    let begun = tokio::time::Instant::now();
    ends(play.interrupted(&[100]).await, suspended(SuspendReason::Interrupted));
    assert_eq!(begun.elapsed().as_millis(), 10_100);
    assert_eq!(play.effects("ends"), 1, "what ends in time is taken in");
    assert_eq!(play.story("hangs").last().unwrap(), "task_started");
    ends(play.run().await, DONE);
}

#[tokio::test(start_paused = true)]
async fn what_a_short_process_prints_is_shown_before_its_end() {
    let play = Play::new().step("says", &[], &[Act::Say("hello")]);
    ends(play.run().await, DONE);
    let shown = play.shown.lock().unwrap().clone();
    let at = |what: &str| shown.iter().position(|it| it == what).unwrap_or_else(|| panic!("no {what} in {shown:?}"));
    assert!(at("hello") < at("task_succeeded"), "{shown:?}");
}

#[tokio::test(start_paused = true)]
async fn a_second_interruption_ends_at_once_and_is_as_a_crash() {
    let play = Play::new().step("hangs", &[], &[Act::Hang, Act::After(0)]);
    ends(play.interrupted(&[100, 100]).await, Ending::CutShort);
    assert_eq!(play.state().lifecycle(), Lifecycle::Running);
    ends(play.run().await, DONE);
    assert_eq!(play.effects("hangs"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_approval_holds_up_only_what_needs_it() {
    let play = Play::new()
        .step("allow", &[], &[Act::Approve])
        .step("drop", &["allow"], &[Act::After(0)])
        .step("slow", &[], &[Act::After(500)])
        .step("other", &["slow"], &[Act::After(0)]);
    ends(play.run().await, suspended(SuspendReason::AwaitingApproval));
    assert_eq!((play.effects("drop"), play.effects("other")), (0, 1));
    ends(play.run().await, suspended(SuspendReason::AwaitingApproval));
    assert_eq!(play.begun().iter().filter(|name| *name == "allow").count(), 1, "it is not asked again");
    play.say(Event::Approved { task: task("allow"), digest: "d".into(), by: "ada".into() });
    ends(play.run().await, DONE);
    assert_eq!(play.state().step(0).outputs["output"], json!({ "by": "ada", "digest": "d" }));
}

#[tokio::test(start_paused = true)]
async fn a_note_is_durable_before_the_action_goes_on() {
    let play = Play::new().step("backup", &[], &[Act::Note]);
    // resumed, entered, expanded, admitted, started: and no room for the note
    play.room(Some(5));
    play.run().await.expect_err("the disk is full");
    assert_eq!(play.effects("backup"), 0);
    play.room(Some(7));
    play.run().await.expect_err("the disk is full once more");
    play.room(None);
    ends(play.run().await, DONE);
    assert_eq!(play.effects("backup"), 1);
    assert!(play.story("backup").contains(&"task_noted".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn notes_of_the_attempt_are_there_to_settle_it() {
    let play = Play::new().step("backup", &[], &[Act::Note]);
    // … and the note, but not what it gave.
    play.room(Some(6));
    play.run().await.expect_err("the disk is full");
    play.room(None);
    ends(play.run().await, DONE);
    assert_eq!(play.effects("backup"), 1);
    assert_eq!(play.memory.lock().unwrap().settled, [("backup".to_owned(), vec![json!("path")])]);
}

#[tokio::test(start_paused = true)]
async fn a_template_that_fails_leaves_nothing_in_doubt() {
    let play = Play::new().step("bad", &[], &[Act::Unprintable, Act::After(0)]);
    ends(play.run().await, suspended(SuspendReason::Failed));
    assert!(!play.state().has_started(0));
    ends(play.run().await, DONE);
}

#[tokio::test(start_paused = true)]
async fn a_run_is_abandoned_by_its_plan_only_while_there_is_a_way_back() {
    for (irreversible, ending) in [(false, Ending::Ended(Outcome::Abandoned)), (true, suspended(SuspendReason::Failed))]
    {
        let mut play = Play::new()
            .step_with("first", &[], &[Act::After(0)], |step| step.irreversible = irreversible)
            .step("second", &["first"], &[Act::Fail])
            .step_with("thaw", &[], &[Act::After(0)], |step| step.finally = true);
        play.on_failure = OnFailure::Abandon;
        ends(play.run().await, ending);
        assert_eq!(play.effects("thaw"), u32::from(!irreversible));
    }
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_run_settles_its_doubts_before_finally_begins() {
    let play = Play::new().step("hangs", &[], &[Act::Hang]).step("never", &["hangs"], &[Act::After(0)]).step_with(
        "thaw",
        &[],
        &[Act::After(0)],
        |step| step.finally = true,
    );
    ends(play.interrupted(&[100, 100]).await, Ending::CutShort);
    play.say(Event::RunAbandoned { by: "ada".into(), leave_in_doubt: false, without: vec![], left_in_doubt: vec![] });
    ends(play.run().await, Ending::Ended(Outcome::Abandoned));
    assert_eq!(play.memory.lock().unwrap().settled.len(), 1);
    assert_eq!((play.effects("never"), play.effects("thaw")), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_doubt_can_be_left() {
    let play = Play::new()
        .step("hangs", &[], &[Act::Hang])
        .step_with("thaw", &[], &[Act::After(0)], |step| step.finally = true);
    ends(play.interrupted(&[100, 100]).await, Ending::CutShort);
    play.say(Event::RunAbandoned { by: "ada".into(), leave_in_doubt: true, without: vec![], left_in_doubt: vec![] });
    ends(play.run().await, Ending::Ended(Outcome::Abandoned));
    assert!(play.memory.lock().unwrap().settled.is_empty());
    assert_eq!(play.effects("thaw"), 1);
}

#[tokio::test(start_paused = true)]
async fn of_two_doubts_the_one_that_nobody_can_answer_is_left() {
    let play = Play::new().step("gone", &[], &[Act::Hang]).step("asked", &[], &[Act::Hang]).step_with(
        "thaw",
        &[],
        &[Act::After(0)],
        |step| step.finally = true,
    );
    ends(play.interrupted(&[100, 100]).await, Ending::CutShort);
    let left_in_doubt = vec![crate::name::TaskId("gone".into())];
    play.say(Event::RunAbandoned { by: "ada".into(), leave_in_doubt: false, without: vec![], left_in_doubt });
    // Another word later does not take the first one back.
    play.say(Event::RunAbandoned { by: "ada".into(), leave_in_doubt: false, without: vec![], left_in_doubt: vec![] });
    ends(play.run().await, Ending::Ended(Outcome::Abandoned));
    assert_eq!(play.memory.lock().unwrap().settled.len(), 1);
    assert_eq!(play.effects("thaw"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_finally_suspends_and_a_resume_goes_on_with_it() {
    let play =
        Play::new()
            .step("main", &[], &[Act::After(0)])
            .step_with("thaw", &[], &[Act::Fail, Act::After(0)], |step| step.finally = true);
    ends(play.run().await, suspended(SuspendReason::Failed));
    ends(play.run().await, DONE);
    assert_eq!((play.effects("main"), play.effects("thaw")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn in_finally_a_failure_holds_up_only_what_needs_it() {
    let finally = |step: &mut StepSpec| step.finally = true;
    let later = |step: &mut StepSpec| {
        step.finally = true;
        step.retry = RetrySpec { attempts: 2, delay: Duration::from_secs(10), max_delay: Duration::from_secs(10) };
    };
    let play = Play::new()
        .step("main", &[], &[Act::After(0)])
        .step_with("thaw", &[], &[Act::Fail, Act::After(0)], finally)
        .step_with("needs_thaw", &["thaw"], &[Act::After(0)], finally)
        .step_with("slow", &[], &[Act::After(500)], finally)
        .step_with("after_slow", &["slow"], &[Act::After(0)], finally)
        .step_with("flaky", &[], &[Act::Fail, Act::After(0)], later);
    ends(play.run().await, suspended(SuspendReason::Failed));
    let effects = || ["thaw", "needs_thaw", "slow", "after_slow", "flaky"].map(|step| play.effects(step));
    assert_eq!(effects(), [0, 0, 1, 1, 1]);
    ends(play.run().await, DONE);
    assert_eq!(effects(), [1; 5]);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_starts_nothing_new_in_finally_either() {
    let finally = |step: &mut StepSpec| step.finally = true;
    let play = Play::new()
        .step_with("fails", &[], &[Act::Fail, Act::After(0)], finally)
        .step_with("slow", &[], &[Act::After(500)], finally)
        .step_with("after_slow", &["slow"], &[Act::After(0)], finally);
    ends(play.interrupted(&[100]).await, suspended(SuspendReason::Failed));
    assert_eq!((play.effects("slow"), play.effects("after_slow")), (1, 0));
    ends(play.run().await, DONE);
}

#[tokio::test(start_paused = true)]
async fn a_person_settles_what_nothing_else_can() {
    let play = Play::new().step("once", &[], &[Act::Hang]);
    ends(play.interrupted(&[100, 100]).await, Ending::CutShort);
    let verdict = Verdict::Done(json!("by hand"));
    play.say(Event::TaskSettled { task: task("once"), attempt: 1, verdict, by: "ada".into(), retry_at: None });
    ends(play.run().await, DONE);
    assert!(play.state().was_settled(0));
    assert_eq!(play.begun().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_failed_in_finally_a_person_may_do_by_hand() {
    let play = Play::new()
        .step("main", &[], &[Act::After(0)])
        .step_with("writers", &[], &[Act::Fail], |step| step.finally = true)
        .step_with("after", &["writers"], &[Act::After(0)], |step| step.finally = true);
    ends(play.run().await, suspended(SuspendReason::Failed));
    let verdict = Verdict::Done(json!("by hand"));
    play.say(Event::TaskSettled { task: task("writers"), attempt: 1, verdict, by: "ada".into(), retry_at: None });
    ends(play.run().await, DONE);
    assert_eq!((play.effects("writers"), play.effects("after")), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn secrets_are_redacted_before_anybody_sees_them() {
    let mut play = Play::new().step("leaks", &[], &[Act::Give("user:hunter2@host")]);
    play.redact = Some(Arc::new(|text| match text.contains("hunter2") {
        true => Cow::Owned(text.replace("hunter2", "***")),
        false => Cow::Borrowed(text),
    }));
    ends(play.run().await, DONE);
    assert_eq!(play.state().step(0).outputs["output"], "user:***@host");
    assert!(!format!("{:?}", play.records()).contains("hunter2"));
}

/// The start of an inclusion has no tasks: it succeeds the moment its preconditions hold, which may be long before anything is done.
#[tokio::test(start_paused = true)]
async fn preconditions_that_grew_old_are_read_again() {
    let play = || {
        Play::new()
            .step_with("a/begin", &[], &[], |step| step.before.once = true)
            .step_with("a/x", &["a/begin"], &[Act::After(10)], |step| step.enclosing = Some(0))
            .step_with("a", &["a/begin", "a/x"], &[], |step| step.closes = Some(0))
    };
    let read = |play: &Play| play.story("a/begin").iter().filter(|event| *event == "preconditions_begun").count();
    let whole = play();
    ends(whole.run().await, DONE);
    assert_eq!(read(&whole), 1);
    let at = |name: &str| {
        whole.records().iter().position(|record| {
            let event = serde_json::to_value(&record.event).unwrap();
            event["event"] == name && event["task"] == "a/x"
        })
    };
    for (first, times) in [(at("task_started").unwrap(), 2), (at("task_acted").unwrap(), 1)] {
        let play = play();
        play.room(Some(first));
        play.run().await.expect_err("the disk is full");
        play.room(None);
        ends(play.run().await, DONE);
        assert_eq!((read(&play), play.effects("a/x")), (times, 1), "{:?}", play.story("a/begin"));
    }
}

/// The process dies (its journal takes no more) after every number of records, twice over; then it goes on.
#[tokio::test(start_paused = true)]
async fn a_crash_at_every_record_repeats_nothing() {
    let play = || {
        let checks = ChecksSpec { once: true, each: true };
        Play::new()
            .step("a", &[], &[Act::Note])
            .step_with("b", &["a"], &[Act::After(10)], |step| {
                step.before = checks;
                step.after = checks;
            })
            .step("c", &["a"], &[Act::LoseAnswer])
            .step("d", &["b", "c"], &[Act::After(1)])
            .step_with("thaw", &[], &[Act::After(0)], |step| step.finally = true)
    };
    let whole = play();
    ends(whole.run().await, DONE);
    for first in 0..whole.records().len() {
        for second in [3, 8, 13] {
            let play = play();
            play.room(Some(first));
            play.run().await.expect_err("the disk is full");
            play.room(Some(second));
            let ran = play.run().await;
            if ran.is_err() {
                play.room(None);
                ends(play.run().await, DONE);
            }
            for name in ["a", "b", "c", "d", "thaw"] {
                assert_eq!(play.effects(name), 1, "{name}, after crashes at {first} and {second}");
            }
        }
    }
}

/// What includes a step starts with the first of it that changes something and is sent.
#[tokio::test(start_paused = true)]
async fn what_was_never_sent_never_started_and_what_was_sent_once_has() {
    let inclusion = |look: &[Act], up: &[Act]| {
        Play::new()
            .step("migrate/begin", &[], &[])
            .step_with("migrate/look", &["migrate/begin"], look, |step| {
                (step.enclosing, step.changes) = (Some(0), false);
            })
            .step_with("migrate/up", &["migrate/look"], up, |step| step.enclosing = Some(0))
            .step_with("migrate", &["migrate/up"], &[], |step| step.closes = Some(0))
    };
    let play = inclusion(&[Act::After(0)], &[Act::Unsent, Act::Unsent, Act::Fail, Act::Unsent]);
    let started = |play: &Play| [0, 1, 2, 3].map(|step| play.state().has_started(step));
    for _ in 0..2 {
        ends(play.run().await, suspended(SuspendReason::Failed));
        assert_eq!(started(&play), [false, true, false, false], "nothing of it has left this machine but a look");
    }
    for _ in 0..2 {
        ends(play.run().await, suspended(SuspendReason::Failed));
        assert_eq!(started(&play), [true; 4], "it was sent once");
    }

    let play = inclusion(&[Act::Fail], &[Act::After(0)]);
    ends(play.run().await, suspended(SuspendReason::Failed));
    assert_eq!(started(&play), [false, true, false, false]);
    let play = inclusion(&[Act::After(0)], &[Act::Interrupted]);
    ends(play.run().await, suspended(SuspendReason::Failed));
    assert_eq!(started(&play), [false, true, false, false], "a doubt that is none of the effect");
}

/// `not steps.migrate.started` must not start the old writers where a person has migrated by hand.
#[tokio::test(start_paused = true)]
async fn what_was_never_sent_and_is_done_by_hand_has_started() {
    let play = Play::new().step_with("writers", &[], &[Act::Unsent], |step| step.finally = true);
    ends(play.run().await, suspended(SuspendReason::Failed));
    assert!(!play.state().has_started(0));
    let verdict = Verdict::Done(json!("by hand"));
    play.say(Event::TaskSettled { task: task("writers"), attempt: 1, verdict, by: "ada".into(), retry_at: None });
    assert!(play.state().has_started(0));
    ends(play.run().await, DONE);
}

#[tokio::test(start_paused = true)]
async fn an_irreversible_step_that_was_never_sent_leaves_the_way_back_open() {
    for (act, ending) in
        [(Act::Unsent, Ending::Ended(Outcome::Abandoned)), (Act::Fail, suspended(SuspendReason::Failed))]
    {
        let mut play = Play::new().step_with("switch", &[], &[act], |step| step.irreversible = true);
        play.on_failure = OnFailure::Abandon;
        ends(play.run().await, ending);
    }
}
