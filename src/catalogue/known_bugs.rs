//! Bugs of ClickHouse that a backup, a restore or a move meets: in which versions, what to look for, and the way round.
//!
//! Which versions have one is told by what was seen and by what its repair says. A version between one that was seen to be good and
//! one that was seen to be bad is not known, and is taken for one that has the bug.

mod version;

pub use version::{Affected, Version, Versions};

use version::version;

/// A bug of ClickHouse.
#[derive(Debug)]
pub struct KnownBug {
    /// What a plan and a row call it.
    pub id: &'static str,
    /// What happens, as a lowercase fragment.
    pub title: &'static str,
    /// Where it is told: an issue or a pull request of `ClickHouse/ClickHouse`.
    pub number: u32,
    pub versions: Versions,
    /// What it is met with.
    pub look: Look,
    /// What to do where it is met.
    pub way_round: &'static str,
}

/// How it is found before it is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Parts of equal content in one partition that are to be restored into a replicated table.
    EqualParts,
    /// The shipped plans have a check of their own for it: this one.
    Check(&'static str),
    /// It cannot be met by what houseplan sends, for this reason.
    Avoided(&'static str),
    /// Nothing looks for it before; this tells what finds it afterwards.
    Afterwards(&'static str),
}

impl KnownBug {
    /// What happens, where that is told, and the way round.
    pub fn told(&self) -> String {
        let Self { title, number, way_round, .. } = self;
        format!("{title} (ClickHouse#{number}). {way_round}.")
    }
}

/// All that are known. What none of them says is not known to be met.
pub static KNOWN_BUGS: &[KnownBug] = &[
    KnownBug {
        id: "equal_parts_dropped",
        title: "RESTORE into a replicated table drops all but one of the parts of equal content in a partition, and says RESTORED",
        number: 107_652,
        versions: Versions {
            // Seen *(run)*: all rows on 24.8.4.1, 25.8.2.1 and 26.7.2.1; rows lost on 26.1.2.1, 26.3.9.1 and 26.5.1.1.
            good_until: Some(version(25, 8, 2, 1)),
            bad_from: Some(version(26, 1, 2, 1)),
            fixed: &[
                version(26, 7, 1, 117),
                version(26, 6, 2, 3),
                version(26, 5, 4, 23),
                version(26, 4, 5, 79),
                version(26, 3, 16, 14),
                version(25, 8, 25, 37),
            ],
        },
        look: Look::EqualParts,
        way_round: "Upgrade the servers that are restored to. Or, on ClickHouse 26.3 and newer, `ALTER TABLE … MODIFY SETTING \
            replicated_deduplication_window = 0` on each of these tables on every replica before it is filled, and `RESET SETTING` \
            it afterwards. Or, while their source is there, `OPTIMIZE TABLE … FINAL` each of them there, and back up anew",
    },
    KnownBug {
        id: "updates_left_out",
        title: "BACKUP leaves out lightweight updates that no merge has taken in",
        number: 116_677,
        versions: Versions::all(),
        look: Look::Check("all lightweight updates are in their tables' parts"),
        way_round: "`ALTER TABLE … APPLY PATCHES`, and wait until the server has removed the patches",
    },
    KnownBug {
        id: "mutations_not_applied",
        title: "mutations that are not done when a table is backed up are not applied where it is restored",
        number: 45_351,
        versions: Versions::all(),
        look: Look::Check("all mutations are done"),
        way_round: "Wait until they are done, or `KILL MUTATION`",
    },
    KnownBug {
        id: "concurrent_backups_crash",
        title: "two BACKUPs at the same time may crash the server",
        number: 93_659,
        versions: Versions { good_until: None, bad_from: None, fixed: &[version(25, 12, 5, 38)] },
        look: Look::Avoided("a run does not begin while another BACKUP is at work on one of its servers"),
        way_round: "One at a time",
    },
    KnownBug {
        id: "merges_stuck_after_on_cluster",
        title: "merges may be stuck after RESTORE ON CLUSTER",
        number: 76_788,
        versions: Versions::all(),
        look: Look::Avoided("RESTORE is sent to one replica, without ON CLUSTER"),
        way_round: "RESTORE on one replica",
    },
    KnownBug {
        id: "failed_attach_leaves_a_part",
        title: "a RESTORE that fails while it attaches parts leaves some of them in the table",
        number: 114_593,
        versions: Versions::all(),
        look: Look::Afterwards("such a table is in doubt, and a person has to empty it before it is restored again"),
        way_round: "TRUNCATE the table, and restore it again; never with allow_non_empty_tables",
    },
    KnownBug {
        id: "attach_gives_up",
        title: "attaching a part gives up at once where Keeper does not answer for a moment",
        number: 104_610,
        versions: Versions {
            good_until: None,
            bad_from: None,
            fixed: &[version(26, 5, 1, 852), version(26, 4, 3, 37), version(26, 3, 11, 32), version(25, 8, 24, 22)],
        },
        look: Look::Afterwards("the RESTORE fails; what it has left is told"),
        way_round: "Raise insert_keeper_max_retries in the user's profile",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_is_told_once_and_whole() {
        let mut seen = BTreeSet::new();
        for bug in KNOWN_BUGS {
            assert!(seen.insert(bug.id) && seen.insert(bug.title), "{} stands there twice", bug.id);
            assert!(bug.title.starts_with(char::is_alphabetic) && !bug.title.ends_with('.'), "{}", bug.id);
            assert!(!bug.way_round.is_empty() && !bug.way_round.ends_with('.'), "{}", bug.id);
        }
    }

    /// That a check which an entry relies on is in the plans that back up.
    #[test]
    fn the_shipped_plans_have_the_checks_that_an_entry_names() {
        for name in ["source-ready", "standalone-to-replicated"] {
            let path = format!("{}/plans/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
            let plan = std::fs::read_to_string(&path).unwrap();
            for bug in KNOWN_BUGS {
                if let Look::Check(check) = bug.look {
                    assert!(plan.contains(&format!("name: {check}")), "{name} has no check `{check}`");
                }
            }
        }
    }
}
