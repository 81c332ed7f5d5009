//! What the tables of a database are in a backup, and how many rows it holds of each: read from their definitions and from the
//! `count.txt` of their parts. BACKUP stores the same content once, so these are few objects, however many parts there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    manifest::{CountFile, File, Manifest},
    reader::LONGEST_CHAIN,
};
use crate::{
    action::store_reader::StoreReader,
    failure::Failure,
    plan::outputs::{BackedUpTable, EqualParts},
    sql::structure::{clause, first_brackets, word},
};

/// What a definition says of a table.
#[derive(Debug, Default, PartialEq, Eq)]
struct Nature {
    engine: String,
    /// The engine of its rows: of a view, of the table inside it; empty where it holds none.
    storage: String,
    acts: Option<&'static str>,
}

impl StoreReader<'_> {
    /// The tables of a database, each with what its definition and its parts say; none where there is no backup.
    pub(in crate::action) async fn contents(&self, path: &str, database: &str) -> Result<Vec<BackedUpTable>, Failure> {
        let path = path.trim_matches('/');
        let Some(manifest) = self.understood(path).await? else { return Ok(Vec::new()) };
        let counts: Vec<CountFile> =
            manifest.counts.iter().filter(|count| count.database == database).cloned().collect();
        let mut equal = equal_parts(&manifest, database);
        let definitions: Vec<(String, File)> =
            manifest.tables_of(database).map(|(name, file)| (name, file.clone())).collect();
        let wanted = definitions.iter().map(|(_, file)| file).chain(counts.iter().map(|count| &count.file));
        let texts = self.texts_of(path, manifest.clone(), wanted.cloned().collect()).await?;
        let tables = definitions.into_iter().map(|(name, file)| {
            let nature = texts.get(&file.name).map(|text| Nature::of(text));
            let rows = rows(&name, &counts, &texts)
                .or_else(|| nature.as_ref().is_some_and(|it| it.storage.ends_with("MergeTree")).then_some(Some(0)));
            BackedUpTable {
                rows: rows.flatten(),
                replicated: nature.as_ref().is_some_and(|it| it.storage.starts_with("Replicated")),
                acts: nature.as_ref().and_then(|it| it.acts).map(str::to_owned),
                engine: nature.map(|it| it.engine),
                equal_parts: equal.remove(&name).unwrap_or_default(),
                name,
            }
        });
        Ok(tables.collect())
    }

    /// The texts of files of a backup, by the files' names, also where they lie in a backup that it builds on. One that is not
    /// found is left out.
    async fn texts_of(
        &self,
        path: &str,
        manifest: Manifest,
        files: Vec<File>,
    ) -> Result<HashMap<String, String>, Failure> {
        let (mut path, mut manifest) = (path.to_owned(), manifest);
        let mut wanted: Vec<(String, File)> = files.into_iter().map(|file| (file.name.clone(), file)).collect();
        let mut found = HashMap::new();
        for _ in 0..LONGEST_CHAIN {
            let stored: BTreeSet<&str> = wanted.iter().filter_map(|(_, file)| file.stored()).collect();
            let texts = self.texts(&path, &stored).await?;
            let here =
                wanted.iter().filter_map(|(name, file)| Some((name.clone(), texts.get(file.stored()?)?.clone())));
            found.extend(here);
            wanted.retain(|(_, file)| file.is_in_base());
            let base = manifest.base.as_deref().filter(|_| !wanted.is_empty()).and_then(|base| self.path_of(base));
            let Some(base) = base else { break };
            let Some(under) = self.understood(&base).await?.filter(|under| under.uuid == manifest.base_uuid) else {
                break;
            };
            wanted = wanted.into_iter().filter_map(|(name, file)| Some((name, under.same(&file)?.clone()))).collect();
            (path, manifest) = (base, under);
        }
        Ok(found)
    }
}

/// How many rows the files say; `None` where there is none of the table, and `Some(None)` where one could not be read.
fn rows(table: &str, counts: &[CountFile], texts: &HashMap<String, String>) -> Option<Option<u64>> {
    let counts = counts.iter().filter(|count| count.table == table);
    let numbers = counts.map(|count| texts.get(&count.file.name)?.trim().parse::<u64>().ok());
    numbers.reduce(|sum, number| Some(sum? + number?))
}

/// The parts of equal content, by table. `checksums.txt` names every file of a part with its hash, so that two of one content mean
/// two parts of one content.
fn equal_parts(manifest: &Manifest, database: &str) -> HashMap<String, Vec<EqualParts>> {
    let mut numbers: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for part in manifest.parts.iter().filter(|part| part.database == database) {
        *numbers.entry((&part.table, part.partition(), &part.checksum)).or_default() += 1;
    }
    let mut equal: HashMap<String, Vec<EqualParts>> = HashMap::new();
    for ((table, partition, _), parts) in numbers.into_iter().filter(|(_, parts)| *parts > 1) {
        equal.entry(table.to_owned()).or_default().push(EqualParts { partition: partition.to_owned(), parts });
    }
    equal
}

impl Nature {
    /// Reads the statement that makes it, as a server writes it.
    fn of(create: &str) -> Self {
        let what = create.trim_start();
        let what = what.strip_prefix("CREATE ").or_else(|| what.strip_prefix("ATTACH ")).unwrap_or(what);
        let of = |engine: &str, acts: Option<&'static str>| Self { engine: engine.to_owned(), acts, ..Self::default() };
        if what.starts_with("MATERIALIZED VIEW ") {
            let (head, rest) = match first_brackets(what) {
                Some((_, rest)) => (&what[..what.find('(').unwrap_or(what.len())], rest),
                None => (what, ""),
            };
            let refreshes = word(head, "REFRESH").is_some();
            let acts = refreshes.then_some("it refreshes as soon as it is made, from tables that are not filled yet");
            let inside = engine_of(&clause(rest, "ENGINE", &["AS"]));
            return Self { storage: inside, ..of("MaterializedView", acts) };
        }
        let views = [
            ("VIEW ", "View", None),
            ("DICTIONARY ", "Dictionary", None),
            ("LIVE VIEW ", "LiveView", None),
            ("WINDOW VIEW ", "WindowView", Some("it writes into its target as time goes on")),
        ];
        if let Some((_, engine, acts)) = views.into_iter().find(|(begin, ..)| what.starts_with(begin)) {
            return of(engine, acts);
        }
        let rest = first_brackets(what).map_or(what, |(_, rest)| rest);
        let engine = engine_of(&clause(rest, "ENGINE", &[]));
        Self { storage: engine.clone(), ..of(&engine, reads_by_itself(&engine)) }
    }
}

/// `MergeTree` of `= MergeTree ORDER BY …`, which follows ENGINE.
fn engine_of(clause: &str) -> String {
    let engine = clause.trim_start_matches(['=', ' ']);
    engine.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// Why an engine changes rows without being asked; `None` where it does not.
fn reads_by_itself(engine: &str) -> Option<&'static str> {
    match engine {
        "Kafka" | "RabbitMQ" | "NATS" | "S3Queue" | "AzureQueue" | "FileLog" => {
            Some("it reads from its source as soon as it is made and a view reads from it")
        }
        "MaterializedPostgreSQL" => Some("it follows its source as soon as it is made"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::manifest::Part, *};

    #[track_caller]
    fn case(create: &str, engine: &str, storage: &str, acts: Option<&str>) {
        let nature = Nature::of(create);
        assert_eq!((nature.engine.as_str(), nature.storage.as_str()), (engine, storage), "{create}");
        assert_eq!(nature.acts.map(|acts| acts.split_whitespace().nth(1).unwrap()), acts, "{create}");
    }

    #[test]
    fn what_acts_by_itself_is_told_by_its_definition() {
        case(
            "CREATE TABLE d.t UUID '0' (`a` UInt8, `ENGINE = Kafka` UInt8) ENGINE = MergeTree ORDER BY a",
            "MergeTree",
            "MergeTree",
            None,
        );
        case(
            "CREATE TABLE d.t\n(\n    `a` UInt8\n)\nENGINE = ReplicatedMergeTree('/p', 'r')\nORDER BY a",
            "ReplicatedMergeTree",
            "ReplicatedMergeTree",
            None,
        );
        case("CREATE TABLE d.t (`a` UInt8) ENGINE = TinyLog", "TinyLog", "TinyLog", None);
        case(
            "CREATE TABLE d.k (`a` UInt8) ENGINE = Kafka SETTINGS kafka_topic_list = 't'",
            "Kafka",
            "Kafka",
            Some("reads"),
        );
        case(
            "CREATE TABLE d.p (`a` UInt8) ENGINE = MaterializedPostgreSQL('h:1', 'd', 't', 'u', 'p') PRIMARY KEY a",
            "MaterializedPostgreSQL",
            "MaterializedPostgreSQL",
            Some("follows"),
        );
        case("CREATE VIEW d.v (`a` UInt8) AS SELECT 1 AS a", "View", "", None);
        case("CREATE DICTIONARY d.v (`a` UInt64) PRIMARY KEY a LAYOUT(FLAT())", "Dictionary", "", None);
        case("CREATE WINDOW VIEW d.w TO d.t (`a` UInt8) AS SELECT 1", "WindowView", "", Some("writes"));
        case(
            "CREATE MATERIALIZED VIEW d.m TO d.t (`a` UInt8) AS SELECT a FROM d.REFRESH",
            "MaterializedView",
            "",
            None,
        );
        case(
            "CREATE MATERIALIZED VIEW d.`REFRESH x` (`a` UInt8) ENGINE = MergeTree ORDER BY a AS SELECT 1 AS a",
            "MaterializedView",
            "MergeTree",
            None,
        );
        case(
            "CREATE MATERIALIZED VIEW d.m UUID '0' REFRESH EVERY 1 DAY APPEND TO d.t (`a` UInt8) AS SELECT 1 AS a",
            "MaterializedView",
            "",
            Some("refreshes"),
        );
        case(
            "CREATE MATERIALIZED VIEW d.m REFRESH AFTER 1 HOUR TO INNER UUID '0' (`a` UInt8) ENGINE = MergeTree ORDER BY a AS SELECT 1 AS a",
            "MaterializedView",
            "MergeTree",
            Some("refreshes"),
        );
    }

    #[test]
    fn rows_are_added_up_and_one_count_that_is_not_known_leaves_the_sum_unknown() {
        let count = |table: &str, name: &str| CountFile {
            database: "d".to_owned(),
            table: table.to_owned(),
            file: File { name: name.to_owned(), ..File::default() },
        };
        let counts = [count("a", "1"), count("a", "2"), count("b", "3"), count("b", "4")];
        let texts = [("1", "10"), ("2", "32\n"), ("3", "5")];
        let texts = texts.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        assert_eq!(rows("a", &counts, &texts), Some(Some(42)));
        assert_eq!(rows("b", &counts, &texts), Some(None));
        assert_eq!(rows("c", &counts, &texts), None);
    }

    #[test]
    fn parts_are_equal_within_a_partition_of_a_table() {
        let part = |table: &str, name: &str, checksum: &str| Part {
            database: "d".to_owned(),
            table: table.to_owned(),
            name: name.to_owned(),
            checksum: checksum.to_owned(),
        };
        let parts = vec![
            part("t", "1_1_1_0", "a"),
            part("t", "1_2_2_0", "a"),
            part("t", "1_3_3_0", "b"),
            part("t", "2_4_4_0", "a"),
            part("u", "1_1_1_0", "a"),
        ];
        let equal = equal_parts(&Manifest { parts, ..Manifest::default() }, "d");
        let expected = vec![EqualParts { partition: "1".to_owned(), parts: 2 }];
        assert_eq!(equal, HashMap::from([("t".to_owned(), expected)]));
    }
}
