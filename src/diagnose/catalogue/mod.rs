//! Every code that a failure can bear: what it says in a line, how an exception of ClickHouse's is known to be it, and the
//! long text behind `houseplan explain`.
//!
//! One entry holds all of it, so no code can be recognised that is not explained. The numbers and words are those of the
//! real engine, 26.9, unless an entry says otherwise.

mod access;
mod backup;
mod clickhouse;
mod connect;
mod documents;
mod engine;
mod keeper;
mod migration;
mod moving;
mod restore;
mod run;
mod sandbox;

use std::fmt;

use super::Activity;
use crate::connect::clickhouse::Exception;

/// The code of an exception that the catalogue does not know.
pub const UNRECOGNISED: &str = "houseplan::clickhouse::exception";

/// A code and all that is known about it.
#[derive(Debug)]
pub struct Entry {
    /// Stable: `houseplan::restore::table_not_empty`.
    pub code: &'static str,
    /// What is so, as a lowercase fragment. `{table}` and `{member}` are filled in, here and in `cause` and `help`.
    pub title: &'static str,
    /// Why, where that can be said without looking further.
    pub cause: Option<&'static str>,
    /// What to do.
    pub help: &'static str,
    /// Whether the same may succeed later by itself.
    pub temporary: bool,
    /// The exceptions that it is known by.
    pub signs: &'static [Sign],
    /// What it means, why it happens, what to do and what not to do.
    pub explanation: &'static str,
}

/// How an exception is known: by its number, then by its words, then by what was being done.
#[derive(Debug, Clone, Copy)]
pub struct Sign {
    code: i32,
    /// A part of the message; empty where the number is enough.
    words: &'static str,
    /// Only in these actions; in all of them where there is none.
    during: &'static [Activity],
}

/// An exception with this number.
const fn code(code: i32) -> Sign {
    Sign { code, words: "", during: &[] }
}

/// An exception with this number, and these words in it.
const fn words(code: i32, words: &'static str) -> Sign {
    Sign { code, words, during: &[] }
}

/// An exception with this number, in one of these actions.
const fn during(code: i32, during: &'static [Activity]) -> Sign {
    Sign { code, words: "", during }
}

impl Sign {
    /// How well the exception fits: more words are more certain than the action, and that than the number alone.
    fn fit(&self, exception: &Exception, action: Activity) -> Option<usize> {
        let fits = self.code == exception.code
            && exception.message.contains(self.words)
            && (self.during.is_empty() || self.during.contains(&action));
        fits.then_some(2 * self.words.len() + usize::from(!self.during.is_empty()))
    }
}

/// All entries, in the order of their codes' areas.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    [
        documents::ENTRIES,
        run::ENTRIES,
        engine::ENTRIES,
        connect::ENTRIES,
        access::ENTRIES,
        backup::ENTRIES,
        restore::ENTRIES,
        keeper::ENTRIES,
        migration::ENTRIES,
        moving::ENTRIES,
        clickhouse::ENTRIES,
        sandbox::ENTRIES,
    ]
    .into_iter()
    .flatten()
}

/// The entry of a code, as in `houseplan explain CODE`.
pub fn entry(code: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.code == code)
}

/// The entry that an exception is best known by.
pub(super) fn recognise(exception: &Exception, action: Activity) -> Option<&'static Entry> {
    let fits = all().flat_map(|entry| {
        entry.signs.iter().filter_map(move |sign| sign.fit(exception, action).map(|fit| (fit, entry)))
    });
    fits.max_by_key(|(fit, _)| *fit).map(|(_, entry)| entry)
}

impl Entry {
    /// The numbers of the exceptions that it is known by.
    pub fn exceptions(&self) -> impl Iterator<Item = i32> + use<> {
        self.signs.iter().map(|sign| sign.code)
    }
}

impl Entry {
    /// Its title, of no server and no table in particular.
    pub fn summary(&self) -> String {
        plain(self.title)
    }
}

fn plain(text: &str) -> String {
    text.replace("{table}", "the table").replace("{member}", "the server")
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.code)?;
        writeln!(f, "  {}\n", self.summary())?;
        writeln!(f, "{}", self.explanation.trim())?;
        write!(f, "\nWhat to do: {}", plain(self.help))
    }
}

/// The entry of what a process printed, as the migrations do.
pub(super) fn recognise_output(output: &str) -> Option<&'static Entry> {
    migration::recognise(output).and_then(entry)
}
