//! A run that this process has to itself: driven, and ended.
//!
//! What comes before, in this order: documents and inputs are right; no other process of this machine acts on the targets;
//! the servers are the ones that were meant; the run is on record; the targets are claimed. Only then does the engine begin.

use std::sync::Arc;

use super::{claims, credentials, options::Options, prepared::PreparedRun};
use crate::{
    claims::{ClaimStore, fence::Fence},
    engine::{
        observer::Observer,
        recorder::Recorder,
        scheduler::{Ending, Scheduler, signals},
    },
    journal::{
        folder::RunFolder,
        lock::{TargetLocks, this_host},
    },
    run::{documents::Documents, error::SessionError, perform::PlanPerformer},
};

/// A run that this process has to itself, ready to be driven.
pub struct Session {
    pub documents: Documents,
    pub folder: RunFolder,
    recorder: Recorder,
    performer: Arc<PlanPerformer>,
    /// Where its claim may stand.
    claims: Vec<Arc<dyn ClaimStore>>,
    options: Options,
    _locks: TargetLocks,
    /// The run whose claim it works under, locked.
    _lender: Option<RunFolder>,
}

/// What became of a run, for now.
pub struct Finished {
    pub documents: Documents,
    pub folder: RunFolder,
    /// What could not be given back, each in a sentence.
    pub left: Vec<String>,
}

impl Session {
    pub(in crate::run) fn new(
        documents: Documents,
        folder: RunFolder,
        recorder: Recorder,
        prepared: PreparedRun,
        options: Options,
        locks: TargetLocks,
        lender: Option<RunFolder>,
    ) -> Self {
        let claims = prepared.claims();
        // Who works under another run's claim has no Lease of its own: it is the lender's that stands, and that nobody else renews.
        let holder = lender.as_ref().map_or(prepared.context.run.id.as_str(), RunFolder::id);
        let fence = Fence::new(prepared.leases(), holder, &this_host());
        let performer = Arc::new(PlanPerformer { context: prepared.context, fence });
        Self { documents, folder, recorder, performer, claims, options, _locks: locks, _lender: lender }
    }

    /// Runs until the run ends or has to wait, and takes back the credentials that servers were given; if it has ended, gives the
    /// claim back.
    pub async fn drive(self, observer: impl Observer + 'static) -> Result<Finished, SessionError> {
        let interrupts = signals().map_err(SessionError::Signals)?;
        let performer = Arc::clone(&self.performer);
        let scheduler =
            Scheduler::new(self.recorder, performer, observer).with_grace(self.options.grace).for_user(self.options.by);
        self.performer.fence.renew().await;
        let (ending, mut recorder) = tokio::select! {
            ended = scheduler.run(interrupts) => ended?,
            never = self.performer.fence.keep() => match never {},
        };
        let mut left = match ending {
            // Whoever says it twice does not wait for servers: it is on record, for the next process.
            Ending::CutShort => Vec::new(),
            // Whoever has the run now has collections of the same names.
            _ if self.performer.fence.failure().is_some() => Vec::new(),
            _ => credentials::take_back(&mut recorder, &self.performer.context).await?,
        };
        left.extend(match ending {
            Ending::Ended(_) => {
                let environment = self.documents.bundle.environment_origin().unwrap_or("ENV");
                let (state, context) = (recorder.state(), &self.performer.context);
                let undone = |member: &_| context.left_undone(state, member);
                let mut left = claims::left_behind(state, self.folder.id(), environment, undone);
                left.extend(claims::give_back(&mut recorder, &self.claims, self.folder.id(), environment).await?);
                left
            }
            Ending::Suspended(_) | Ending::CutShort => Vec::new(),
        });
        Ok(Finished { documents: self.documents, folder: self.folder, left })
    }
}
