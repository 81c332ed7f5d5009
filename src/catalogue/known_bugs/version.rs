//! Versions of ClickHouse, and which of them have a bug.

use std::fmt;

/// A version as `SELECT version()` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    numbers: [u32; 4],
    /// Whether somebody else has built it: then its last number is not ClickHouse's.
    of_vendor: bool,
}

/// Which versions have a bug.
#[derive(Debug)]
pub struct Versions {
    /// This one and older ones do not have it yet; `None` where there is no such version.
    pub good_until: Option<Version>,
    /// This one and newer ones have it, until it was fixed; `None` where all have it that are not good.
    pub bad_from: Option<Version>,
    /// The first version of each release that does not have it any more. Releases newer than all of these do not have it either.
    pub fixed: &'static [Version],
}

/// Whether a version has a bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affected {
    No,
    Yes,
    /// Nobody has tried; it is taken for one that has it.
    NotKnown,
}

pub(super) const fn version(year: u32, release: u32, patch: u32, build: u32) -> Version {
    Version { numbers: [year, release, patch, build], of_vendor: false }
}

impl Version {
    /// Reads `25.8.2.1`, or a vendor's `24.8.14.10459.altinitystable`; `None` where it is no version.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('.');
        let mut numbers = [0; 4];
        for number in &mut numbers {
            *number = parts.next()?.parse().ok()?;
        }
        Some(Self { numbers, of_vendor: parts.next().is_some() })
    }

    /// Year and release, within which versions differ by what was repaired.
    fn release(self) -> [u32; 2] {
        [self.numbers[0], self.numbers[1]]
    }

    /// Whether it is this version of ClickHouse's own or a newer one. A vendor's build of the very same patch may lack a repair.
    fn is_at_least(self, other: Self) -> bool {
        match self.of_vendor {
            true => self.numbers[..3] > other.numbers[..3],
            false => self.numbers >= other.numbers,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, release, patch, build] = self.numbers;
        write!(f, "{year}.{release}.{patch}.{build}")
    }
}

impl Versions {
    /// All have it.
    pub(super) const fn all() -> Self {
        Self { good_until: None, bad_from: None, fixed: &[] }
    }

    /// Whether this version has the bug.
    pub fn have(&self, version: Version) -> Affected {
        let is_fixed = |fixed: &Version| fixed.release() == version.release() && version.is_at_least(*fixed);
        let newest = self.fixed.iter().map(|fixed| fixed.release()).max();
        if self.fixed.iter().any(is_fixed) || newest.is_some_and(|newest| version.release() > newest) {
            return Affected::No;
        }
        if self.good_until.is_some_and(|good| version.numbers <= good.numbers) {
            return Affected::No;
        }
        match self.bad_from {
            Some(bad) if version.numbers < bad.numbers => Affected::NotKnown,
            _ => Affected::Yes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Affected::*, *};

    const VERSIONS: Versions = Versions {
        good_until: Some(version(25, 8, 2, 1)),
        bad_from: Some(version(26, 1, 2, 1)),
        fixed: &[version(26, 7, 1, 117), version(26, 3, 16, 14), version(25, 8, 25, 37)],
    };

    #[track_caller]
    fn case(text: &str, expected: Affected) {
        let version = Version::parse(text).unwrap_or_else(|| panic!("{text} is a version"));
        assert_eq!(VERSIONS.have(version), expected, "{text}");
    }

    #[test]
    fn a_repair_counts_for_its_own_release_and_for_all_that_are_newer_than_the_last() {
        case("24.8.4.1", No);
        case("25.8.2.1", No);
        case("25.8.24.9", NotKnown);
        case("25.8.25.37", No);
        case("25.12.5.44", NotKnown);
        case("26.1.2.1", Yes);
        case("26.3.9.1", Yes);
        case("26.3.16.13", Yes);
        case("26.3.16.14", No);
        case("26.5.1.1", Yes);
        case("26.7.1.116", Yes);
        case("26.7.2.1", No);
        case("26.9.2.1", No);
    }

    /// A vendor counts its builds otherwise.
    #[test]
    fn a_build_of_a_vendor_is_good_from_the_next_patch_on() {
        case("26.3.16.20001.altinitystable", Yes);
        case("26.3.17.20001.altinitystable", No);
        case("25.8.25.20001.altinitystable", NotKnown);
        case("24.8.14.10459.altinitystable", No);
    }

    #[test]
    fn without_bounds_all_have_it() {
        let version = Version::parse("26.9.2.1").unwrap();
        assert_eq!(Versions::all().have(version), Yes);
        const FIXED: &[Version] = &[super::version(25, 12, 5, 38)];
        let fixed = Versions { fixed: FIXED, ..Versions::all() };
        assert_eq!((fixed.have(version), fixed.have(super::version(25, 8, 2, 1))), (No, Yes));
    }

    #[test]
    fn what_is_no_version_is_none() {
        for text in ["", "26", "26.9.2", "26.9.2.x", "v26.9.2.1"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
        assert_eq!(Version::parse("26.9.2.1\n").unwrap().to_string(), "26.9.2.1");
    }
}
