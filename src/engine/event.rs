//! What can happen to a run. The journal holds nothing else, and all state is a fold over it.

use std::{collections::BTreeMap, fmt};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    failure::{Failure, Refusal},
    name::{Name, StepId, TaskId},
};

/// One thing that happened. Serialised as `{"event": "task_started", …}`; the journal adds number and time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The first record of every journal.
    RunCreated(RunCreated),
    /// A process took the run up; sent at the start and at every resume. What was under way is in doubt.
    RunResumed {
        process: u32,
        host: String,
        user: String,
    },
    /// The documents or the servers have changed, and the run goes on with them as they are now.
    ChangesAccepted {
        files: Vec<String>,
        steps: Vec<String>,
        /// Of each server that runs another version, what was said (its new identity is pinned); and of each whose
        /// claim was gone.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        servers: Vec<String>,
        /// The files that commands name, as they are now.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        named_files: BTreeMap<String, String>,
        by: String,
    },
    /// A member is the server that it was meant to be.
    MemberPinned {
        target: Name,
        member: Name,
        identity: Value,
    },
    /// Which cluster of Kubernetes a target is: the uid of its namespace `kube-system`.
    ClusterPinned {
        target: Name,
        uid: String,
    },
    /// The run's claim stands on a member.
    Claimed {
        target: Name,
        member: Name,
    },
    /// The claim was given back.
    Released {
        target: Name,
        member: Name,
    },
    /// A server is given the credentials of a store in this named collection. Durable before it is made.
    CredentialsLent {
        target: Name,
        member: Name,
        collection: String,
    },
    /// That collection was dropped, or is not there.
    CredentialsTakenBack {
        target: Name,
        member: Name,
        collection: String,
    },

    /// All that a step needs is there; its `when` and `for_each` are evaluated next.
    StepEntered {
        step: StepId,
    },
    StepSkipped {
        step: StepId,
        reason: String,
    },
    /// The tasks that the step is made of.
    StepExpanded {
        step: StepId,
        tasks: Vec<TaskSeed>,
    },
    /// The step's preconditions are being read.
    PreconditionsBegun {
        step: StepId,
    },
    /// A process took the run up, and the step's preconditions have grown old: they are read again.
    StepReopened {
        step: StepId,
    },
    /// They hold (or there are none): its tasks may start.
    StepAdmitted {
        step: StepId,
    },
    /// All tasks have succeeded; the step's postconditions and outputs are next.
    PostconditionsBegun {
        step: StepId,
    },
    StepSucceeded {
        step: StepId,
        outputs: IndexMap<Name, Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
    },
    /// A check said no. Nothing was changed by it.
    StepStopped {
        step: StepId,
        refusal: Refusal,
    },
    /// Something about the step itself went wrong (an expression, a check that could not be read).
    StepFailed {
        step: StepId,
        failure: Failure,
    },

    /// The checks before this one task are being read. Holds nothing that a crash could leave in doubt.
    TaskPreconditionsBegun {
        task: TaskId,
    },
    /// They hold: the task may start.
    TaskAdmitted {
        task: TaskId,
    },
    /// Durable before the effect begins.
    TaskStarted {
        task: TaskId,
        attempt: u32,
    },
    /// Something about the attempt that a settlement will need, durable before the action goes on: a backup's path and id.
    TaskNoted {
        task: TaskId,
        attempt: u32,
        note: Value,
    },
    /// The effect is done.
    TaskActed {
        task: TaskId,
        attempt: u32,
        output: Value,
    },
    /// The checks after this one task are being read.
    TaskPostconditionsBegun {
        task: TaskId,
    },
    TaskSucceeded {
        task: TaskId,
    },
    /// The effect is known not to have happened, or to be harmless. `retry_at` where it is tried again by itself.
    /// Where it stands after a [`TaskActed`](Event::TaskActed) the effect is done, and a check after it could not be read.
    TaskFailed {
        task: TaskId,
        attempt: u32,
        failure: Failure,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
    },
    /// A check around the task said no.
    TaskStopped {
        task: TaskId,
        refusal: Refusal,
    },
    /// The answer is unknown: a connection died, or time ran out.
    TaskDoubted {
        task: TaskId,
        attempt: u32,
        failure: Failure,
    },
    /// The world is being asked what became of it.
    SettlementBegun {
        task: TaskId,
        attempt: u32,
    },
    TaskSettled {
        task: TaskId,
        attempt: u32,
        verdict: Verdict,
        by: String,
        /// Where it was not done, or failed: when it is tried again by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
    },
    /// A person has to look at it.
    TaskUnsettled {
        task: TaskId,
        attempt: u32,
        failure: Failure,
    },
    /// The task waits for an approval of what `shown` is the digest of.
    ApprovalAwaited {
        task: TaskId,
        attempt: u32,
        shown: Value,
        digest: String,
    },
    Approved {
        task: TaskId,
        digest: String,
        by: String,
    },

    /// The person or the system asked the process to end; nothing new starts.
    InterruptRequested {
        signal: String,
    },
    /// Nothing is under way and nothing can start.
    RunSuspended {
        reason: SuspendReason,
    },
    /// Asked for by a person (or by `on_failure: abandon`): what remains is `finally`. What is in doubt is settled first,
    /// unless it is to be left: `finally` starts what writes, and something that still works on a server could be in its way.
    RunAbandoned {
        by: String,
        /// What is in doubt is left so, and `finally` begins without knowing what became of it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        leave_in_doubt: bool,
        /// The members that it is abandoned without: `finally` skips them, and their locks are not released.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        without: Vec<MemberName>,
        /// The tasks whose outcome stays unknown, for one of those members would have to be asked.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left_in_doubt: Vec<TaskId>,
    },
    FinallyBegun,
    RunEnded {
        outcome: Outcome,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunCreated {
    /// The version of the journal's format; a newer one is refused.
    pub format: u32,
    pub run: String,
    pub houseplan: String,
    pub plan: String,
    pub plan_version: Option<String>,
    pub environment: String,
    pub digest: String,
    pub started: Timestamp,
    pub by: String,
    /// The folder it was begun in, from which processes start.
    pub directory: String,
    /// The run whose claim it works under (`--under`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
    /// The files that count in the digest, each with the SHA-256 of what it held.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named_files: BTreeMap<String, String>,
    /// The plan's targets that the environment calls otherwise (`--target`), each with its name there.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub targets: IndexMap<Name, Name>,
    /// The inputs as bound, without secrets.
    pub inputs: IndexMap<Name, Value>,
    pub secret_inputs: Vec<Name>,
}

/// One member of a ClickHouse target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberName {
    pub target: Name,
    pub member: Name,
}

impl fmt::Display for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.target, self.member)
    }
}

/// One task of a step, before it has a number of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSeed {
    pub id: TaskId,
    /// The target and the member it acts on, where it acts on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Name>,
    /// `for_each`'s item, or the table that is restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Value>,
}

impl TaskSeed {
    /// Whether the task acts on this member.
    pub fn is_for(&self, member: &MemberName) -> bool {
        self.target.as_ref() == Some(&member.target) && self.member.as_ref() == Some(&member.member)
    }
}

/// What became of a task that was in doubt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was done; this is what it gave.
    Done(Value),
    /// It was not done (or may be done again): a new attempt.
    NotDone,
    /// It came to an end, and failed.
    Failed(Failure),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspendReason {
    Failed,
    Stopped,
    InDoubt,
    AwaitingApproval,
    Interrupted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Succeeded,
    Abandoned,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Abandoned => "abandoned",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read again is what was written, also where an event's fields are looked at twice, as those of a tagged one are.
    #[test]
    fn numbers_keep_their_digits_in_the_journal() {
        let outputs = r#"{"total":12345678901234567.01,"list":[{"n":115792089237316195423570985008687907853269984665640564039457584007913129639935}],"float":0.1,"count":7}"#;
        let line = format!(r#"{{"event":"step_succeeded","step":"left","outputs":{outputs}}}"#);
        let event: Event = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), line);
    }
}
