//! What an action needs beyond its keys: which of them go together, and that SQL does what its `effect` says.

use super::{Body, StepAt};
use crate::{
    document::{Place, Problem, one_of},
    plan::{
        actions::{Backup, Effect, Into, KeeperAction, Restore, S3Action, Sql},
        model::Check,
    },
    sql,
};

pub(super) fn check(at: &StepAt<'_>, body: &Body<'_>, problems: &mut Vec<Problem>) {
    let (step, place) = (at.step, &at.place);
    checks(&step.preconditions, &place.child("preconditions"), problems);
    checks(&step.postconditions, &place.child("postconditions"), problems);
    if let Some(sql) = &step.sql {
        statements(sql, &place.child("sql"), problems);
        if sql.absent.is_some() && !at.finally {
            problems.push(Problem::at_key(
                place.child("sql").child("absent"),
                "a member may be passed over in `finally` only; leave it out here",
            ));
        }
    }
    if let Some(action) = &step.backup {
        backup(action, &place.child("backup"), problems);
    }
    if let Some(action) = &step.restore {
        restore(action, &place.child("restore"), problems);
        one_shard(action, body, &place.child("restore"), problems);
    }
    if let Some(action) = &step.keeper {
        keeper(action, &place.child("keeper"), false, problems);
    }
    if let Some(action) = &step.s3 {
        s3(action, &place.child("s3"), false, problems);
    }
    if let Some(list) = &step.check {
        if list.is_empty() {
            problems.push(Problem::at(place.child("check"), "no check stands here; name at least one"));
        }
        checks(list, &place.child("check"), problems);
    }
    if let Some(exec) = &step.exec
        && exec.command.is_empty()
    {
        problems.push(Problem::at(place.child("exec").child("command"), "an empty command; name at least the program"));
    }
    if (step.procedure.is_some() || step.plan.is_some()) && body.finally.is_some() {
        for (key, is_there) in [("for_each", step.for_each.is_some()), ("retry", step.retry.is_some())] {
            if is_there {
                problems.push(Problem::at_key(
                    place.child(key),
                    format!("a step that includes others takes no `{key}`; give it to the steps inside"),
                ));
            }
        }
    }
    if step.stalled_after.is_some() && step.backup.is_none() && step.restore.is_none() {
        problems.push(Problem::at_key(
            place.child("stalled_after"),
            "only `backup` and `restore` tell how far they are; use `timeout`",
        ));
    }
}

fn checks(checks: &[Check], place: &Place, problems: &mut Vec<Problem>) {
    for (index, check) in checks.iter().enumerate() {
        let place = place.item(index);
        if let Some(sql) = &check.sql {
            read_only(sql, &place.child("sql"), problems);
        }
        if let Some(action) = &check.keeper {
            keeper(action, &place.child("keeper"), true, problems);
        }
        if let Some(action) = &check.s3 {
            s3(action, &place.child("s3"), true, problems);
        }
        if check.expect.is_none() && check.compare.is_none() && check.inspect.is_none() {
            problems.push(Problem::at_key(place, "what is expected? add `expect`, as in `expect: row.n == 0`"));
        }
    }
}

fn read_only(action: &Sql, place: &Place, problems: &mut Vec<Problem>) {
    if action.effect.is_some_and(|effect| effect != Effect::Read) {
        problems.push(Problem::at(place.child("effect"), "a check only reads; leave `effect` out"));
    }
    if action.absent.is_some() {
        problems.push(Problem::at_key(
            place.child("absent"),
            "a member may be passed over in `finally` only; leave it out here",
        ));
    }
    settings(action, place, problems);
    if let Some(second) = sql::split(&action.query.0).get(1) {
        problems.push(Problem::at(
            place.child("query").part(second.range.clone()),
            "a second statement, and a check reads one; make another check of it",
        ));
    }
    must_read(action, "a check only reads", place, problems);
}

fn must_read(action: &Sql, because: &str, place: &Place, problems: &mut Vec<Problem>) {
    for statement in sql::split(&action.query.0) {
        if !sql::is_read(&statement) {
            let keyword = statement.range.start..statement.range.start + statement.keyword().len();
            problems.push(Problem::at(
                place.child("query").part(keyword),
                format!("{because}, and `{}` may write", statement.keyword()),
            ));
        }
    }
}

/// What houseplan itself says in the URL beside the settings, or must not be said there at all.
const OWN_PARAMETERS: [&str; 10] = [
    "log_comment",
    "query",
    "query_id",
    "user",
    "password",
    "database",
    "session_id",
    "readonly",
    "wait_end_of_query",
    "default_format",
];

fn settings(action: &Sql, place: &Place, problems: &mut Vec<Problem>) {
    for name in action.settings.keys().filter(|name| OWN_PARAMETERS.contains(&name.as_str())) {
        problems.push(Problem::at_key(
            place.child("settings").child(name),
            format!("`{name}` is said by houseplan itself with each statement; leave it out"),
        ));
    }
}

fn statements(action: &Sql, place: &Place, problems: &mut Vec<Problem>) {
    let statements = sql::split(&action.query.0);
    if statements.is_empty() {
        problems.push(Problem::at(place.child("query"), "no statement stands here"));
    }
    settings(action, place, problems);
    for statement in &statements {
        if let Some(instead) = sql::needs_session(statement) {
            problems.push(Problem::at(
                place.child("query").part(statement.range.clone()),
                format!("this acts on a session, and each statement is sent without one; {instead}"),
            ));
        }
    }
    match action.effect {
        Some(Effect::Read) => must_read(action, "`effect: read` changes nothing", place, problems),
        Some(Effect::Idempotent) => {}
        effect => {
            let all_read = statements.iter().all(sql::is_read);
            if let Some(second) = statements.get(1)
                && (effect == Some(Effect::Once) || !all_read)
            {
                problems.push(Problem::at(
                    place.child("query").part(second.range.clone()),
                    "a second statement, and what happens `once` is one statement; make a step of it, or say `effect: idempotent` if a repeat ends in the same state",
                ));
            }
        }
    }
}

/// Exactly one of some keys.
fn exactly_one(what: &str, keys: &[(&str, bool)], place: &Place, problems: &mut Vec<Problem>) {
    let present: Vec<&str> = keys.iter().filter(|(_, is_there)| *is_there).map(|(key, _)| *key).collect();
    match present.as_slice() {
        [_] => {}
        [] => problems.push(Problem::at_key(
            place.clone(),
            format!("{what} takes one of {}", one_of(keys.iter().map(|(key, _)| *key))),
        )),
        [first, second, ..] => problems.push(Problem::at_key(
            place.child(second),
            format!("{what} takes one of {}; `{first}` is here already", one_of(keys.iter().map(|(key, _)| *key))),
        )),
    }
}

fn backup(action: &Backup, place: &Place, problems: &mut Vec<Problem>) {
    exactly_one("a backup", &[("database", action.database.is_some()), ("all", action.all.is_some())], place, problems);
    if action.tables.is_some() && action.database.is_none() {
        problems.push(Problem::at_key(place.child("tables"), "tables of which database? add `database`"));
    }
}

fn restore(action: &Restore, place: &Place, problems: &mut Vec<Problem>) {
    let of_tables = action.tables.is_some() || action.database.is_some();
    if !of_tables && action.all.is_none() {
        problems.push(Problem::at_key(place.clone(), "a restore takes `tables`, `database` or `all`"));
    }
    if of_tables && action.all.is_some() {
        problems
            .push(Problem::at_key(place.child("all"), "`all` stands alone; leave it out, or `tables` and `database`"));
    }
    if action.into == Into::Append && action.tables.is_none() {
        problems.push(Problem::at(
            place.child("into"),
            "`append` may double what is there, so its tables are named; add `tables`",
        ));
    }
    let is_path = !action.from.0.trim_start().starts_with("{{ steps.");
    if action.store.is_none() && is_path {
        problems.push(Problem::at(
            place.child("from"),
            "a path in which store? add `store`, or name a `backup` step's outputs",
        ));
    }
}

/// A backup is one server's. Restored on every shard its rows would be there as often as there are shards, and restored on
/// one they would not be spread.
fn one_shard(action: &Restore, body: &Body<'_>, place: &Place, problems: &mut Vec<Problem>) {
    let target = body.targets.and_then(|targets| targets.get(&action.on));
    let shards = target.and_then(|target| target.shards);
    if shards.is_some_and(|shards| shards.max.is_none_or(|most| most > 1)) {
        problems.push(Problem::at(
            place.child("on"),
            format!(
                "`{0}` may have several shards, and restored on each of them the rows would be multiplied; leave `shards` \
                 out of `targets.{0}`, or give each shard a target of its own",
                action.on
            ),
        ));
    }
}

fn keeper(action: &KeeperAction, place: &Place, in_check: bool, problems: &mut Vec<Problem>) {
    let keys = [("remove", action.remove.is_some()), ("exists", action.exists.is_some())];
    exactly_one("`keeper`", &keys, place, problems);
    if action.remove.is_some() && in_check {
        problems.push(Problem::at_key(place.child("remove"), "a check only reads; it takes `exists`"));
    } else if action.remove.is_some() && action.through.is_none() {
        problems.push(Problem::at_key(
            place.child("remove"),
            "replicas are removed by a server; name its target with `through`",
        ));
    }
}

fn s3(action: &S3Action, place: &Place, in_check: bool, problems: &mut Vec<Problem>) {
    let keys = [
        ("probe", action.probe.is_some()),
        ("exists", action.exists.is_some()),
        ("list", action.list.is_some()),
        ("remove", action.remove.is_some()),
    ];
    exactly_one("`s3`", &keys, place, problems);
    for (key, is_there) in [("probe", action.probe.is_some()), ("remove", action.remove.is_some())] {
        if is_there && in_check {
            problems.push(Problem::at_key(place.child(key), "a check only reads; it takes `exists` or `list`"));
        }
    }
    if action.remove.as_ref().is_some_and(|prefix| prefix.0.trim_matches(['/', ' ']).is_empty()) {
        problems.push(Problem::at(place.child("remove"), "an empty prefix would remove the whole store"));
    }
}
