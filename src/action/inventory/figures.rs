//! Numbers as people read them in a table: rounded, unlike those that they write in a plan.

/// `1240551` → `1,240,551`.
pub fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `333447168` → `318 MiB`: three digits at most, in the largest unit that leaves at least one.
pub fn size(bytes: u64) -> String {
    const UNITS: &[&str] = &["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64 / 1024.0, 0);
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(value < 10.0);
    format!("{value:.decimals$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_sizes_rounded() {
        assert_eq!([0, 999, 1000, 1_240_551].map(with_commas), ["0", "999", "1,000", "1,240,551"]);
        assert_eq!(
            [0, 1023, 1024, 333_447_168, 1_072_693_248].map(size),
            ["0 B", "1023 B", "1.0 KiB", "318 MiB", "1.0 GiB"]
        );
    }
}
