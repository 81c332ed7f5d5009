//! Which ClickHouse has made a backup, as far as the backup tells.
//!
//! No file of a backup names the version. But our ids do, and since 26.7 the `.backup` file carries the id. Of another backup it is
//! known what an older server does not write, and cannot read: tables would be made then, and stay empty (246, *run*), or the
//! server would die (25.8 onto 24.8, *run*).

use super::{manifest::Manifest, reader::is_archive};
use crate::{
    action::store_reader::StoreReader,
    catalogue,
    connect::target::Member,
    diagnose::{Activity, Context, diagnose},
    failure::Failure,
    plan::outputs::{MadeBy, Release},
};

/// Before this release `.backup` carries no id.
const WITH_ID: Release = (26, 7);
/// And this one is known to write none *(run)*.
const WITHOUT_ID: Release = (26, 5);

/// The file that ClickHouse 24.8 does not write *(run)*.
pub(super) const SUBSTREAMS: &str = "/columns_substreams.txt";
const WITHOUT_SUBSTREAMS: Release = (24, 8);

/// What stands in a part's `serialization.json`, and the newest release that is known not to write and not to read it *(run)*.
const IN_PARTS: [(&str, Release); 2] = [
    ("JSONExtractUInt(raw_blob, 'version') > 0", (25, 8)),
    ("position(raw_blob, '\"propagate_types_serialization_versions_to_nested_types\"') > 0", (26, 1)),
];

/// An id of a BACKUP that tells the version of the server that is going to make it.
pub fn id_of(operation: &str, version: &str) -> String {
    format!("{operation}@{version}")
}

/// `26.9` of `26.9.2.1`.
pub fn release(version: &str) -> Option<Release> {
    let mut parts = version.split('.').map_while(|part| part.parse().ok());
    Some((parts.next()?, parts.next()?))
}

impl MadeBy {
    /// What the `.backup` file alone tells.
    pub(super) fn of(manifest: &Manifest) -> Self {
        let version = manifest.id.as_deref().and_then(|id| Some(id.rsplit_once('@')?.1));
        let version = version.filter(|version| release(version).is_some()).map(str::to_owned);
        let newer_than = match (&manifest.id, manifest.has_substreams) {
            (Some(_), _) => Some(WITHOUT_ID),
            (None, true) => Some(WITHOUT_SUBSTREAMS),
            (None, false) => None,
        };
        Self { version, newer_than, older_than: manifest.id.is_none().then_some(WITH_ID) }
    }

    /// Whether it may have been made by a newer release than this one, and nothing tells.
    fn is_open(&self, server: Release) -> bool {
        self.version.is_none() && self.older_than.is_none_or(|release| server < release)
    }

    /// Whether it was made by a newer release than this one, as far as is known.
    fn is_newer_than(&self, server: Release) -> bool {
        let made = self.version.as_deref().and_then(release);
        made.is_some_and(|made| made > server) || self.newer_than.is_some_and(|release| server <= release)
    }

    /// In words: `ClickHouse 26.9.2.1`.
    pub fn words(&self) -> String {
        let release = |(year, month): Release| format!("{year}.{month}");
        match (&self.version, self.newer_than, self.older_than) {
            (Some(version), ..) => format!("ClickHouse {version}"),
            (None, Some(than), Some(before)) => {
                format!("a ClickHouse newer than {} and before {}", release(than), release(before))
            }
            (None, Some(than), None) => format!("a ClickHouse newer than {}", release(than)),
            (None, None, Some(before)) => format!("a ClickHouse before {}; it does not tell which", release(before)),
            (None, None, None) => "a ClickHouse that it does not tell".to_owned(),
        }
    }
}

impl StoreReader<'_> {
    /// What the `.backup` file tells; nothing where there is none, and of an archive.
    pub(in crate::action) async fn made_by(&self, path: &str) -> Result<MadeBy, Failure> {
        let path = path.trim_matches('/');
        let manifest = if is_archive(path) { None } else { self.understood(path).await? };
        Ok(manifest.as_ref().map(MadeBy::of).unwrap_or_default())
    }

    /// Refuses a backup that a newer release has made than `member` runs, before anything is made of it. Gives who has made it, as
    /// far as the parts tell as well.
    pub(in crate::action) async fn refuse_newer(
        &self,
        mut made: MadeBy,
        path: &str,
        member: &Member,
    ) -> Result<MadeBy, Failure> {
        let context = Context::on(Activity::Restore, member);
        let version = member.client.scalar("SELECT version()").await.map_err(|error| diagnose(&error, &context))?;
        let version = version.as_str().unwrap_or_default().to_owned();
        let Some(server) = release(&version) else { return Ok(made) };
        if made.is_open(server) && !made.is_newer_than(server) && !is_archive(path) {
            let parts = self.written_by_newer(path.trim_matches('/'), member).await?;
            made.newer_than = made.newer_than.max(parts);
        }
        if !made.is_newer_than(server) {
            return Ok(made);
        }
        let message = format!("the backup was made by {}, and {} runs {version}", made.words(), member.name);
        Err(catalogue::restore::NEWER_BACKUP.failure_in(&context).with_message(message))
    }

    /// What the parts themselves tell: all of them are read, for some may be older than the server that wrote the last.
    async fn written_by_newer(&self, path: &str, member: &Member) -> Result<Option<Release>, Failure> {
        let signs: Vec<&str> = IN_PARTS.iter().map(|(sign, _)| *sign).collect();
        let found = self.count_in_parts(member, path, "serialization.json", &signs).await?;
        Ok(IN_PARTS.iter().zip(found).filter(|(_, parts)| *parts > 0).map(|((_, release), _)| *release).max())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(config: &str) -> MadeBy {
        let text = format!("<config><version>1</version>{config}<contents></contents></config>");
        MadeBy::of(&Manifest::parse(&text).unwrap())
    }

    #[track_caller]
    fn case(made: &MadeBy, server: &str, newer: bool, open: bool, words: &str) {
        let server = release(server).unwrap();
        assert_eq!((made.is_newer_than(server), made.is_open(server)), (newer, open), "{server:?}");
        assert_eq!(made.words(), words);
    }

    #[test]
    fn our_id_tells_the_version() {
        let made = of(&format!("<backup_id>{}</backup_id>", id_of("r/backup/1", "26.9.2.1")));
        case(&made, "26.9.1.8", false, false, "ClickHouse 26.9.2.1");
        case(&made, "26.7.2.1", true, false, "ClickHouse 26.9.2.1");
        case(&made, "27.1", false, false, "ClickHouse 26.9.2.1");
    }

    #[test]
    fn another_id_tells_that_it_is_as_new_as_those_that_write_one() {
        let made = of("<backup_id>b0b57229@home</backup_id>");
        case(&made, "26.5.1.1", true, true, "a ClickHouse newer than 26.5");
        case(&made, "26.7.2.1", false, true, "a ClickHouse newer than 26.5");
    }

    #[test]
    fn without_an_id_it_is_older_than_those() {
        let made = of("");
        case(&made, "26.7.2.1", false, false, "a ClickHouse before 26.7; it does not tell which");
        case(&made, "26.3.9.1", false, true, "a ClickHouse before 26.7; it does not tell which");
        let file = "<config><contents><file><name>data/d/t/all_1_1_0/columns_substreams.txt</name><size>3</size></file></contents></config>";
        let made = MadeBy::of(&Manifest::parse(file).unwrap());
        case(&made, "24.8.4.1", true, true, "a ClickHouse newer than 24.8 and before 26.7");
        case(&made, "25.8.2.1", false, true, "a ClickHouse newer than 24.8 and before 26.7");
    }

    #[test]
    fn what_is_no_version_is_no_release() {
        assert_eq!(release("26.9.2.1"), Some((26, 9)));
        assert_eq!(release("26.9"), Some((26, 9)));
        assert_eq!((release("26"), release(""), release("home")), (None, None, None));
    }
}
