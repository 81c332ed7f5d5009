//! Who may have a claim, take it over, or work beside it.

use super::Owner;

/// A run that asks for claims, and what was said with it.
#[derive(Debug, Clone, Copy)]
pub struct Claimant<'a> {
    pub run: &'a str,
    /// The machine that has the run's folder; `None` where that is lost.
    pub host: Option<&'a str>,
    /// The suspended run that lends its claim (`--under`).
    pub lender: Option<&'a str>,
    /// The machine of which a person says that nothing of the run is alive there (`--gone-from`).
    pub gone: Option<&'a str>,
}

/// Whose a claim is, for the run that asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// Nobody has it, and the run never had.
    Free,
    /// Nobody has it, and the run had: somebody has freed it, and whoever came since may have changed things and gone again.
    /// Only a person can say that nothing has changed (`--claim-again`).
    Freed,
    Ours,
    /// The run's, made by a machine that was said to be gone: this one may take it over.
    TakenOver(Owner),
    /// The run's, made by another machine, where a process may be at work.
    Elsewhere(Owner),
    /// The lender's: left as it is.
    Lent,
    /// Another run's.
    Foreign(Owner),
}

impl Claimant<'_> {
    /// Whose a claim is that has this owner. `had` is whether the run had it, or worked under it, before.
    pub fn ownership(&self, owner: Option<Owner>, had: bool) -> Ownership {
        match owner {
            None if had => Ownership::Freed,
            None => Ownership::Free,
            Some(owner) if owner.run != self.run => match self.lender == Some(owner.run.as_str()) {
                true => Ownership::Lent,
                // Whoever makes the claim sees to it that nobody is at work after all.
                false if owner.expired => Ownership::Free,
                false => Ownership::Foreign(owner),
            },
            Some(owner) if self.host == Some(owner.host.as_str()) => Ownership::Ours,
            Some(owner) if self.gone == Some(owner.host.as_str()) => Ownership::TakenOver(owner),
            Some(owner) => Ownership::Elsewhere(owner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(run: &str, host: &str) -> Owner {
        let since = "2026-11-22T14:30:00Z".parse().unwrap();
        Owner { run: run.to_owned(), who: "ada".to_owned(), host: host.to_owned(), since, expired: false }
    }

    #[test]
    fn each_claim_is_owned_one_way() {
        let here = Claimant { run: "r", host: Some("desk"), lender: Some("l"), gone: Some("laptop") };
        let lost = Claimant { host: None, lender: None, ..here };
        let owned = |who: &Claimant<'_>, run: &str, host: &str| who.ownership(Some(owner(run, host)), true);
        assert_eq!((here.ownership(None, false), here.ownership(None, true)), (Ownership::Free, Ownership::Freed));
        assert_eq!(owned(&here, "r", "desk"), Ownership::Ours);
        assert_eq!(owned(&here, "r", "laptop"), Ownership::TakenOver(owner("r", "laptop")));
        assert_eq!(owned(&here, "r", "server"), Ownership::Elsewhere(owner("r", "server")));
        assert_eq!(owned(&here, "l", "server"), Ownership::Lent);
        assert_eq!(owned(&here, "x", "desk"), Ownership::Foreign(owner("x", "desk")));
        // Where the folder is lost, no machine has the run, not even this one: it has to be said of the one that is named.
        assert_eq!(owned(&lost, "r", "desk"), Ownership::Elsewhere(owner("r", "desk")));
        assert_eq!(owned(&lost, "r", "laptop"), Ownership::TakenOver(owner("r", "laptop")));
        assert_eq!(owned(&lost, "l", "server"), Ownership::Foreign(owner("l", "server")));
    }
}
