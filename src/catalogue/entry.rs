//! One error: its code, what it says in a line, why, what to do, the signs that it is known by, and the long text.

use std::{borrow::Cow, fmt};

use super::sign::Sign;

/// A code and all that is known about it.
///
/// Its title, cause and help may have named places (`{run}`, `{member}`), which are filled where the error is met. What is
/// not known there is written in general words (`RUN`, `the server`); a place with a `?` (`{?owner}`) is empty then.
#[derive(Debug)]
pub struct Entry {
    /// Stable: `houseplan::restore::table_not_empty`.
    pub code: &'static str,
    /// What is so, as a lowercase fragment.
    pub(super) title: &'static str,
    /// Why, where that can be said without looking further.
    pub(super) cause: Option<&'static str>,
    /// What to do.
    pub(super) help: &'static str,
    /// Whether the same may succeed later by itself.
    pub temporary: bool,
    /// What it is recognised by.
    pub(super) signs: &'static [Sign],
    /// What it means, why it happens, what to do and what not to do.
    pub(super) explanation: &'static str,
}

impl Entry {
    pub(super) const fn new(code: &'static str, title: &'static str) -> Self {
        Self { code, title, cause: None, help: "", temporary: false, signs: &[], explanation: "" }
    }

    pub(super) const fn cause(mut self, cause: &'static str) -> Self {
        self.cause = Some(cause);
        self
    }

    pub(super) const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// The same may succeed later by itself.
    pub(super) const fn temporary(mut self) -> Self {
        self.temporary = true;
        self
    }

    pub(super) const fn signs(mut self, signs: &'static [Sign]) -> Self {
        self.signs = signs;
        self
    }

    pub(super) const fn explained(mut self, explanation: &'static str) -> Self {
        self.explanation = explanation;
        self
    }

    /// With one of its places filled.
    pub fn with(&'static self, place: &'static str, value: impl fmt::Display) -> Filled {
        self.bare().with(place, value)
    }

    /// With no place filled.
    pub fn bare(&'static self) -> Filled {
        Filled { entry: self, values: Vec::new() }
    }

    /// Its title, of no server and no table in particular.
    pub fn summary(&self) -> String {
        fill(self.title, &[])
    }

    /// The numbers of ClickHouse's exceptions that it is known by.
    pub fn exceptions(&self) -> impl Iterator<Item = i32> + use<> {
        self.signs.iter().filter_map(Sign::exception)
    }

    /// Whether one of its texts has this place.
    fn has(&self, place: &str) -> bool {
        let forms = [format!("{{{place}}}"), format!("{{?{place}}}")];
        let mut texts = [self.title, self.help].into_iter().chain(self.cause);
        texts.any(|text| forms.iter().any(|form| text.contains(form)))
    }
}

/// As `houseplan explain CODE` shows it.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n  {}\n", self.code, self.summary())?;
        if let Some(cause) = self.cause {
            writeln!(f, "Cause: {}\n", fill(cause, &[]))?;
        }
        writeln!(f, "{}", self.explanation.trim())?;
        write!(f, "\nWhat to do: {}", fill(self.help, &[]))
    }
}

/// An entry as it was met: with what its places stand for there.
#[derive(Debug, Clone)]
pub struct Filled {
    pub entry: &'static Entry,
    values: Vec<(&'static str, String)>,
}

impl Filled {
    /// With one more place filled, which one of its texts has; the value that was given first counts.
    pub fn with(self, place: &'static str, value: impl fmt::Display) -> Self {
        debug_assert!(self.entry.has(place), "{} has no place {{{place}}}", self.entry.code);
        self.knowing(place, value)
    }

    /// With what a place stands for, if there is such a one.
    pub fn knowing(mut self, place: &'static str, value: impl fmt::Display) -> Self {
        self.values.push((place, value.to_string()));
        self
    }

    /// The same values in another entry, which has the same places.
    pub fn told_as(self, entry: &'static Entry) -> Self {
        Self { entry, ..self }
    }

    pub fn title(&self) -> String {
        fill(self.entry.title, &self.values)
    }

    pub fn cause(&self) -> Option<String> {
        self.entry.cause.map(|cause| fill(cause, &self.values))
    }

    pub fn help(&self) -> String {
        fill(self.entry.help, &self.values)
    }
}

/// Fills the places of a text. `{{ … }}`, as in a plan's templates, is none.
fn fill(text: &str, values: &[(&'static str, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, place, after)) = next_place(rest) {
        filled.push_str(before);
        match values.iter().find(|(name, _)| *name == place.trim_start_matches('?')) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(&in_general(place)),
        }
        rest = after;
    }
    filled + rest
}

/// The text before the next place, the place's name, and the text behind it.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(at, _)| {
        let (place, after) = text[at + 1..].split_once('}')?;
        let name = place.strip_prefix('?').unwrap_or(place);
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        is_name.then_some((&text[..at], place, after))
    })
}

/// What stands for a place that nothing is known about.
fn in_general(place: &str) -> Cow<'static, str> {
    match place {
        "table" => "the table".into(),
        "member" => "the server".into(),
        "attempt" | "asks" => "N".into(),
        "program" => "the process".into(),
        "command" => "houseplan …".into(),
        optional if optional.starts_with('?') => "".into(),
        other => other.to_uppercase().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ENTRY: Entry = Entry::new("houseplan::x::y", "{table} on {member} is full{?since}")
        .help("`houseplan resume {run}`, with `{{ run.id }}` as a path and not `*?{}[]`");

    #[test]
    fn places_are_filled_and_the_rest_is_left() {
        assert_eq!(ENTRY.summary(), "the table on the server is full");
        let filled = ENTRY.with("table", "d.t").with("run", "r1");
        assert_eq!(filled.title(), "d.t on the server is full");
        assert_eq!(ENTRY.with("since", ", since 14:30").title(), "the table on the server is full, since 14:30");
        assert_eq!(filled.help(), "`houseplan resume r1`, with `{{ run.id }}` as a path and not `*?{}[]`");
        assert_eq!(ENTRY.bare().help(), "`houseplan resume RUN`, with `{{ run.id }}` as a path and not `*?{}[]`");
    }

    #[test]
    #[should_panic(expected = "houseplan::x::y has no place {tabel}")]
    fn a_place_that_no_text_has_is_a_mistake() {
        let _ = ENTRY.with("tabel", "d.t");
    }

    #[test]
    fn a_value_is_not_filled_again() {
        assert_eq!(ENTRY.with("table", "{member}").title(), "{member} on the server is full");
    }
}
