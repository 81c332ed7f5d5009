//! Takes secrets out of an event before it is folded in and written.
//!
//! Before it is folded in, so that a run that was resumed sees the very outputs that the first process saw.

use std::{borrow::Cow, sync::Arc};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::event::{Event, TaskSeed, Verdict};
use crate::failure::Failure;
use crate::failure::Refusal;

/// Replaces what must not be shown in a text.
pub type Redact = Arc<dyn Fn(&str) -> Cow<'_, str> + Send + Sync>;

/// Redacts all free text of `event`. Names, ids and digests are left as they are: they are what records refer to each other
/// by, and a name that held a secret is refused before it gets here.
pub fn redact_event(event: &mut Event, redact: &Redact) {
    let r = Redactor(redact);
    match event {
        Event::RunCreated(created) => r.values(&mut created.inputs),
        Event::MemberPinned { identity, .. } => r.value(identity),
        Event::StepSkipped { reason, .. } => r.text(reason),
        Event::StepExpanded { tasks, .. } => tasks.iter_mut().for_each(|seed| r.seed(seed)),
        Event::StepSucceeded { outputs, summary, .. } => {
            r.values(outputs);
            summary.iter_mut().for_each(|summary| r.text(summary));
        }
        Event::StepStopped { refusal, .. } | Event::TaskStopped { refusal, .. } => r.refusal(refusal),
        Event::StepFailed { failure, .. }
        | Event::TaskFailed { failure, .. }
        | Event::TaskDoubted { failure, .. }
        | Event::TaskUnsettled { failure, .. } => r.failure(failure),
        Event::TaskNoted { note, .. } => r.value(note),
        Event::TaskActed { output, .. } => r.value(output),
        Event::TaskSettled { verdict, by, .. } => {
            r.text(by);
            match verdict {
                Verdict::Done(output) => r.value(output),
                Verdict::Failed(failure) => r.failure(failure),
                Verdict::NotDone => {}
            }
        }
        Event::ApprovalAwaited { shown, .. } => r.value(shown),
        Event::Approved { by, .. } | Event::RunAbandoned { by, .. } => r.text(by),
        Event::RunResumed { .. }
        | Event::ClusterPinned { .. }
        | Event::Claimed { .. }
        | Event::Released { .. }
        | Event::CredentialsLent { .. }
        | Event::CredentialsTakenBack { .. }
        | Event::ChangesAccepted { .. }
        | Event::StepEntered { .. }
        | Event::PreconditionsBegun { .. }
        | Event::StepReopened { .. }
        | Event::StepAdmitted { .. }
        | Event::PostconditionsBegun { .. }
        | Event::TaskPreconditionsBegun { .. }
        | Event::TaskAdmitted { .. }
        | Event::TaskStarted { .. }
        | Event::TaskPostconditionsBegun { .. }
        | Event::TaskSucceeded { .. }
        | Event::SettlementBegun { .. }
        | Event::InterruptRequested { .. }
        | Event::RunSuspended { .. }
        | Event::FinallyBegun
        | Event::RunEnded { .. } => {}
    }
}

struct Redactor<'hook>(&'hook Redact);

impl Redactor<'_> {
    fn text(&self, text: &mut String) {
        if let Cow::Owned(redacted) = (self.0)(text) {
            *text = redacted;
        }
    }

    fn optional(&self, text: &mut Option<String>) {
        text.iter_mut().for_each(|text| self.text(text));
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => self.object(fields),
            Value::Number(number) => {
                // Only one that is a secret as a whole: a count that has its digits in it is a count.
                let whole = (self.0)(&number.to_string()).into_owned();
                if !whole.contains(|it: char| it.is_ascii_digit()) {
                    *value = Value::String(whole);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn object(&self, fields: &mut Map<String, Value>) {
        if fields.keys().any(|key| matches!((self.0)(key), Cow::Owned(_))) {
            let old = std::mem::take(fields);
            fields.extend(old.into_iter().map(|(mut key, value)| {
                self.text(&mut key);
                (key, value)
            }));
        }
        fields.values_mut().for_each(|value| self.value(value));
    }

    fn values<K>(&self, values: &mut IndexMap<K, Value>) {
        values.values_mut().for_each(|value| self.value(value));
    }

    fn seed(&self, seed: &mut TaskSeed) {
        seed.item.iter_mut().for_each(|item| self.value(item));
    }

    fn refusal(&self, refusal: &mut Refusal) {
        self.text(&mut refusal.expected);
        refusal.found.iter_mut().flatten().for_each(|cell| self.text(cell));
        self.optional(&mut refusal.otherwise);
    }

    fn failure(&self, failure: &mut Failure) {
        self.text(&mut failure.message);
        self.optional(&mut failure.cause);
        self.optional(&mut failure.help);
        failure.server.iter_mut().for_each(|server| self.text(&mut server.message));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_that_is_a_secret_is_taken_out_and_a_count_is_not() {
        let redact: Redact = Arc::new(|text: &str| match text.contains("40712") {
            true => Cow::Owned(text.replace("40712", "[secret]")),
            false => Cow::Borrowed(text),
        });
        let mut value = json!({ "rows": [{ "pin": 40712, "n": 1407120 }] });
        Redactor(&redact).value(&mut value);
        assert_eq!(value, json!({ "rows": [{ "pin": "[secret]", "n": 1407120 }] }));
    }
}
