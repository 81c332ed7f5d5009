//! How quantities read: durations, sizes, counts, points in time. Says nothing about what they are quantities of.

use std::time::Duration;

use jiff::Timestamp;

pub use crate::wording::{person, size, size_of, thousands};

/// A span of time as a person says it: `0.4 s`, `41 s`, `2 min 10 s`, `3 h 05 min`, `2 d 3 h`.
pub fn duration(span: Duration) -> String {
    let tenths = (span.as_millis() + 50) / 100;
    if tenths < 100 {
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    let seconds = span.as_secs() + u64::from(span.subsec_millis() >= 500);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// A running clock: `00:04`, `1:02:03`.
pub fn clock(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds / 3_600 {
        0 => format!("{:02}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds % 3_600 / 60, seconds % 60),
    }
}

/// The time from one point to a later one; nothing where the clock went back.
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// How long ago something was, in its largest unit: `just now`, `40 s ago`, `4 min ago`, `2 h ago`, `3 days ago`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    match between(then, now).as_secs() {
        0..5 => "just now".to_owned(),
        seconds @ 5..60 => format!("{seconds} s ago"),
        seconds @ 60..3_600 => format!("{} min ago", seconds / 60),
        seconds @ 3_600..86_400 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} ago", count(seconds / 86_400, "day")),
    }
}

/// A point in time, to the second, in UTC: `2026-11-22 14:30:00Z`.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A number of things, with the noun in its right form: `1 table`, `12 tables`, `2 queries`.
pub fn count(number: u64, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o']) => format!("{} {stem}ies", thousands(number)),
        _ => format!("{} {noun}s", thousands(number)),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list<S: AsRef<str>>(things: &[S]) -> String {
    match things {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

/// The first of a list, and how many more there are: `a, b, c and 9 more`.
pub fn first_of<S: AsRef<str>>(things: &[S], most: usize) -> String {
    if things.len() <= most + 1 {
        return list(things);
    }
    let shown: Vec<&str> = things[..most].iter().map(AsRef::as_ref).collect();
    format!("{} and {} more", shown.join(", "), thousands((things.len() - most) as u64))
}

/// A checksum, short enough for a table: `9f3c…a1`.
pub fn checksum(whole: &str) -> String {
    let chars: Vec<char> = whole.chars().collect();
    match chars.as_slice() {
        [a, b, c, d, .., y, z] if chars.len() > 8 => format!("{a}{b}{c}{d}…{y}{z}"),
        _ => whole.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn lasts(milliseconds: u64, said: &str) {
        assert_eq!(duration(Duration::from_millis(milliseconds)), said);
    }

    #[test]
    fn durations_keep_two_units() {
        lasts(0, "0.0 s");
        lasts(380, "0.4 s");
        lasts(9_949, "9.9 s");
        lasts(9_950, "10 s");
        lasts(41_200, "41 s");
        lasts(59_600, "1 min 00 s");
        lasts(130_000, "2 min 10 s");
        lasts(3_600_000 * 3 + 300_000, "3 h 05 min");
        lasts(86_400_000 * 2 + 3_600_000 * 3, "2 d 3 h");
    }

    #[test]
    fn nouns_agree_with_their_number() {
        assert_eq!(count(1, "table"), "1 table");
        assert_eq!(count(0, "row"), "0 rows");
        assert_eq!(count(1_200, "query"), "1,200 queries");
        assert_eq!(count(2, "day"), "2 days");
    }

    #[test]
    fn points_in_time_are_told_from_now() {
        let now: Timestamp = "2026-11-22T14:30:00Z".parse().unwrap();
        let before = |seconds: i64| ago(now - jiff::SignedDuration::from_secs(seconds), now);
        assert_eq!(before(2), "just now");
        assert_eq!(before(40), "40 s ago");
        assert_eq!(before(240), "4 min ago");
        assert_eq!(before(7_300), "2 h ago");
        assert_eq!(before(86_400), "1 day ago");
        assert_eq!(before(-10), "just now", "a clock that went back");
        assert_eq!(moment(now), "2026-11-22 14:30:00Z");
        assert_eq!(clock(Duration::from_secs(4)), "00:04");
        assert_eq!(clock(Duration::from_secs(3_723)), "1:02:03");
    }

    #[test]
    fn lists_and_checksums_are_shortened() {
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(
            first_of(&["a", "b", "c", "d"], 3),
            "a, b, c and d",
            "the last one takes no more room than `1 more`"
        );
        assert_eq!(first_of(&["a", "b", "c", "d", "e"], 3), "a, b, c and 2 more");
        assert_eq!(checksum("9f3c0000000000a1"), "9f3c…a1");
        assert_eq!(checksum("12345678"), "12345678");
    }
}
