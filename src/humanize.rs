//! How quantities, times, lists and persons are written where a person reads them. Every floor may use it, so it knows none.

use std::time::Duration;

use jiff::Timestamp;

/// What an inventory notes of everything, and what matters only where there is a backup.
pub const NOT_IN_A_BACKUP: &str =
    "users, roles, row policies, functions and named collections are not part of a database's backup";

const UNITS: &[&str] = &["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/// The unit that `bytes` reads best in: its index among the units, and its size.
fn unit(bytes: u64) -> (&'static str, f64) {
    let power = (bytes.max(1).ilog2() / 10) as usize;
    // 1,023.6 KiB would read as `1,024 KiB`
    let carried = bytes as f64 / 1024f64.powi(power as i32) >= 1_023.5;
    let power = (power + usize::from(carried)).min(UNITS.len() - 1);
    (UNITS[power], 1024f64.powi(power as i32))
}

/// A number in a unit: one decimal below 10, none above, none for whole bytes.
fn scaled(bytes: u64, (name, factor): (&'static str, f64)) -> String {
    let value = bytes as f64 / factor;
    if name == "B" || value >= 9.95 || bytes == 0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// A number of bytes: `512 B`, `1.2 GiB`, `318 MiB`.
pub fn size(bytes: u64) -> String {
    let unit = unit(bytes);
    format!("{} {}", scaled(bytes, unit), unit.0)
}

/// How much of it: `142 / 233 MiB`, both in the unit of the whole.
pub fn size_of(done: u64, total: u64) -> String {
    let unit = unit(total);
    format!("{} / {} {}", scaled(done, unit), scaled(total, unit), unit.0)
}

/// Digits in groups of three: `1,240,551`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Whose a process is, and where: `ada@desk`, or `ada@desk on other-desk` where it is on another machine.
pub fn person(user: &str, host: &str) -> String {
    match user.rsplit_once('@') {
        Some((_, at)) if at == host => user.to_owned(),
        _ => format!("{user} on {host}"),
    }
}

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
    fn weighs(bytes: u64, said: &str) {
        assert_eq!(size(bytes), said);
    }

    #[test]
    fn sizes_are_of_1024() {
        weighs(0, "0 B");
        weighs(512, "512 B");
        weighs(1 << 10, "1.0 KiB");
        weighs((1 << 20) - 1, "1.0 MiB");
        weighs(318 << 20, "318 MiB");
        weighs(1_288_490_189, "1.2 GiB");
        weighs(u64::MAX, "16384 PiB");
        assert_eq!(size_of(142 << 20, 233 << 20), "142 / 233 MiB");
        assert_eq!(size_of(0, 3 << 30), "0 / 3.0 GiB");
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!([0, 999, 1000, 1_240_551].map(thousands), ["0", "999", "1,000", "1,240,551"]);
    }

    #[test]
    fn a_machine_is_named_once() {
        assert_eq!(person("ada@desk", "desk"), "ada@desk");
        assert_eq!(person("ada", "desk"), "ada on desk");
        assert_eq!(person("ada@desk", "other-desk"), "ada@desk on other-desk");
    }

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
