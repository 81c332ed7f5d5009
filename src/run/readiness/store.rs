//! Whether a store lets in those who will use it: each server that works with it, and this machine where it reads it itself.
//!
//! Asked by listing what is below a name that nothing has, which takes the address, the bucket, the key and the right to list,
//! and reads nothing.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::timeout;

use super::{Readiness, Use, needed, needs::Uses};
use crate::{
    action::{
        context::{EvalContext, RunContext},
        look_into_store, token_outlasts,
    },
    catalogue,
    collections::Collection,
    connect::{
        clickhouse::Statement,
        target::{Member, Store},
    },
    diagnose::{Activity, Context, is_no_answer},
    failure::Failure,
    humanize,
    name::Name,
    plan::actions::Action,
};

/// How long one of them may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// By these a store says that the key itself is not right, wherever it is used.
const WRONG_KEY: [&str; 4] = ["SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "InvalidToken"];

/// Asks through each server, and by this machine, as the plan uses it.
pub(super) async fn ask(context: &RunContext, name: &Name, uses: &Uses) -> Readiness {
    let Some(store) = context.connections.stores.get(name) else { return Readiness::default() };
    let mut by: Vec<(Option<Arc<Member>>, &[Use])> = Vec::new();
    for (through, uses) in uses {
        match through.as_ref().map(|target| context.connections.clickhouse.get(target)) {
            None => by.push((None, uses)),
            Some(cluster) => {
                let members = cluster.into_iter().flat_map(|it| &it.members);
                by.extend(members.map(|member| (Some(Arc::clone(member)), uses.as_slice())));
            }
        }
    }
    let mut found = Readiness::default();
    if let Some(collection) = &store.collection {
        let through =
            by.extract_if(.., |(member, _)| member.is_some()).filter_map(|(member, uses)| Some((member?, uses)));
        ask_for_collections(store, &collection.name, &through.collect::<Vec<_>>(), &mut found).await;
    }
    tell_end_of_token(store, &mut found);
    let looks = join_all(by.iter().map(|(member, uses)| look(store, path_of(uses), member.as_deref()))).await;
    let (mut reached, mut refused): (Vec<String>, Vec<(String, Failure)>) = (Vec::new(), Vec::new());
    for ((member, uses), look) in by.into_iter().zip(looks) {
        let who = member.as_ref().map_or_else(|| "this machine".to_owned(), |it| it.name.to_string());
        let look = match (look, &member) {
            (Err(failure), Some(member)) if store.credentials.is_none() => Err(of_own_role(failure, member).await),
            (look, _) => look,
        };
        match look {
            Ok(()) => reached.push(who),
            // Of a server that does not answer, or does not let us work, the look at the servers tells.
            Err(failure) if member.is_some() && is_of_the_server(&failure) => {}
            Err(failure) if !tells(&failure, path_of(uses)) => {
                found.unknown.push(format!("whether {who} gets into `{name}` could not be asked: {}", failure.message));
            }
            Err(failure) => refused.push((who, needed(failure, uses))),
        }
    }
    if !reached.is_empty() {
        let who = humanize::first_of(&reached, 4);
        found
            .answered
            .push(format!("`{name}` can be listed by {who}; whether they may write there, only writing shows"));
    }
    found.failures = told_once(refused);
    found
}

/// Whether each server knows the collections that a run makes. What they are filled with nobody sends a server before the run begins;
/// then each shows that it gets in with them, before anything else is done.
async fn ask_for_collections(store: &Store, name: &str, through: &[(Arc<Member>, &[Use])], found: &mut Readiness) {
    let asked = join_all(through.iter().map(async |(member, uses)| {
        let collection = Collection::of(store, member)?;
        match timeout(PATIENCE, collection.knows_collections()).await {
            Ok(Err(failure)) if !is_of_the_server(&failure) => Some(needed(failure, uses)),
            _ => None,
        }
    }));
    let refused: Vec<Failure> = asked.await.into_iter().flatten().collect();
    if refused.is_empty() && !through.is_empty() {
        let who: Vec<&str> = through.iter().map(|(member, _)| member.name.as_str()).collect();
        found.unknown.push(format!(
            "whether {} into `{}` by a named collection ({name}) is tried when the run begins",
            match who.as_slice() {
                [one] => format!("{one} gets"),
                all => format!("{} get", humanize::first_of(all, 4)),
            },
            store.name
        ));
    }
    found.failures.extend(refused);
}

/// Whether the session token of the step's store lasts as long as its backup takes at least, as far as that is known now.
pub(super) async fn token_of_backup(context: &RunContext, step: usize) -> Result<(), Failure> {
    let step = context.step(step);
    let Action::Backup(backup) = &step.action else { return Ok(()) };
    let nothing = |_: &str| None;
    let at = EvalContext { context, step, steps: &nothing, member: None, item: None };
    match timeout(PATIENCE, token_outlasts(backup, at)).await {
        Ok(Err(failure)) if failure.is(&catalogue::store::TOKEN_ENDS_TOO_EARLY) => Err(failure),
        // What a server does not answer, the look at the servers tells.
        _ => Ok(()),
    }
}

/// A store says no more than 403 to a request without a signature; that the server signed none because its user may not use the
/// server's own credentials, its setting tells. Servers refuse the statement itself (497) where they would have used them.
async fn of_own_role(failure: Failure, member: &Member) -> Failure {
    let setting = "SELECT toString(value) AS value FROM system.settings WHERE name = 's3_allow_server_credentials_in_user_queries'";
    if !failure.is(&catalogue::store::ACCESS_DENIED) {
        return failure;
    }
    match member.client.query(&Statement::read(setting)).await {
        Ok(rows) if rows.scalar().and_then(Value::as_str) == Some("0") => {
            let forbidden = &catalogue::access::SERVER_CREDENTIALS;
            Failure { server: failure.server, ..forbidden.failure_in(&Context::on(Activity::Store, member)) }
        }
        _ => failure,
    }
}

/// That a session token ends, and when: a step that uses it afterwards fails.
fn tell_end_of_token(store: &Store, found: &mut Readiness) {
    let Some(end) = store.credentials.as_ref().and_then(|it| it.keys().expires) else { return };
    let now = Timestamp::now();
    if end <= now {
        let why = format!(": it ended at {end:.0}");
        let expired = catalogue::store::TOKEN_EXPIRED.with("store", &store.name).with("why", why);
        found.failures.push(expired.failure_in(&Context::new(Activity::Store)));
        return;
    }
    let left = humanize::duration(humanize::between(now, end));
    found.answered.push(format!("the session token of `{}` lasts until {end:.0}, {left} from now", store.name));
}

fn is_of_the_server(failure: &Failure) -> bool {
    let access =
        [&catalogue::access::AUTHENTICATION, &catalogue::access::SETTING_FIXED, &catalogue::access::READONLY_USER];
    is_no_answer(failure) || access.into_iter().any(|entry| failure.is(entry))
}

fn path_of(uses: &[Use]) -> Option<&str> {
    uses.iter().find_map(|it| it.path.as_deref())
}

async fn look(store: &Store, path: Option<&str>, member: Option<&Member>) -> Result<(), Failure> {
    let context = member.map_or_else(|| Context::new(Activity::Store), |it| Context::on(Activity::Store, it));
    match timeout(PATIENCE, look_into_store(store, path, member)).await {
        Ok(answer) => answer,
        Err(_) => {
            let message = format!("`{}` gave no answer within {} s", store.name, PATIENCE.as_secs());
            let entry = match member {
                Some(_) => &catalogue::store::UNREACHABLE,
                None => &catalogue::store::UNREACHABLE_FROM_HERE,
            };
            Err(entry.failure_in(&context).with_message(message))
        }
    }
}

/// Whether a failure says that the plan will not get in either. What the server itself refuses does not: its user may lack the
/// privilege to read S3, and BACKUP takes another one. Nor does a key that may not list where nothing of the plan will be: its
/// rights may be for one folder.
fn tells(failure: &Failure, path: Option<&str>) -> bool {
    let said = failure.server.as_ref().map_or(failure.message.as_str(), |it| it.message.as_str());
    let wrong = WRONG_KEY.iter().any(|word| said.contains(word));
    let of_store = failure.code.starts_with("houseplan::store::");
    // By BACKUP it would be the same credentials.
    let own_role = failure.is(&catalogue::access::SERVER_CREDENTIALS);
    own_role || of_store && (path.is_some() || wrong || !failure.is(&catalogue::store::ACCESS_DENIED))
}

/// One failure of each kind: a store that is not there is one trouble, and not one of each server.
fn told_once(refused: Vec<(String, Failure)>) -> Vec<Failure> {
    let mut told: Vec<(Failure, Vec<String>)> = Vec::new();
    for (who, failure) in refused {
        match told.iter_mut().find(|(known, _)| known.code == failure.code) {
            Some((_, others)) => others.push(who),
            None => told.push((failure, Vec::new())),
        }
    }
    let with_others = told.into_iter().map(|(failure, others)| match others.as_slice() {
        [] => failure,
        others => {
            let message = format!("{}; the same for {}", failure.message, humanize::first_of(others, 4));
            failure.with_message(message)
        }
    });
    with_others.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::ServerError;

    #[test]
    fn a_key_for_one_folder_is_judged_by_what_the_plan_does_there() {
        let denied = |message: &str| {
            let server = ServerError { code: 499, name: String::new(), message: message.to_owned(), version: None };
            Failure { server: Some(server), ..catalogue::store::ACCESS_DENIED.failure() }
        };
        assert!(tells(&denied("SignatureDoesNotMatch"), None));
        assert!(tells(&denied("AccessDenied"), Some("backups")));
        assert!(!tells(&denied("AccessDenied"), None));
        assert!(tells(&catalogue::store::NO_SUCH_BUCKET.failure(), None));
        assert!(!tells(&catalogue::access::DENIED.failure(), Some("backups")), "the user's privilege, not the key's");
    }

    #[test]
    fn one_store_is_one_trouble() {
        let of = |who: &str, failure: Failure| (who.to_owned(), failure.with_message(format!("{who} does not get in")));
        let refused = vec![
            of("a", catalogue::store::ACCESS_DENIED.failure()),
            of("b", catalogue::store::UNREACHABLE.failure()),
            of("c", catalogue::store::ACCESS_DENIED.failure()),
        ];
        let told: Vec<String> = told_once(refused).into_iter().map(|it| it.message).collect();
        assert_eq!(told, ["a does not get in; the same for c", "b does not get in"]);
    }
}
