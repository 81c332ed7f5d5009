//! Small inputs that went wrong once, each of which stands for a kind: a folder holds what is put in, the file beside it says what
//! has to come out.

mod alias_names;
mod cell_types;
pub(crate) mod changed_default;
pub(crate) mod late_default;
mod names;
mod profiles;
mod refreshable_daily;
mod s3_addresses;
mod store_paths;
mod wide_table;

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

/// A sandbox, and an operator before it.
pub(crate) struct Bed {
    pub(crate) sandbox: SandboxLease,
    operator: Operator,
}

const REPLICAS: [&str; 2] = ["replica1", "replica2"];

impl Bed {
    async fn new() -> Self {
        Self::on(SandboxLease::acquire().await)
    }

    pub(crate) fn on(sandbox: SandboxLease) -> Self {
        let operator = Operator::new(&sandbox);
        Self { sandbox, operator }
    }

    /// Sends the statements of a file to each of these servers.
    async fn makes(&self, members: &[&str], text: &str) {
        for statement in text.split(';').map(str::trim).filter(|it| !it.is_empty()) {
            for member in members {
                self.sandbox.must(member, statement).await;
            }
        }
    }

    /// An environment whose migrations make these tables on every replica, and leave the source as it is.
    fn migrating(&self, text: &str) -> String {
        let text: Vec<&str> = text.lines().map(str::trim).collect();
        let query = text.join(" ").replace('"', "\\\"");
        let up = format!("up: {{ sql: {{ on: cluster, effect: idempotent, query: \"{query}\" }} }}");
        self.operator.environment_line("migrating", "up:", &up)
    }
}
