//! What `writers` has found, in words.

use crate::{
    humanize::{self, count},
    plan::outputs::{WriterRow, WritersOutput},
};

/// So many are named of what was not found or not read.
const MOST_NAMED: usize = 3;

impl WriterRow {
    /// As a line for people.
    pub(super) fn cells(&self) -> Vec<String> {
        let replicas = self.replicas.map(|it| format!("{} wanted", count(it, "pod")));
        let cells = [
            Some(format!("{}/{}/{}", self.namespace, self.kind, self.name)),
            replicas,
            Some(format!("{} running", count(self.pods, "pod"))),
            self.autoscaler.clone(),
            Some(format!("by {}", self.through)),
        ];
        cells.into_iter().flatten().collect()
    }
}

impl WritersOutput {
    pub(super) fn summary(&self) -> String {
        let pods: u64 = self.rows.iter().filter(|row| !row.ignored).map(|row| row.pods).sum();
        let ignored = self.rows.iter().filter(|row| row.ignored).count();
        let known = count((self.rows.len() - ignored) as u64, "workload");
        let named = |what: &str, all: &[String]| {
            (!all.is_empty()).then(|| format!("; {what}: {}", humanize::first_of(all, MOST_NAMED)))
        };
        let absent = named("not found", &self.absent).unwrap_or_default();
        let unread = named("not read", &self.unread).unwrap_or_default();
        format!("{known} with {} running, all known, and {ignored} ignored{absent}{unread}", count(pods, "pod"))
    }
}
