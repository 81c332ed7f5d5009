//! Which action acts for what a plan says. All that knows the actions one by one is here, and the compiler asks for each.

use super::{
    Attempt,
    acting::{Acting, Reading},
    context::{EvalContext, internal},
    output_guard::guarded,
    restore::Restoring,
};
use crate::{
    engine::{event::TaskSeed, performer::TaskRun},
    failure::Failure,
    plan::actions::{Action, Check, CheckAction},
};

/// What acts for an action; `None` for the start and the end of an inclusion, which do nothing themselves.
pub fn acting(action: &Action) -> Option<Box<dyn Acting + '_>> {
    Some(match action {
        Action::Sql(it) => Box::new(it.as_ref()),
        Action::Backup(it) => Box::new(it.as_ref()),
        Action::Restore(restore) => Box::new(Restoring { restore, phase: restore.phase() }),
        Action::Inspect(it) => Box::new(it.as_ref()),
        Action::Inventory(it) => Box::new(it.as_ref()),
        Action::Compare(it) => Box::new(it.as_ref()),
        Action::KnownBugs(it) => Box::new(it.as_ref()),
        Action::Check(it) => Box::new(it.as_ref()),
        Action::Exec(it) => Box::new(it.as_ref()),
        Action::Keeper(it) => Box::new(it.as_ref()),
        Action::S3(it) => Box::new(it.as_ref()),
        Action::Approve(it) => Box::new(it.as_ref()),
        #[cfg(test)]
        Action::Echo(it) => Box::new(it.as_ref()),
        Action::IncludeStart | Action::IncludeEnd(_) => return None,
    })
}

/// A task of a step, ready to act, with what it gives held against the secrets.
pub fn task(at: EvalContext<'_>, seed: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
    let action = acting(&at.step.action).ok_or_else(|| internal("an inclusion has no tasks of its own"))?;
    Ok(guarded(action.prepare(at, seed, attempt)?, at, action.identifiers()))
}

/// What reads for a check, whichever of its keys is there; `None` where none is, which validation refuses.
pub fn reading(check: &Check) -> Option<&dyn Reading> {
    check.action().map(|action| match action {
        CheckAction::Sql(it) => it as &dyn Reading,
        CheckAction::Inspect(it) => it,
        CheckAction::Inventory(it) => it,
        CheckAction::Compare(it) => it,
        CheckAction::KnownBugs(it) => it,
        CheckAction::Keeper(it) => it,
        CheckAction::S3(it) => it,
    })
}

#[cfg(test)]
mod tests {
    use serde::{Serialize, de::DeserializeOwned};
    use serde_json::{Value, json};

    use crate::{
        action::{
            check::CheckOutput, compare::CompareOutput, exec::ExecOutput, inventory::Inventory, keeper::KeeperOutput,
            known_bugs::KnownBugsOutput, s3::S3Output, sql::SqlOutput,
        },
        plan::actions::{self, ActionSpec, Outputs},
    };

    /// That what the action gives has the names by which a plan is let read it.
    #[track_caller]
    fn case<A: ActionSpec + DeserializeOwned>(written: Value, given: impl Serialize) {
        let action: A = serde_json::from_value(written).unwrap();
        let (Outputs::OfTask(keys) | Outputs::OfStep(keys)) = action.outputs();
        let given = json!(given);
        let mut given: Vec<&str> = given.as_object().unwrap().keys().map(String::as_str).collect();
        let mut keys = keys.to_vec();
        given.sort_unstable();
        keys.sort_unstable();
        assert_eq!(given, keys);
    }

    #[test]
    fn an_action_gives_what_plans_are_let_read_of_it() {
        case::<actions::Sql>(json!({ "on": "a", "query": "SELECT 1" }), SqlOutput::default());
        case::<actions::Exec>(
            json!({ "on": "local", "command": ["a"] }),
            ExecOutput { stdout: String::new(), code: 0 },
        );
        case::<actions::Compare>(
            json!({ "left": "a", "right": "b", "by": [] }),
            CompareOutput { rows: Vec::new(), summary: String::new() },
        );
        case::<actions::KnownBugs>(
            json!({ "on": "a", "database": "d", "source": "b" }),
            KnownBugsOutput { rows: Vec::new() },
        );
        case::<actions::KeeperAction>(json!({ "on": "a", "exists": "/a" }), KeeperOutput { rows: Vec::new() });
        case::<actions::S3Action>(json!({ "on": "a", "exists": "a" }), S3Output { rows: Vec::new() });
        case::<actions::CheckList>(json!([]), CheckOutput { held: Vec::new() });
        let inventory = Inventory {
            target: "a".into(),
            members: Default::default(),
            database: "d".to_owned(),
            database_engine: None,
            except: Vec::new(),
            checksum: false,
            taken: jiff::Timestamp::UNIX_EPOCH,
            tables: Vec::new(),
            nondeterministic: Vec::new(),
            zookeeper_paths: Vec::new(),
            notes: Vec::new(),
        };
        case::<actions::Inventory>(json!({ "on": "a", "database": "d" }), inventory);
    }
}
