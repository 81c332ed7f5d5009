//! What is said of a command that has ended, or of which that is not known, wherever it ran.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::{
    printed::{Redact, Tail},
    task::IsRead,
};

use crate::{
    action::{Attempt, output_guard, secrets::Secrets},
    catalogue::{self, Filled},
    diagnose::{Activity, Context, diagnose_output},
    engine::performer::{Answer, TaskContext},
    failure::Failure,
    plan::{actions::Effect, outputs::ExecOutput},
};

/// How much of its standard output is kept, and how many of the last lines of its errors are shown.
pub(in crate::action) const KEPT: usize = 64 << 10;
const SHOWN: usize = 20;

/// The command of which something is said.
#[derive(Clone, Copy)]
pub(in crate::action) struct Telling<'a> {
    pub attempt: &'a Attempt,
    pub command: &'a [String],
    pub effect: Effect,
    /// Whether another step reads what it prints.
    pub is_read: &'a IsRead,
    pub redact: &'a Redact,
}

impl Telling<'_> {
    pub fn context() -> Context {
        Context::new(Activity::Exec)
    }

    /// What came of it: `ended` says how it has failed.
    pub async fn answer(
        self,
        ended: Result<(), String>,
        printed: &Tail,
        errors: &Tail,
        task_context: &TaskContext,
    ) -> Answer {
        let how = match ended {
            Ok(()) => {
                return match self.unreadable(printed) {
                    None => Answer::Acted(json!(ExecOutput { stdout: printed.marked(), code: 0 })),
                    Some(failure) if self.effect == Effect::Once => Answer::Unknown(failure),
                    Some(failure) => Answer::Failed(failure),
                };
            }
            Err(how) => how,
        };
        let failed = self.failed(&how, &printed.text(), &errors.text());
        if self.effect != Effect::Once {
            return Answer::Failed(failed);
        }
        // How far it came before it failed nobody knows. What it said is noted, for the person who has to find out.
        let failed = self.ended_in_doubt(failed, &how);
        // Where the run is ending, nothing can be noted any more; that it is in doubt is on record all the same.
        let _ = task_context.notes.note(json!({ "ended": how, "cause": failed.cause })).await;
        Answer::Unknown(failed)
    }

    /// How it ended, where that was noted.
    pub fn noted(self, notes: &[Value]) -> Option<Failure> {
        let note = notes.iter().rev().find(|note| note.get("ended").is_some())?;
        let how = note["ended"].as_str().unwrap_or_default();
        let failed = catalogue::exec::FAILED.failure().with_message(how);
        let failed = match note["cause"].as_str() {
            Some(cause) => failed.with_cause(cause),
            None => failed,
        };
        Some(self.ended_in_doubt(failed, how))
    }

    pub fn in_doubt(self, how: &str) -> Failure {
        self.doubt().with("how", format!(": {how}")).failure_in(&Self::context())
    }

    pub fn doubt(self) -> Filled {
        let Attempt { run, task, number, .. } = self.attempt;
        let doubt = catalogue::exec::IN_DOUBT.with("program", self.program()).with("run", run);
        doubt.with("task", format!("'{task}'")).with("attempt", number)
    }

    /// What is started, as it is shown.
    fn program(self) -> String {
        self.command.first().map_or("the process".to_owned(), |program| format!("`{}`", (self.redact)(program)))
    }

    /// What a failed process says: something that is known, else its last lines.
    fn failed(self, ended: &str, printed: &str, errors: &str) -> Failure {
        let program = self.program();
        let known = diagnose_output(&format!("{printed}\n{errors}"), &Self::context());
        let failed = known.unwrap_or_else(|| {
            let failed = catalogue::exec::FAILED.with("program", &program).with("how", format!(": it {ended}"));
            failed.failure_in(&Self::context())
        });
        let shown = if errors.trim().is_empty() { printed } else { errors };
        let lines: Vec<&str> = shown.lines().collect();
        match lines[lines.len().saturating_sub(SHOWN)..].join("\n") {
            last if last.trim().is_empty() => failed,
            last => failed.with_cause(format!("{program} {ended}; its last lines:\n{last}")),
        }
    }

    /// It ended with an error, and what it had done by then is unknown.
    fn ended_in_doubt(self, failed: Failure, how: &str) -> Failure {
        // What is known of such an error goes before its last lines.
        let known = !failed.is(&catalogue::exec::FAILED);
        let known = known.then_some([Some(&failed.message), failed.help.as_ref()]).into_iter().flatten().flatten();
        let said: Vec<&str> = known.chain(&failed.cause).map(String::as_str).collect();
        let said = said.join("\n");
        let doubt = self.in_doubt(&format!("it {how}, and may have done a part of its work"));
        Failure { cause: (!said.is_empty()).then_some(said), ..doubt }
    }

    /// Why what it printed is nothing to give to the step that reads it: it would act on something else. It is redacted line by
    /// line, so [`output_guard`] does not see the secret any more, and is told of it.
    fn unreadable(self, printed: &Tail) -> Option<Failure> {
        if !(printed.is_cut() || printed.is_redacted()) || !(self.is_read)() {
            return None;
        }
        if !printed.is_cut() {
            return Some(output_guard::read_by_another());
        }
        let message = format!("the process printed more than {KEPT} bytes, and another step reads what it prints");
        Some(catalogue::exec::OUTPUT_CUT.failure_in(&Self::context()).with_message(message))
    }
}

/// A process's arguments are seen by everyone beside it.
pub(in crate::action) fn secret_in_arguments(command: &[String], secrets: &[SecretString]) -> Option<Failure> {
    let secrets = Secrets::new(secrets.to_vec());
    let at = command.iter().position(|argument| secrets.stand_in(argument))?;
    let message = format!("argument {at} of the command contains a secret");
    Some(catalogue::exec::SECRET_IN_ARGUMENTS.failure_in(&Telling::context()).with_message(message))
}
