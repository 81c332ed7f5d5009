//! What waits for what: the ordered sets that `decide` reads.

use std::{cmp::Reverse, collections::BTreeSet};

use jiff::Timestamp;

/// A step or a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    Step(u32),
    Task(u32),
}

/// What happens next with a step or a task, or what it waits for. One that is in none is done, or waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A step whose needs are met.
    Ready,
    /// An expanded step without checks before it.
    Admissible,
    /// An expanded step with checks before it.
    Checkable,
    /// A task that may start.
    Startable,
    /// A task whose checks hold: it may start at once.
    Checked,
    /// A task that has acted, with no checks after it.
    Acted,
    /// A task that has acted, with checks after it.
    ActedUnchecked,
    /// A step whose tasks have succeeded, with no checks after it.
    Done,
    /// A step whose tasks have succeeded, with checks after it.
    DoneUnchecked,
    /// A task to be settled.
    Doubted,
    /// The scheduler computes something; takes no time.
    Instant,
    /// Something is under way in the world.
    Busy,
    Failed,
    Stopped,
    Unsettled,
    Awaiting,
}

const STAGES: usize = Stage::Awaiting as usize + 1;

/// The steps of one part of the plan, main or `finally`, and their tasks, by stage; the longest remaining chain first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    sets: [BTreeSet<(Reverse<u32>, Item)>; STAGES],
    retries: BTreeSet<(Timestamp, u32)>,
    /// How many steps are neither done nor skipped.
    pub remaining: usize,
    /// How often a set was changed: what tests hold to be linear.
    #[cfg(test)]
    pub changes: u64,
}

impl Section {
    pub fn insert(&mut self, stage: Stage, chain: u32, item: Item) {
        self.count();
        self.sets[stage as usize].insert((Reverse(chain), item));
    }

    pub fn remove(&mut self, stage: Stage, chain: u32, item: Item) {
        self.count();
        self.sets[stage as usize].remove(&(Reverse(chain), item));
    }

    pub fn insert_retry(&mut self, at: Timestamp, task: u32) {
        self.count();
        self.retries.insert((at, task));
    }

    pub fn remove_retry(&mut self, at: Timestamp, task: u32) {
        self.count();
        self.retries.remove(&(at, task));
    }

    fn count(&mut self) {
        #[cfg(test)]
        {
            self.changes += 1;
        }
    }

    pub fn len(&self, stage: Stage) -> usize {
        self.sets[stage as usize].len()
    }

    pub fn is_empty(&self, stage: Stage) -> bool {
        self.sets[stage as usize].is_empty()
    }

    pub fn items(&self, stage: Stage) -> impl Iterator<Item = Item> {
        self.sets[stage as usize].iter().map(|(_, item)| *item)
    }

    pub fn steps(&self, stage: Stage) -> impl Iterator<Item = usize> {
        self.items(stage).filter_map(|item| match item {
            Item::Step(step) => Some(step as usize),
            Item::Task(_) => None,
        })
    }

    pub fn tasks(&self, stage: Stage) -> impl Iterator<Item = usize> {
        self.items(stage).filter_map(|item| match item {
            Item::Task(task) => Some(task as usize),
            Item::Step(_) => None,
        })
    }

    /// The tasks that are to be tried again by `now`, the earliest first.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = usize> {
        self.retries.iter().take_while(move |(at, _)| *at <= now).map(|(_, task)| *task as usize)
    }

    pub fn next_retry(&self) -> Option<Timestamp> {
        self.retries.first().map(|(at, _)| *at)
    }
}
