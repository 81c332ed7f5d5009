//! What keeps a process from acting for a run whose Lease it has lost.

use std::{
    convert::Infallible,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use tokio::time::sleep;

use super::{
    ClaimStore, Owner,
    lease::{DURATION_SECONDS, LeaseClaim, RENEW_EVERY},
};
use crate::{catalogue, failure::Failure, humanize::person};

/// How long after its last renewal a Lease is still surely ours: less than it takes until another run may have it.
const SURE: Duration = Duration::from_secs(DURATION_SECONDS as u64 - 20);

/// When something was, by both clocks: the one stands still while the machine sleeps, the other may be set.
#[derive(Debug, Clone, Copy)]
struct At(Instant, SystemTime);

impl At {
    fn now() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    fn elapsed(self) -> Duration {
        self.0.elapsed().max(self.1.elapsed().unwrap_or_default())
    }
}

/// The Leases of a run, renewed as long as [`keep`](Fence::keep) is polled.
#[derive(Debug)]
pub struct Fence {
    run: String,
    host: String,
    leases: Vec<(LeaseClaim, Mutex<Held>)>,
}

#[derive(Debug)]
enum Held {
    Since(At),
    /// It could not be renewed, and why.
    Unsure(At, String),
    /// It is another run's, or nobody's.
    Lost(Option<Owner>),
}

impl Fence {
    /// Of Leases that were taken just now.
    pub fn new(leases: Vec<LeaseClaim>, run: &str, host: &str) -> Self {
        let held = |lease| (lease, Mutex::new(Held::Since(At::now())));
        Self { run: run.to_owned(), host: host.to_owned(), leases: leases.into_iter().map(held).collect() }
    }

    /// Renews them again and again. Never ends by itself.
    pub async fn keep(&self) -> Infallible {
        loop {
            sleep(RENEW_EVERY).await;
            self.renew().await;
        }
    }

    /// Renews them: also before the first effect, for what was ours once may have expired.
    pub async fn renew(&self) {
        for (lease, held) in &self.leases {
            let asked = At::now();
            let renewed = lease.renew(&self.run, &self.host).await;
            let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
            *held = match (renewed, &*held) {
                (_, Held::Lost(owner)) => Held::Lost(owner.clone()),
                (Ok(Ok(())), _) => Held::Since(asked),
                (Ok(Err(owner)), _) => Held::Lost(owner),
                (Err(failure), Held::Since(at) | Held::Unsure(at, _)) => Held::Unsure(*at, failure.message),
            };
        }
    }

    /// Why nothing more may be sent; `None` where all Leases are ours.
    pub fn failure(&self) -> Option<Failure> {
        self.leases.iter().find_map(|(lease, held)| {
            let cause = match &*held.lock().unwrap_or_else(PoisonError::into_inner) {
                Held::Since(at) if at.elapsed() < SURE => return None,
                Held::Unsure(at, _) if at.elapsed() < SURE => return None,
                Held::Since(at) => format!("it was not renewed for {} s", at.elapsed().as_secs()),
                Held::Unsure(at, reason) => format!("it was not renewed for {} s: {reason}", at.elapsed().as_secs()),
                Held::Lost(None) => "somebody has deleted it".to_owned(),
                Held::Lost(Some(owner)) => {
                    format!("run {} of {} has it since {:.0}", owner.run, person(&owner.who, &owner.host), owner.since)
                }
            };
            let failure = catalogue::claim::LEASE_LOST.failure_in(&lease.place().context());
            Some(failure.with_cause(cause).before_sending())
        })
    }
}
