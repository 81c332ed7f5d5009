//! Migration files in golang-migrate's layout: `NNN_title.up.sql`, and perhaps `NNN_title.down.sql`. Reads and renders them; sends nothing.
//!
//! One set of files serves the standalone server and the cluster: `{{ on_cluster }}` becomes the clause or nothing, `{{ replicated }}`
//! the engine's prefix or nothing, `{{ database }}` the database's name. Files without these are taken as they are.

use std::collections::BTreeMap;

use camino::Utf8Path;
use include_dir::{Dir, include_dir};

use super::engine::CLUSTER;
use super::error::SandboxError;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/sandbox/migrations");

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Migration {
    pub version: i64,
    pub title: String,
    /// What applies it.
    pub up: String,
    /// What undoes it, if somebody wrote that.
    pub down: Option<String>,
}

/// The migrations of the LangSmith-like database, in their order.
pub(super) fn embedded() -> Result<Vec<Migration>, SandboxError> {
    let files =
        EMBEDDED.files().filter_map(|file| Some((file.path().to_str()?.to_owned(), file.contents_utf8()?.to_owned())));
    collect(files)
}

/// The migrations in a folder, in their order; other files are passed over.
pub(super) fn read(folder: &Utf8Path) -> Result<Vec<Migration>, SandboxError> {
    let mut files = Vec::new();
    for entry in folder.read_dir_utf8().map_err(SandboxError::io("read", folder))? {
        let entry = entry.map_err(SandboxError::io("read", folder))?;
        if entry.file_name().ends_with(".sql") {
            let text = std::fs::read_to_string(entry.path()).map_err(SandboxError::io("read", entry.path()))?;
            files.push((entry.file_name().to_owned(), text));
        }
    }
    let migrations = collect(files)?;
    if migrations.is_empty() {
        return Err(SandboxError::Migration {
            file: folder.to_string(),
            reason: "there is no `.up.sql` file in this folder".to_owned(),
        });
    }
    Ok(migrations)
}

#[derive(Debug, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

fn collect(files: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Migration>, SandboxError> {
    let (mut ups, mut downs) = (BTreeMap::new(), BTreeMap::new());
    for (file, text) in files {
        let error = |reason: &str| SandboxError::Migration { file: file.clone(), reason: reason.to_owned() };
        let (version, title, direction) =
            parse_name(&file).ok_or_else(|| error("its name is not one of a migration"))?;
        let twice = match direction {
            Direction::Up => ups.insert(version, (title, text)).is_some(),
            Direction::Down => downs.insert(version, text).is_some(),
        };
        if twice {
            return Err(error("another file has the same version"));
        }
    }
    if let Some(version) = downs.keys().find(|version| !ups.contains_key(*version)) {
        return Err(SandboxError::Migration {
            file: version.to_string(),
            reason: "there is a `.down.sql` without its `.up.sql`".to_owned(),
        });
    }
    let migration = |(version, (title, up))| Migration { version, title, up, down: downs.remove(&version) };
    Ok(ups.into_iter().map(migration).collect())
}

fn parse_name(file: &str) -> Option<(i64, String, Direction)> {
    let (stem, direction) = match file.strip_suffix(".up.sql") {
        Some(stem) => (stem, Direction::Up),
        None => (file.strip_suffix(".down.sql")?, Direction::Down),
    };
    let (version, title) = stem.split_once('_')?;
    let is_number = version.bytes().all(|byte| byte.is_ascii_digit());
    Some((version.parse().ok().filter(|_| is_number)?, title.to_owned(), direction))
}

/// Where a migration is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rendering {
    /// On the one server it is sent to.
    Standalone,
    /// On all servers of the cluster, with Replicated engines.
    Cluster,
}

impl Rendering {
    /// Fills in the placeholders.
    pub(super) fn render(self, sql: &str, database: &str) -> String {
        let (on_cluster, replicated) = match self {
            Self::Standalone => (String::new(), ""),
            Self::Cluster => (format!("ON CLUSTER {CLUSTER}"), "Replicated"),
        };
        sql.replace("{{ on_cluster }}", &on_cluster)
            .replace("{{ replicated }}", replicated)
            .replace("{{ database }}", &database.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), format!("-- {name}"))).collect()
    }

    #[test]
    fn the_embedded_ones_are_numbered_without_gaps_and_can_be_undone() {
        let migrations = embedded().expect("well-named files");
        let versions: Vec<i64> = migrations.iter().map(|migration| migration.version).collect();
        assert_eq!(versions, (1..=8).collect::<Vec<_>>());
        assert!(migrations.iter().all(|migration| migration.down.is_some()));
    }

    #[test]
    fn nothing_of_the_placeholders_is_left() {
        for migration in embedded().expect("well-named files") {
            for rendering in [Rendering::Standalone, Rendering::Cluster] {
                assert!(!rendering.render(&migration.up, "langsmith").contains("{{"), "{}", migration.title);
            }
        }
    }

    #[test]
    fn versions_order_numerically() {
        let migrations = collect(files(&["10_b.up.sql", "9_a.up.sql", "9_a.down.sql"])).expect("well-named");
        assert_eq!(migrations[0].version, 9);
        assert!(migrations[0].down.is_some() && migrations[1].down.is_none());
    }

    #[test]
    fn names_that_are_none_are_refused() {
        for wrong in [
            &["x_a.up.sql"][..],
            &["1.up.sql"],
            &["1_a.sql"],
            &["+1_a.up.sql"],
            &["1_a.up.sql", "01_b.up.sql"],
            &["1_a.down.sql"],
        ] {
            assert!(collect(files(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn one_file_serves_both_sides() {
        let sql = "CREATE TABLE t {{ on_cluster }} (a Int8) ENGINE = {{ replicated }}MergeTree ORDER BY a";
        assert_eq!(
            Rendering::Cluster.render(sql, "d"),
            "CREATE TABLE t ON CLUSTER default (a Int8) ENGINE = ReplicatedMergeTree ORDER BY a"
        );
        assert_eq!(Rendering::Standalone.render(sql, "d"), "CREATE TABLE t  (a Int8) ENGINE = MergeTree ORDER BY a");
    }
}
