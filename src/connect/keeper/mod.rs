//! ZooKeeper or ClickHouse Keeper: look at a path, make one, and remove one. Connects without authentication.
//!
//! There are two ways: a [session](session) of our own, as this machine reaches it or through a forwarded port, and a
//! [client](program) in the Keeper's own container. Knows nothing of what ClickHouse keeps there.

mod program;
mod session;
mod tunnel;

use self::{program::Program, session::Session};
use super::target::Keeper;

pub use program::KeeperProgram;

/// Why Keeper did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("the Keeper at {address} cannot be asked: {reason}")]
pub struct KeeperError {
    address: String,
    reason: String,
}

/// A way to a Keeper that is open; it ends when this is dropped.
pub struct KeeperClient {
    way: Way,
    address: String,
}

enum Way {
    Session(Session),
    Program(Program),
}

/// Why a way did not do what it was asked, without where it leads.
type Answer<T> = Result<T, String>;

impl KeeperClient {
    /// Opens the way to it.
    pub async fn connect(keeper: &Keeper) -> Result<Self, KeeperError> {
        let address = keeper.to_string();
        let way = match keeper {
            Keeper::Port { host, port } => Session::connect(host, *port).await.map(Way::Session),
            Keeper::Forwarded { kubernetes, to } => Session::through(kubernetes, to).await.map(Way::Session),
            Keeper::Exec { kubernetes, to, program } => Program::open(kubernetes, to, *program).await.map(Way::Program),
        };
        match way {
            Ok(way) => Ok(Self { way, address }),
            Err(reason) => Err(KeeperError { address, reason }),
        }
    }

    /// The names below a path; `None` where there is no such path.
    pub async fn children(&self, path: &str) -> Result<Option<Vec<String>>, KeeperError> {
        let children = match &self.way {
            Way::Session(session) => session.children(path).await,
            Way::Program(program) => program.children(path).await,
        };
        self.answer(children)
    }

    pub async fn exists(&self, path: &str) -> Result<bool, KeeperError> {
        let exists = match &self.way {
            Way::Session(session) => session.exists(path).await,
            Way::Program(program) => program.exists(path).await,
        };
        self.answer(exists)
    }

    /// Makes one node that lasts, under a parent that is there; fails where it is there already.
    pub async fn create(&self, path: &str) -> Result<(), KeeperError> {
        let made = match &self.way {
            Way::Session(session) => session.create(path).await,
            Way::Program(program) => program.create(path).await,
        };
        self.answer(made)
    }

    /// Where it is, as it is shown.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Removes a path and all below it, the lowest first. What is gone already is removed; what grows meanwhile is tried
    /// again a few times.
    pub async fn remove_all(&self, path: &str) -> Result<(), KeeperError> {
        for _ in 0..5 {
            let removed = match &self.way {
                Way::Session(session) => session.remove_tree(path).await,
                Way::Program(program) => program.remove_tree(path).await,
            };
            if self.answer(removed)? {
                return Ok(());
            }
        }
        self.answer(Err(format!("{path} grows again while it is removed: somebody uses it")))
    }

    fn answer<T>(&self, answer: Answer<T>) -> Result<T, KeeperError> {
        answer.map_err(|reason| KeeperError { address: self.address.clone(), reason })
    }
}
