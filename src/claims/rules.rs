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

/// How a claim stands to the run that asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
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
    /// How a claim stands that has this owner. `had` is whether the run had it, or worked under it, before.
    pub fn standing(&self, owner: Option<Owner>, had: bool) -> Standing {
        match owner {
            None if had => Standing::Freed,
            None => Standing::Free,
            Some(owner) if owner.run != self.run => match self.lender == Some(owner.run.as_str()) {
                true => Standing::Lent,
                false => Standing::Foreign(owner),
            },
            Some(owner) if self.host == Some(owner.host.as_str()) => Standing::Ours,
            Some(owner) if self.gone == Some(owner.host.as_str()) => Standing::TakenOver(owner),
            Some(owner) => Standing::Elsewhere(owner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(run: &str, host: &str) -> Owner {
        let since = "2026-11-22T14:30:00Z".parse().unwrap();
        Owner { run: run.to_owned(), who: "ada".to_owned(), host: host.to_owned(), since }
    }

    #[test]
    fn each_claim_stands_one_way_to_a_run() {
        let here = Claimant { run: "r", host: Some("desk"), lender: Some("l"), gone: Some("laptop") };
        let lost = Claimant { host: None, lender: None, ..here };
        let stands = |who: &Claimant<'_>, run: &str, host: &str| who.standing(Some(owner(run, host)), true);
        assert_eq!((here.standing(None, false), here.standing(None, true)), (Standing::Free, Standing::Freed));
        assert_eq!(stands(&here, "r", "desk"), Standing::Ours);
        assert_eq!(stands(&here, "r", "laptop"), Standing::TakenOver(owner("r", "laptop")));
        assert_eq!(stands(&here, "r", "server"), Standing::Elsewhere(owner("r", "server")));
        assert_eq!(stands(&here, "l", "server"), Standing::Lent);
        assert_eq!(stands(&here, "x", "desk"), Standing::Foreign(owner("x", "desk")));
        // Where the folder is lost, no machine has the run, not even this one: it has to be said of the one that is named.
        assert_eq!(stands(&lost, "r", "desk"), Standing::Elsewhere(owner("r", "desk")));
        assert_eq!(stands(&lost, "r", "laptop"), Standing::TakenOver(owner("r", "laptop")));
        assert_eq!(stands(&lost, "l", "server"), Standing::Foreign(owner("l", "server")));
    }
}
