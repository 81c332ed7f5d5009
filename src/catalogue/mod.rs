//! Everything that can go wrong, each with one entry: its code, what it says in a line, cause and remedy, the signs that it is
//! recognised by, and the long text behind `houseplan explain`.
//!
//! An entry is named as its code: `houseplan::restore::table_not_empty` is [`restore::TABLE_NOT_EMPTY`]. Code names an error by
//! its entry, so there is none that cannot be explained. The numbers and words of exceptions are those of the real engine, 26.9,
//! unless an entry says otherwise.

mod entry;
pub mod known_bugs;
mod sign;
mod typed;

/// Makes entries, and the list of them.
macro_rules! entries {
    ($($name:ident = $entry:expr;)+) => {
        $(pub static $name: $crate::catalogue::Entry = $entry;)+

        /// All of them, each with its name.
        pub(super) static ENTRIES: &[(&str, &$crate::catalogue::Entry)] = &[$((stringify!($name), &$name)),+];
    };
}

/// Makes one module for each area of codes, and the list of them.
macro_rules! areas {
    ($($area:ident)+) => {
        $(pub mod $area;)+

        static AREAS: &[Area] = &[$(Area { name: stringify!($area), entries: $area::ENTRIES }),+];
    };
}

/// The codes that begin alike, `houseplan::restore::…`.
struct Area {
    #[cfg_attr(not(test), expect(dead_code, reason = "a test holds the codes to it"))]
    name: &'static str,
    entries: &'static [(&'static str, &'static Entry)],
}

// A file for each; errors of an action stand in the file that is named as the action.
areas! {
    command_line plan lint environment inputs template
    run step task journal claim world database
    connect access clickhouse kubernetes
    sql backup restore operation compare keeper store exec helm job migration
    scale secret retain
    sandbox internal
}

pub use entry::{Entry, Filled};
pub use sign::{Activity, Sign};
pub use typed::Shown;
pub(crate) use typed::shown_by_the_catalogue;

/// All entries, in the order of their codes' areas.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    AREAS.iter().flat_map(|area| area.entries.iter().map(|(_, entry)| *entry))
}

/// The entry that an exception is best known by.
pub fn recognise(number: i32, message: &str, activity: Activity) -> Option<&'static Entry> {
    let fits = all().flat_map(|entry| {
        entry.signs.iter().filter_map(move |sign| sign.fit(number, message, activity).map(|fit| (fit, entry)))
    });
    fits.max_by_key(|(fit, _)| *fit).map(|(_, entry)| entry)
}

/// The entry of what a process printed, as the migrations do.
pub fn recognise_output(output: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.signs.iter().any(|sign| sign.is_in_output(output)))
}

#[cfg(test)]
mod tests;
