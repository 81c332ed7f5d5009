//! How numbers, sizes and persons are written where a person reads them. Every floor may use it, so it knows none.

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
}
