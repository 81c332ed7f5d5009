//! How an error is recognised in what a server or a process said.

/// What was being done when something went wrong: the same exception means one thing to RESTORE and another to CREATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    Sql,
    Backup,
    Restore,
    Inspect,
    Inventory,
    Compare,
    Check,
    Keeper,
    Store,
    Claim,
    Preflight,
    /// Something in a cluster of Kubernetes.
    Kubernetes,
    /// A process of somebody else's, such as the migrations.
    Exec,
}

/// What an entry is known by.
#[derive(Debug, Clone, Copy)]
pub enum Sign {
    /// An exception of ClickHouse's: by its number, then by its words, then by what was being done.
    Exception {
        code: i32,
        /// A part of the message; empty where the number is enough.
        words: &'static str,
        /// Only in these activities; in all of them where there is none.
        during: &'static [Activity],
    },
    /// What a process printed, where all of these words stand in it.
    Printed(&'static [&'static str]),
}

/// An exception with this number.
pub(super) const fn code(code: i32) -> Sign {
    Sign::Exception { code, words: "", during: &[] }
}

/// An exception with this number, and these words in it.
pub(super) const fn words(code: i32, words: &'static str) -> Sign {
    Sign::Exception { code, words, during: &[] }
}

/// An exception with this number, in one of these activities.
pub(super) const fn during(code: i32, during: &'static [Activity]) -> Sign {
    Sign::Exception { code, words: "", during }
}

/// An exception with this number and these words, in one of these activities.
pub(super) const fn words_during(code: i32, words: &'static str, during: &'static [Activity]) -> Sign {
    Sign::Exception { code, words, during }
}

/// A process that printed all of these words.
pub(super) const fn printed(words: &'static [&'static str]) -> Sign {
    Sign::Printed(words)
}

impl Sign {
    /// The number of the exception.
    pub(super) fn exception(&self) -> Option<i32> {
        match self {
            Self::Exception { code, .. } => Some(*code),
            Self::Printed(_) => None,
        }
    }

    /// How well an exception fits: more words are more certain than the activity, and that than the number alone.
    pub(super) fn fit(&self, number: i32, message: &str, activity: Activity) -> Option<usize> {
        let Self::Exception { code, words, during } = self else { return None };
        let fits = *code == number && message.contains(words) && (during.is_empty() || during.contains(&activity));
        fits.then_some(2 * words.len() + usize::from(!during.is_empty()))
    }

    pub(super) fn is_in_output(&self, output: &str) -> bool {
        matches!(self, Self::Printed(words) if words.iter().all(|words| output.contains(words)))
    }
}
