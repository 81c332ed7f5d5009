//! How failures read.

use insta::assert_snapshot;
use miette::{GraphicalReportHandler, GraphicalTheme, NamedSource};

use super::{
    context,
    report::{Place, report},
};
use crate::diagnose::*;

/// How a failure reads, 100 columns wide, without colour.
fn shown(failure: &Failure, place: Option<Place>) -> String {
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .without_syntax_highlighting()
        .render_report(&mut text, &report(failure, place))
        .unwrap();
    text
}

#[test]
fn a_failure_reads_like_this() {
    let exception = Exception::parse(
        "Code: 608. DB::Exception: Cannot restore the table default.runs because it already contains some data. (CANNOT_RESTORE_TABLE)",
        None,
    );
    let failure = diagnose(&QueryError::Exception(exception), &context(Activity::Restore));
    let plan = "steps:\n  restore:\n    restore: { on: cluster, into: existing }\n";
    let place = Place {
        source: NamedSource::new("plans/move.yaml", plan.to_owned()),
        span: (plan.find("restore:").unwrap(), 7).into(),
        label: "this step, attempt 1".to_owned(),
    };
    assert_snapshot!(shown(&failure, Some(place)), @r##"
    houseplan::restore::table_not_empty

      × default.runs on replica1 already has rows
      ├─▶ Code: 608. Cannot restore the table default.runs because it already contains some data.
      │   (CANNOT_RESTORE_TABLE)
      ╰─▶ cause: something may have written to it after it was created, or it was restored before, on
          this replica or another one
       ╭─[plans/move.yaml:2:3]
     1 │ steps:
     2 │   restore:
       ·   ───┬───
       ·      ╰── this step, attempt 1
     3 │     restore: { on: cluster, into: existing }
       ╰────
      help: find out which: compare it with the inventory. If nobody needs the rows: stop what writes
            there, TRUNCATE default.runs on replica1, then `houseplan resume RUN`. Do not set
            allow_non_empty_tables: a repeated restore would double the rows
    "##);
}

#[test]
fn an_unreachable_server_reads_like_this() {
    let error = QueryError::Unreachable {
        url: "http://127.0.0.1:1".to_owned(),
        reason: "Connection refused (os error 111)".to_owned(),
    };
    assert_snapshot!(shown(&diagnose(&error, &context(Activity::Sql)), None), @r##"
    houseplan::connect::unreachable

      × the server at http://127.0.0.1:1 cannot be reached: Connection refused (os error 111)
      ╰─▶ cause: nothing listens there: the server is down, or the port is wrong
      help: check the address of the member in the environment, and that its HTTP port (8123, or 8443
            with TLS) can be reached
    "##);
}

#[test]
fn an_unknown_exception_reads_like_this() {
    let exception = Exception::parse("Code: 12345. DB::Exception: Whatever it is. (SOMETHING_NEW)", None);
    assert_snapshot!(shown(&diagnose(&QueryError::Exception(exception), &context(Activity::Sql)), None), @r##"
    houseplan::clickhouse::exception

      × the server refused with SOMETHING_NEW (code 12345) on replica1, table default.runs
      ╰─▶ Code: 12345. Whatever it is. (SOMETHING_NEW)
      help: the number and the name of the error are those of ClickHouse: look them up, fix what the
            message names, then `houseplan resume RUN`
    "##);
}

#[test]
fn explain_reads_like_this() {
    assert_snapshot!(catalogue::keeper::REPLICA_EXISTS, @r##"
    houseplan::keeper::replica_exists

      a replica of the table is already registered in Keeper

    Cause: the table may have been dropped without SYNC: it is no longer in the catalogue, but stays in Keeper for about 8 minutes

    DROP TABLE without SYNC hides the table immediately. The table and the nodes of its replica in Keeper are removed only
    after database_atomic_delay_before_drop_table_sec (480 s). A CREATE before that finds the old replica.

    Danger: removing the path by hand (SYSTEM DROP REPLICA, or `rmr` in the client of Keeper) seems to work, and the new
    table is created. But when the delayed drop of the old table runs, it deletes the nodes of the new replica. Then
    is_readonly is 0, active_replicas is 0, and INSERT fails with 244 or 999. So never change Keeper while
    system.dropped_tables lists the table, and always drop with SYNC.

    What to do: first look at system.dropped_tables on the server. While the table is there, wait, or UNDROP TABLE and DROP TABLE … SYNC. Only then, if the path is still in Keeper: SYSTEM DROP REPLICA '…' FROM ZKPATH '…'
    "##);
}
