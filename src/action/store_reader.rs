//! Reads a store: by this machine, or through a ClickHouse server with the table function `s3`.
//!
//! Through a server the store's secret travels in the statement, where it is not given in a collection. ClickHouse masks it in its
//! process list, its messages and its text log *(run: 24.8 to 26.9)*, but not a session token (before 26.7), which therefore never
//! stands in one. Without `through` houseplan reads the store itself.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{
    action::{
        failure::{statement_failed, store_failed},
        secrets::Secrets,
    },
    catalogue,
    collections::keep_up,
    connect::{
        clickhouse::{QueryError, Row, Statement, quote_identifier, quote_string},
        store::{Object, StoreClient, StoreError},
        target::{Member, Store},
    },
    diagnose::{Activity, Context},
    failure::Failure,
    statements::SentAccess,
};

/// How often a server tries to reach the store: by itself 500 times, which looks as if it hung for ever. Each try waits twice
/// as long as the one before: a store that is not there is told after 29 s *(run)*.
const ATTEMPTS: u32 = 6;
/// The same where it is only asked whether the store is there: a few seconds.
const FEW_ATTEMPTS: u32 = 3;
/// What nobody has put into a store.
const NOTHING: &str = "houseplan-looks-whether-it-may-list";
const UNKNOWN_SETTING: i32 = 115;

/// How many objects this machine reads at the same time.
const AT_ONCE_DIRECTLY: usize = 32;
/// How many files one statement of a server names: some 500 KB of text.
const AT_ONCE_THROUGH: usize = 5_000;

/// One way to read a store.
pub(in crate::action) struct StoreReader<'a> {
    pub(in crate::action) store: &'a Store,
    pub(in crate::action) through: Option<&'a Member>,
    /// How often a server tries to reach the store.
    attempts: u32,
}

/// Whether a store lets this machine (or the member) list below `path`: reads what is below a name that nothing has. Fails as any reading of the
/// store does, but sooner where nobody answers.
pub async fn look_into_store(store: &Store, path: Option<&str>, through: Option<&Member>) -> Result<(), Failure> {
    let reader = StoreReader { attempts: FEW_ATTEMPTS, ..StoreReader::of(store, through) };
    let below = path.map(|path| format!("{}/{NOTHING}", path.trim_matches('/')));
    reader.list(below.as_deref().unwrap_or(NOTHING)).await.map(drop)
}

impl<'a> StoreReader<'a> {
    /// By this machine, or through the member where there is one.
    pub(in crate::action) fn of(store: &'a Store, through: Option<&'a Member>) -> Self {
        Self { store, through, attempts: ATTEMPTS }
    }

    /// The size of one object; `None` where there is none.
    pub(in crate::action) async fn size(&self, key: &str) -> Result<Option<u64>, Failure> {
        match self.through {
            None => self.direct().await?.head(key).await.map_err(|error| store_failed(&error, Activity::Inspect)),
            Some(member) => {
                let objects = self.list_through(member, &format!("{key}*")).await?;
                Ok(objects.into_iter().find(|object| object.key == key).map(|object| object.size))
            }
        }
    }

    /// The text of a backup's file, or what the server makes of it; `None` where there is no such object.
    pub(in crate::action) async fn text_through(
        &self,
        member: &Member,
        path: &str,
        name: &str,
        of: &str,
    ) -> Result<Option<String>, Failure> {
        // A pattern, for what matches nothing is no error then; a plain key that is not there is 499 *(run)*. And a `%` of a
        // name stands for itself: servers decode the URL *(run)*.
        let function = self.function(&format!("{path}/{}*", name.replace('%', "%25")), "RawBLOB")?;
        let ending = quote_string(&format!("/{name}"));
        let query = format!("SELECT {of} AS text FROM {function} WHERE endsWith(_path, {ending})");
        let rows = self.ask(member, Statement::read(query)).await?;
        Ok(rows.first().and_then(|row| row.get("text")).and_then(Value::as_str).map(str::to_owned))
    }

    /// The texts of a backup's files, by their names; those that are not there are left out.
    pub(in crate::action) async fn texts(
        &self,
        path: &str,
        names: &BTreeSet<&str>,
    ) -> Result<HashMap<String, String>, Failure> {
        let Some(member) = self.through else { return self.texts_directly(path, names).await };
        let mut texts = HashMap::new();
        for folder in ["data", "metadata"] {
            let of_folder = |name: &&&str| name.split('/').next() == Some(folder);
            let names: Vec<&str> = names.iter().filter(of_folder).copied().collect();
            for some in names.chunks(AT_ONCE_THROUGH) {
                texts.extend(self.texts_below(member, path, folder, some).await?);
            }
        }
        Ok(texts)
    }

    async fn texts_directly(&self, path: &str, names: &BTreeSet<&str>) -> Result<HashMap<String, String>, Failure> {
        let client = self.direct().await?;
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let texts = stream::iter(names).map(|name| text_of(&client, path, name)).buffer_unordered(AT_ONCE_DIRECTLY);
        let texts: Vec<_> = texts.try_collect().await?;
        Ok(texts.into_iter().flatten().collect())
    }

    /// One statement for many files: the server lists the folder and reads only those that are named.
    async fn texts_below(
        &self,
        member: &Member,
        path: &str,
        folder: &str,
        names: &[&str],
    ) -> Result<HashMap<String, String>, Failure> {
        let function = self.function(&format!("{path}/{folder}/**"), "RawBLOB")?;
        let prefix = format!("{}{path}", self.root()?);
        let keys: Vec<String> = names.iter().map(|name| quote_string(&format!("{prefix}/{name}"))).collect();
        let query = format!(
            "SELECT _path, raw_blob FROM {function} WHERE if(startsWith(_path, '/'), substring(_path, 2), _path) IN ({})",
            keys.join(", ")
        );
        // The server's limit on the length of a statement is 256 KiB.
        let length = query.len().max(1 << 18);
        let rows = self.ask(member, Statement::read(query).with_setting("max_query_size", length)).await?;
        let text = |row: &Row| {
            let cell = |column: &str| row.get(column).and_then(Value::as_str);
            let name = cell("_path")?.trim_start_matches('/').strip_prefix(&prefix)?.trim_start_matches('/');
            Some((name.to_owned(), cell("raw_blob")?.to_owned()))
        };
        Ok(rows.iter().filter_map(text).collect())
    }

    /// What the key of every object in the store begins with, as `_path` has it: the bucket, and a folder in it where there is one.
    fn root(&self) -> Result<String, Failure> {
        let address = self.store.address().ok_or_else(|| self.failed(&StoreError::Url(self.store.url.clone())))?;
        let parts = [address.bucket(), address.folder()];
        Ok(parts.map(|part| format!("{part}/").trim_start_matches('/').to_owned()).concat())
    }

    /// In how many parts of a backup a file is such as each of these says of its `raw_blob`.
    pub(in crate::action) async fn count_in_parts(
        &self,
        member: &Member,
        path: &str,
        file: &str,
        signs: &[&str],
    ) -> Result<Vec<u64>, Failure> {
        // The path is held against patterns by itself: after it, `*` are meant.
        self.function(path, "RawBLOB")?;
        let function = self.function_of(&format!("{path}/data/*/*/*/{file}"), "RawBLOB");
        let counts: Vec<String> = signs.iter().map(|sign| format!("countIf({sign})")).collect();
        let query = format!("SELECT [{}] AS found FROM {function}", counts.join(", "));
        let rows = self.ask(member, Statement::read(query)).await?;
        let found = rows.first().and_then(|row| row.get("found")).and_then(Value::as_array);
        Ok(found.into_iter().flatten().map(|count| count.as_u64().unwrap_or_default()).collect())
    }

    /// Every object below `path`, by its key in the store.
    pub(in crate::action) async fn list(&self, path: &str) -> Result<Vec<Object>, Failure> {
        match self.through {
            None => self.direct().await?.list(path).await.map_err(|error| store_failed(&error, Activity::Inspect)),
            Some(member) => self.list_through(member, &format!("{path}/**")).await,
        }
    }

    async fn list_through(&self, member: &Member, pattern: &str) -> Result<Vec<Object>, Failure> {
        let query = format!("SELECT _path, _size FROM {}", self.function(pattern, "One")?);
        // By default an object of no bytes is passed over *(run)*.
        let rows = self.ask(member, Statement::read(query).with_setting("s3_skip_empty_files", 0)).await?;
        // `_path` begins with the bucket, and the store may be a folder in it.
        let root = self.root()?;
        let object = |row: &Row| {
            let key = row.get("_path")?.as_str()?.trim_start_matches('/').strip_prefix(&root)?.to_owned();
            Some(Object { key, size: row.get("_size")?.as_u64()? })
        };
        let understood = |row: &Row| {
            object(row).ok_or_else(|| {
                let reason = format!("{} answered {} where a key below `{root}` was expected", member.name, json!(row));
                self.failed(&StoreError::Listing { url: self.store.url.clone(), reason })
            })
        };
        rows.iter().map(understood).collect()
    }

    fn failed(&self, error: &StoreError) -> Failure {
        store_failed(error, Activity::Inspect)
    }

    async fn ask(&self, member: &Member, statement: Statement) -> Result<Vec<Row>, Failure> {
        keep_up(self.store, Some(member)).await?;
        let patient = statement.clone().with_setting("s3_retry_attempts", self.attempts);
        let answer: Result<_, QueryError> = match member.client.query(&patient).await {
            Err(QueryError::Exception(exception)) if exception.code == UNKNOWN_SETTING => {
                member.client.query(&statement).await
            }
            answer => answer,
        };
        let secrets = Secrets::of_store(self.store);
        answer
            .map(|rows| rows.0)
            .map_err(|error| statement_failed(&Context::on(Activity::Inspect, member), &error, &secrets))
    }

    /// `s3('url', 'key', 'secret', 'Format')`. Holds the secret. A path with characters that mean something in a pattern is
    /// refused: only what we append is one.
    fn function(&self, pattern: &str, format: &str) -> Result<String, Failure> {
        let stem = pattern.trim_end_matches('*').trim_end_matches('/');
        if stem.contains(['*', '?', '{', '}', '[', ']']) {
            let message = format!("`{stem}` cannot be read through a server: `*?{{}}[]` mean a pattern there");
            return Err(catalogue::store::PATH.failure_in(&Context::new(Activity::Inspect)).with_message(message));
        }
        Ok(self.function_of(pattern, format))
    }

    fn function_of(&self, pattern: &str, format: &str) -> String {
        let (url, format) = (quote_string(&self.store.url_of(pattern)), quote_string(format));
        match self.store.access() {
            SentAccess::Own => format!("s3({url}, {format})"),
            SentAccess::Keys { id, secret } => {
                let (id, secret) = (quote_string(id.expose_secret()), quote_string(secret.expose_secret()));
                format!("s3({url}, {id}, {secret}, {format})")
            }
            SentAccess::Collection(name) => format!("s3({}, url = {url}, format = {format})", quote_identifier(&name)),
        }
    }

    /// A client of this machine's.
    pub(in crate::action) async fn direct(&self) -> Result<StoreClient, Failure> {
        keep_up(self.store, None).await?;
        StoreClient::new(self.store).map_err(|error| store_failed(&error, Activity::Inspect))
    }
}

/// A file of a backup: its name and its text; `None` where there is none.
async fn text_of(client: &StoreClient, path: &str, name: String) -> Result<Option<(String, String)>, Failure> {
    match client.get(&format!("{path}/{name}")).await {
        Ok(bytes) => Ok(Some((name, String::from_utf8_lossy(&bytes).into_owned()))),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(store_failed(&error, Activity::Inspect)),
    }
}
