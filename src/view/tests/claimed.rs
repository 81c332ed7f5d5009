use crate::view::{
    claimed::{Claim, Whereabouts, claimed},
    paint::Paint,
    tests::fixture::RUN,
};

#[test]
fn claimed_by_another_run() {
    let folder = Whereabouts::Here;
    let said = Some(format!("replica1 is locked by run {RUN} of ada@desk, since 2026-11-22T14:30:00Z"));
    let claim = Claim { target: "cluster".into(), member: "replica1".into(), run: RUN.to_owned(), folder, said };
    insta::assert_snapshot!(claimed(&claim, "sandbox", 80, Paint::NONE), @"
    ■ `cluster` is locked by run 2026-11-22_143000-k7q2 (found on replica1); nothing
      has been changed

      A run locks what it changes until it has ended, also while it is suspended, so
      that no two runs change one server.

      next   see its state
               houseplan status 2026-11-22_143000-k7q2
             go on with it
               houseplan resume 2026-11-22_143000-k7q2
             or abandon it
               houseplan abandon 2026-11-22_143000-k7q2
             or work under its lock while it is suspended
               houseplan run PLAN --under 2026-11-22_143000-k7q2
    ");
    let ended = Claim { folder: Whereabouts::Ended, ..claim.clone() };
    insta::assert_snapshot!(claimed(&ended, "sandbox", 80, Paint::NONE), @"
    ■ `cluster` is locked by run 2026-11-22_143000-k7q2 (found on replica1); nothing
      has been changed

      A run locks what it changes until it has ended, also while it is suspended, so
      that no two runs change one server.

      next   it has ended, but its lock was not released: release it
               houseplan abandon 2026-11-22_143000-k7q2
    ");
    let elsewhere = Claim { folder: Whereabouts::Elsewhere, ..claim };
    insta::assert_snapshot!(claimed(&elsewhere, "sandbox", 80, Paint::NONE), @"
    ■ `cluster` is locked by run 2026-11-22_143000-k7q2 (found on replica1); nothing
      has been changed

      A run locks what it changes until it has ended, also while it is suspended, so
      that no two runs change one server.
      Its folder is not on this machine: replica1 is locked by run
      2026-11-22_143000-k7q2 of ada@desk, since 2026-11-22T14:30:00Z.

      next   ask who runs it, and resume it there
               houseplan resume 2026-11-22_143000-k7q2
             or, if its folder is lost
               houseplan abandon 2026-11-22_143000-k7q2 --env sandbox
    ");
}
