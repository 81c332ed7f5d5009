//! The plans that are inside the binary.

use camino::Utf8Path;
use include_dir::{Dir, include_dir};

static PLANS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/plans");

/// What stands before a shipped plan's name in an origin.
pub(super) const SHIPPED: &str = "shipped:";

impl ShippedPlan {
    /// What it does, in its own words.
    pub fn summary(&self) -> Option<&'static str> {
        let line = self.text.lines().find_map(|line| line.trim_start().strip_prefix("summary:"))?;
        Some(line.trim())
    }
}

/// The plans that houseplan ships.
#[derive(Debug)]
pub struct Library;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShippedPlan {
    pub name: &'static str,
    pub text: &'static str,
}

impl Library {
    /// All of them, by name.
    pub fn plans() -> Vec<ShippedPlan> {
        let mut plans: Vec<ShippedPlan> = PLANS
            .files()
            .filter_map(|file| {
                let path = Utf8Path::from_path(file.path())?;
                let is_plan = path.extension() == Some("yaml");
                is_plan.then_some(ShippedPlan { name: path.file_stem()?, text: file.contents_utf8()? })
            })
            .collect();
        plans.sort_by_key(|plan| plan.name);
        plans
    }

    pub fn find(name: &str) -> Option<ShippedPlan> {
        Self::plans().into_iter().find(|plan| plan.name == name)
    }

    /// Whether what a person wrote is meant as a name, and not as a path.
    pub fn is_name(text: &str) -> bool {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    }
}
