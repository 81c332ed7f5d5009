//! The `.backup` file: XML that BACKUP writes last, with the id and every file's name, size and checksum.
//!
//! Its form *(run, on 26.9)*: `<config>` with `<backup_id>` (since 26.7 only), `<uuid>`, `<timestamp>`, `<base_backup>`, `<base_backup_uuid>`
//! and `<contents>`, a `<file>` for each with `<name>`, `<size>`, `<checksum>` and where they apply `<use_base>`,
//! `<base_size>`, `<data_file>` (the name that the content is stored under: its first occurrence, or its checksum with
//! `data_file_name_generator`), `<object_key>` (a lightweight snapshot: the content stays in the server's own bucket).

use std::collections::HashMap;

use indexmap::IndexMap;
use quick_xml::{Reader, events::Event};

use super::made_by::SUBSTREAMS;
use crate::action::inventory::is_inner;

/// What a backup says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) id: Option<String>,
    pub(super) uuid: Option<String>,
    pub(super) timestamp: Option<String>,
    /// `S3('http://…')`, without credentials.
    pub(super) base: Option<String>,
    pub(super) base_uuid: Option<String>,
    pub(super) files: u64,
    pub(super) size: u64,
    /// What has to lie in the store: key below the backup's path → size.
    pub(super) stored: IndexMap<String, u64>,
    /// How many contents lie outside the backup, as objects of the server's own disks.
    pub(super) elsewhere: u64,
    /// The tables, views and dictionaries whose definitions are in it: database and name, those inside views left out.
    pub(super) tables: Vec<(String, String)>,
    /// The files that those are in, and the ones like them.
    pub(super) definitions: Vec<File>,
    /// The files that say how many rows there are: of each part one, of a table of the Log family and of Memory one.
    pub(super) counts: Vec<CountFile>,
    pub(super) parts: Vec<Part>,
    /// The first file of each content that is so short that it may be a count.
    pub(super) short: HashMap<(u64, String), File>,
    /// The files that name the columns of a table's parts, each content once; by database and table.
    pub(super) part_columns: IndexMap<(String, String), Vec<File>>,
    /// Whether some part has the file that only newer servers write.
    pub(super) has_substreams: bool,
}

/// A `count.txt`, and whose rows it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CountFile {
    pub(super) database: String,
    pub(super) table: String,
    pub(super) file: File,
}

/// A part, by what its `checksums.txt` holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) database: String,
    pub(super) table: String,
    /// As in `202601_1_4_1`.
    pub(super) name: String,
    /// Of its `checksums.txt`: the same for parts of the same content.
    pub(super) checksum: String,
}

/// How long the longest number of 64 bits is.
const LONGEST_COUNT: u64 = 20;

impl Part {
    /// The id of its partition.
    pub(super) fn partition(&self) -> &str {
        self.name.split('_').next().unwrap_or_default()
    }
}

/// One `<file>`, as far as it has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) checksum: String,
    pub(super) use_base: bool,
    pub(super) base_size: Option<u64>,
    pub(super) data_file: Option<String>,
    pub(super) elsewhere: bool,
}

impl File {
    /// Where its content lies in this backup's own folder; `None` where it does not, or only the end of it.
    pub(super) fn stored(&self) -> Option<&str> {
        (!self.use_base && !self.elsewhere).then(|| self.data_file.as_deref().unwrap_or(&self.name))
    }

    /// Whether the whole of it lies in the backup that this one builds on.
    pub(super) fn is_in_base(&self) -> bool {
        self.use_base && self.base_size.is_none_or(|size| size == self.size)
    }
}

impl Manifest {
    /// Reads a `.backup` file. One that is cut off or is none is an error.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        let mut manifest = Self::default();
        let mut path: Vec<String> = Vec::new();
        let mut file = File::default();
        let mut value = String::new();
        let mut closed = false;
        loop {
            match reader.read_event().map_err(|error| format!("it is no XML: {error}"))? {
                Event::Start(start) => {
                    path.push(String::from_utf8_lossy(start.name().as_ref()).into_owned());
                    value.clear();
                    if path.len() == 3 {
                        file = File::default();
                    }
                }
                Event::Text(text) => {
                    value.push_str(&text.decode().map_err(|error| format!("it is no UTF-8: {error}"))?);
                }
                Event::GeneralRef(reference) => {
                    let name = reference.decode().map_err(|error| format!("it is no UTF-8: {error}"))?;
                    value.push_str(&resolve(&name).ok_or_else(|| format!("the entity &{name}; is not known"))?);
                }
                Event::End(_) => {
                    let path_here: Vec<&str> = path.iter().map(String::as_str).collect();
                    match path_here.as_slice() {
                        ["config"] => closed = true,
                        ["config", key] => manifest.set(key, &value),
                        ["config", "contents", "file"] => manifest.add(std::mem::take(&mut file)),
                        ["config", "contents", "file", key] => file.set(key, &value)?,
                        _ => {}
                    }
                    path.pop();
                    value.clear();
                }
                Event::Eof if closed => return Ok(manifest),
                Event::Eof => return Err("it is cut off, or is no backup's".to_owned()),
                _ => {}
            }
        }
    }

    /// The tables of a database with the files that define them, those inside views left out.
    pub(super) fn tables_of(&self, database: &str) -> impl Iterator<Item = (String, &File)> {
        let defined = self.definitions.iter().filter_map(|file| Some((definition(&file.name)?, file)));
        defined
            .filter(move |((of, table), _)| of == database && !is_inner(table))
            .map(|((_, table), file)| (table, file))
    }

    /// A file of the same content as one of a backup that builds on this one, where it is a definition or so short that it may be
    /// a count.
    pub(super) fn same(&self, file: &File) -> Option<&File> {
        let is_same = |other: &&File| (other.size, &other.checksum) == (file.size, &file.checksum);
        self.short.get(&(file.size, file.checksum.clone())).or_else(|| self.definitions.iter().find(is_same))
    }

    fn set(&mut self, key: &str, value: &str) {
        let field = match key {
            "backup_id" => &mut self.id,
            "uuid" => &mut self.uuid,
            "timestamp" => &mut self.timestamp,
            "base_backup" => &mut self.base,
            "base_backup_uuid" => &mut self.base_uuid,
            _ => return,
        };
        *field = Some(value.to_owned());
    }

    fn add(&mut self, file: File) {
        if let Some(table) = columns_of(&file.name) {
            let files = self.part_columns.entry(table).or_default();
            let known = files.iter().any(|other| (other.size, &other.checksum) == (file.size, &file.checksum));
            files.extend((!known).then(|| file.clone()));
        }
        self.has_substreams |= file.name.ends_with(SUBSTREAMS);
        if let Some((database, table, part, leaf)) = data_file(&file.name) {
            match (leaf, part) {
                ("count.txt", _) => self.counts.push(CountFile { database, table, file: file.clone() }),
                ("checksums.txt", Some(part)) => {
                    let (name, checksum) = (part.to_owned(), file.checksum.clone());
                    self.parts.push(Part { database, table, name, checksum });
                }
                _ => {}
            }
        }
        if file.size <= LONGEST_COUNT {
            self.short.entry((file.size, file.checksum.clone())).or_insert_with(|| file.clone());
        }
        if let Some(table) = definition(&file.name) {
            self.tables.extend((!is_inner(&table.1)).then_some(table));
            self.definitions.push(file.clone());
        }
        self.files += 1;
        self.size += file.size;
        let from_base = if file.use_base { file.base_size.unwrap_or(file.size) } else { 0 };
        let stored = file.size.saturating_sub(from_base);
        if file.elsewhere {
            self.elsewhere += 1;
        } else if stored > 0 {
            // An empty file is named, and not stored.
            self.stored.insert(file.data_file.unwrap_or(file.name), stored);
        }
    }
}

impl File {
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let number = || value.trim().parse::<u64>().map_err(|_| format!("`{value}` is no size"));
        match key {
            "name" => self.name = value.to_owned(),
            "size" => self.size = number()?,
            "checksum" => value.clone_into(&mut self.checksum),
            "use_base" => self.use_base = matches!(value, "true" | "1"),
            "base_size" => self.base_size = Some(number()?),
            "data_file" => self.data_file = Some(value.to_owned()),
            "object_key" => self.elsewhere = !value.is_empty(),
            _ => {}
        }
        Ok(())
    }
}

/// The database and the table that `metadata/<database>/<table>.sql` defines.
fn definition(name: &str) -> Option<(String, String)> {
    let (database, table) = name.strip_prefix("metadata/")?.strip_suffix(".sql")?.split_once('/')?;
    Some((unescape(database), unescape(table)))
}

/// Whose a file of `data/<database>/<table>/[<part>/]<leaf>` is: the database, the table, the part, the leaf.
fn data_file(name: &str) -> Option<(String, String, Option<&str>, &str)> {
    let parts: Vec<&str> = name.strip_prefix("data/")?.split('/').collect();
    let (database, table, part, leaf) = match parts.as_slice() {
        [database, table, leaf] => (database, table, None, leaf),
        [database, table, part, leaf] => (database, table, Some(*part), leaf),
        _ => return None,
    };
    Some((unescape(database), unescape(table), part, leaf))
}

/// The database and the table of whose parts `data/<database>/<table>/<part>/columns.txt` names the columns. A patch part has only
/// those that a lightweight UPDATE has changed.
fn columns_of(name: &str) -> Option<(String, String)> {
    let mut folders = name.strip_prefix("data/")?.strip_suffix("/columns.txt")?.split('/');
    let (database, table, part) = (folders.next()?, folders.next()?, folders.next()?);
    (folders.next().is_none() && !part.starts_with("patch-")).then(|| (unescape(database), unescape(table)))
}

/// Where the definition of a table lies.
pub(super) fn definition_of(database: &str, table: &str) -> String {
    format!("metadata/{}/{}.sql", escape(database), escape(table))
}

/// ClickHouse's escaping of names in paths: `%2E` for every byte that is no letter, digit or `_`.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => escaped.push(byte.into()),
            other => escaped.push_str(&format!("%{other:02X}")),
        }
    }
    escaped
}

/// Undoes [`escape`].
fn unescape(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let code = (*first == b'%').then(|| std::str::from_utf8(more.get(..2)?).ok()).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The five named entities, and characters by number.
fn resolve(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix('x') {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).map(String::from);
    }
    let text = match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    };
    Some(text.to_owned())
}
