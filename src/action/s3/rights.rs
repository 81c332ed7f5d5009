//! Which right a key lacks: a store answers 403 and does not say which. So each is tried by itself, by this machine, with the same
//! key; where the servers use a role of their own, nobody else can try it.

use crate::{
    action::store_reader::StoreReader,
    catalogue,
    connect::{
        store::{StoreClient, StoreError},
        target::Store,
    },
    failure::Failure,
    humanize,
    plan::actions::StoreRight,
};

/// The failure with the rights that the key lacks below `below`, where they are found and it is a denial.
pub(super) async fn named(failure: Failure, store: &Store, below: &str) -> Failure {
    if !failure.is(&catalogue::store::ACCESS_DENIED) {
        return failure;
    }
    let Ok(client) = StoreReader::of(store, None).direct().await else { return failure };
    let missing = missing(&client, &format!("{below}/.right")).await;
    if missing.is_empty() {
        return failure;
    }
    let rights: Vec<&str> = missing.into_iter().map(StoreRight::action).collect();
    let lacks = catalogue::store::RIGHT_MISSING.with("store", &store.name).with("rights", humanize::list(&rights));
    Failure { member: failure.member, server: failure.server, ..lacks.failure() }
}

/// Those that are denied, one after the other. Nothing where it is not the rights: a key that may neither put, get nor list is wrong.
async fn missing(client: &StoreClient, key: &str) -> Vec<StoreRight> {
    let denied = |answer: Result<(), StoreError>| answer.is_err_and(|error| is_denial(&error));
    let put = denied(client.put(key, "houseplan was here".as_bytes().to_vec()).await);
    let get = denied(client.get(key).await.map(drop));
    let list = denied(client.list(key).await.map(drop));
    let delete = denied(client.delete(key).await);
    if put && get && list {
        return Vec::new();
    }
    let tried = [
        (put, StoreRight::PutObject),
        (get, StoreRight::GetObject),
        (list, StoreRight::ListBucket),
        (delete, StoreRight::DeleteObject),
    ];
    tried.into_iter().filter_map(|(is_denied, right)| is_denied.then_some(right)).collect()
}

/// Listing, and deleting in bulk, say their denial in the text alone.
fn is_denial(error: &StoreError) -> bool {
    const WORDS: [&str; 4] = ["403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"];
    match error {
        StoreError::Denied { .. } => true,
        StoreError::Refused { reason, .. } | StoreError::Unreachable { reason, .. } => {
            WORDS.iter().any(|word| reason.contains(word))
        }
        _ => false,
    }
}
