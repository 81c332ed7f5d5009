//! Whether a member is absent: what `absent: skip` may pass over.
//!
//! Where no connection is made there is nobody, and nothing was sent. Behind a proxy, a load balancer or a port-forward it
//! looks otherwise: the connection is made and broken, or answered with 502, 503 or 504 in words that are not ClickHouse's.
//! A server that dies in the middle of a statement looks the same. So that alone is no absence: the member is asked anew, and
//! is absent when no connection is made then, or several looks in a row find nobody. One that answers, with whatever exception, is there; so may be one
//! that keeps us waiting.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::{
    connect::{
        clickhouse::{QueryError, Statement},
        target::Member,
    },
    plan::actions::Effect,
};

/// How many looks have to find nobody, and how far they are apart.
const LOOKS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// How long a look waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a member counts as absent that a statement ended so on; `None` where it may be there.
///
/// What must happen once is never passed over when it may have been carried out.
pub(super) async fn after(error: &QueryError, member: &Member, effect: Effect) -> Option<String> {
    match error {
        QueryError::Unreachable { reason, .. } => Some(reason.clone()),
        QueryError::Lost { .. } | QueryError::Gateway { .. } if effect != Effect::Once => nobody(member).await,
        _ => None,
    }
}

/// Why nobody answers for a member; `None` where somebody does, or may.
pub(super) async fn nobody(member: &Member) -> Option<String> {
    let mut found = None;
    for look in 0..LOOKS {
        if look > 0 {
            sleep(PAUSE).await;
        }
        let asked = timeout(PATIENCE, member.client.query(&Statement::read("SELECT 1"))).await;
        let error = asked.ok()?.err()?;
        let reason = error.no_answer()?.to_owned();
        if matches!(error, QueryError::Unreachable { .. }) {
            return Some(reason);
        }
        found = Some(reason);
    }
    found
}
