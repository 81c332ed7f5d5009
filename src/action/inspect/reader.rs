//! Reads a store: by this machine, or through a ClickHouse server with the table function `s3`.
//!
//! Through a server the store's secret travels in the statement. ClickHouse 26.9 masks it in its process list and in its
//! messages *(run)*; what an older one writes into its logs is unproven. So without `through` houseplan reads the store itself.

use std::collections::HashMap;

use secrecy::ExposeSecret;
use serde_json::Value;

use super::{Inspection, WrongSize, manifest::Manifest};
use crate::{
    action::failure::{Secrets, of_query, of_store},
    catalogue,
    connect::{
        clickhouse::{QueryError, Statement, quote_string},
        store::{Object, StoreClient, StoreError},
        target::{Member, Store},
    },
    diagnose::{Activity, Context},
    failure::Failure,
};

/// How many backups may build on each other before that counts as a circle.
pub(super) const LONGEST_CHAIN: usize = 100;

/// How often a server tries to reach the store: by itself 500 times, which looks as if it hung for ever. Each try waits twice
/// as long as the one before: a store that is not there is told after 29 s *(run)*.
const ATTEMPTS: u32 = 6;
const UNKNOWN_SETTING: i32 = 115;

/// What is said of a backup without an id.
const NO_ID: &str = "its `.backup` file bears no id, as before ClickHouse 26.7: which backup it is only its path tells";

/// One way to read a store.
pub(in crate::action) struct Reader<'a> {
    store: &'a Store,
    through: Option<&'a Member>,
}

impl<'a> Reader<'a> {
    /// By this machine, or through the member where there is one.
    pub(in crate::action) fn of(store: &'a Store, through: Option<&'a Member>) -> Self {
        Self { store, through }
    }

    /// Whether the backup at `path` is whole, and each one that it builds on.
    pub(in crate::action) async fn inspect(&self, path: &str) -> Result<Inspection, Failure> {
        let (first, mut base) = self.inspect_one(path).await?;
        let mut first = first;
        for _ in 0..LONGEST_CHAIN {
            let Some((path, uuid)) = base else { return Ok(first) };
            let Some(path) = path else {
                return Ok(first.could_not_check("it builds on a backup outside this store"));
            };
            let (under, next) = self.inspect_one(&path).await?;
            if first.base.is_none() {
                first.base = Some(path.clone());
            }
            if under.uuid != uuid {
                first.miss(format!("{path} (the backup that it builds on is another, or gone)"));
            }
            under.missing.iter().for_each(|name| first.miss(format!("{path}/{name}")));
            under.wrong_size.into_iter().for_each(|wrong| {
                first.mismatch(WrongSize { name: format!("{path}/{}", wrong.name), ..wrong });
            });
            if let Some(why) = under.unchecked {
                first = first.could_not_check(format!("{path}: {why}"));
            }
            base = next;
        }
        Ok(first.could_not_check(format!("more than {LONGEST_CHAIN} backups build on each other")))
    }

    /// One backup, and the path and uuid of its base; the path is `None` where that lies elsewhere.
    async fn inspect_one(&self, path: &str) -> Result<(Inspection, Option<(Option<String>, Option<String>)>), Failure> {
        let path = path.trim_matches('/');
        if path.is_empty() {
            return Err(catalogue::store::PATH
                .failure_in(&Context::new(Activity::Inspect))
                .with_message("a backup has a path below its store, and this one is empty".to_owned()));
        }
        if is_archive(path) {
            return self.archive(path).await.map(|inspection| (inspection, None));
        }
        let Some(manifest) = self.understood(path).await? else { return Ok((Inspection::absent(), None)) };
        let prefix = format!("{path}/");
        let there: HashMap<String, u64> = self
            .list(path)
            .await?
            .into_iter()
            .filter_map(|object| Some((object.key.strip_prefix(&prefix)?.to_owned(), object.size)))
            .collect();
        let base = manifest.base.as_deref().map(|base| (self.path_of(base), manifest.base_uuid.clone()));
        Ok((against(manifest, &there), base))
    }

    async fn archive(&self, path: &str) -> Result<Inspection, Failure> {
        let size = self.size(path).await?;
        Ok(match size {
            None => Inspection { missing: vec![path.to_owned()], ..Inspection::absent() },
            Some(size) => {
                let there = Inspection {
                    complete: None,
                    exists: true,
                    stored_size: size,
                    missing: Vec::new(),
                    missing_count: 0,
                    ..Inspection::absent()
                };
                there.could_not_check("it is an archive: what it holds cannot be seen from outside")
            }
        })
    }

    /// The size of one object; `None` where there is none.
    pub(in crate::action) async fn size(&self, key: &str) -> Result<Option<u64>, Failure> {
        match self.through {
            None => self.direct()?.head(key).await.map_err(|error| of_store(&error, Activity::Inspect)),
            Some(member) => {
                let objects = self.list_through(member, &format!("{key}*")).await?;
                Ok(objects.into_iter().find(|object| object.key == key).map(|object| object.size))
            }
        }
    }

    /// The text of `.backup`; `None` where there is none.
    async fn manifest(&self, path: &str) -> Result<Option<String>, Failure> {
        let Some(member) = self.through else {
            return match self.direct()?.get(&format!("{path}/.backup")).await {
                Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
                Err(StoreError::NotFound { .. }) => Ok(None),
                Err(error) => Err(of_store(&error, Activity::Inspect)),
            };
        };
        self.text_through(member, path, ".backup", "raw_blob").await
    }

    /// The text of a backup's file, or what the server makes of it; `None` where there is no such object.
    pub(super) async fn text_through(
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

    /// What the backup at `path` says of itself; `None` where there is none.
    pub(super) async fn understood(&self, path: &str) -> Result<Option<Manifest>, Failure> {
        let Some(text) = self.manifest(path).await? else { return Ok(None) };
        Manifest::parse(&text).map(Some).map_err(|reason| {
            let message = format!("`{}/.backup` is not understood: {reason}", self.store.url_of(path));
            catalogue::backup::DAMAGED.failure_in(&Context::new(Activity::Inspect)).with_message(message)
        })
    }

    /// Every object below `path`, by its key in the store.
    pub(in crate::action) async fn list(&self, path: &str) -> Result<Vec<Object>, Failure> {
        match self.through {
            None => self.direct()?.list(path).await.map_err(|error| of_store(&error, Activity::Inspect)),
            Some(member) => self.list_through(member, &format!("{path}/**")).await,
        }
    }

    async fn list_through(&self, member: &Member, pattern: &str) -> Result<Vec<Object>, Failure> {
        let query = format!("SELECT _path, _size FROM {}", self.function(pattern, "One")?);
        // By default an object of no bytes is passed over *(run)*.
        let rows = self.ask(member, Statement::read(query).with_setting("s3_skip_empty_files", 0)).await?;
        // `_path` begins with the bucket, and the store may be a folder in it.
        let root = reqwest::Url::parse(&self.store.url).map(|url| url.path().trim_matches('/').to_owned());
        let root = root.unwrap_or_default();
        let object = |row: &crate::connect::clickhouse::Row| {
            let key = row
                .get("_path")?
                .as_str()?
                .trim_start_matches('/')
                .strip_prefix(&root)?
                .trim_start_matches('/')
                .to_owned();
            Some(Object { key, size: row.get("_size")?.as_u64()? })
        };
        Ok(rows.iter().filter_map(object).collect())
    }

    async fn ask(
        &self,
        member: &Member,
        statement: Statement,
    ) -> Result<Vec<crate::connect::clickhouse::Row>, Failure> {
        let patient = statement.clone().with_setting("s3_retry_attempts", ATTEMPTS);
        let answer: Result<_, QueryError> = match member.client.query(&patient).await {
            Err(QueryError::Exception(exception)) if exception.code == UNKNOWN_SETTING => {
                member.client.query(&statement).await
            }
            answer => answer,
        };
        let secrets = Secrets::of_store(self.store);
        answer.map(|rows| rows.0).map_err(|error| of_query(&Context::on(Activity::Inspect, member), &error, &secrets))
    }

    /// `s3('url', 'key', 'secret', 'Format')`. Holds the secret. A path with characters that mean something in a pattern is
    /// refused: only what we append is one.
    fn function(&self, pattern: &str, format: &str) -> Result<String, Failure> {
        let stem = pattern.trim_end_matches('*').trim_end_matches('/');
        if stem.contains(['*', '?', '{', '}', '[', ']']) {
            let message = format!("`{stem}` cannot be read through a server: `*?{{}}[]` mean a pattern there");
            return Err(catalogue::store::PATH.failure_in(&Context::new(Activity::Inspect)).with_message(message));
        }
        let mut arguments = vec![quote_string(&self.store.url_of(pattern))];
        if let Some((id, secret)) = &self.store.credentials {
            arguments.extend([quote_string(id.expose_secret()), quote_string(secret.expose_secret())]);
        }
        arguments.push(quote_string(format));
        Ok(format!("s3({})", arguments.join(", ")))
    }

    fn direct(&self) -> Result<StoreClient, Failure> {
        StoreClient::new(self.store).map_err(|error| of_store(&error, Activity::Inspect))
    }

    /// The path in this store of `S3('url')`, as `.backup` names a base; `None` where it lies elsewhere.
    pub(super) fn path_of(&self, base: &str) -> Option<String> {
        let url = base.strip_prefix("S3('")?.split('\'').next()?;
        let below = url.strip_prefix(self.store.url.trim_end_matches('/'))?;
        below.starts_with('/').then(|| below.trim_matches('/').to_owned())
    }
}

/// Compares what a backup names with what is there.
pub(super) fn against(manifest: Manifest, there: &HashMap<String, u64>) -> Inspection {
    let unidentified = manifest.id.is_none().then(|| NO_ID.to_owned());
    let mut inspection = Inspection {
        complete: Some(true),
        exists: true,
        unidentified,
        id: manifest.id,
        uuid: manifest.uuid,
        tables: manifest.tables,
        timestamp: manifest.timestamp,
        files: manifest.files,
        size: manifest.size,
        stored_size: manifest.stored.values().sum(),
        missing: Vec::new(),
        missing_count: 0,
        ..Inspection::absent()
    };
    for (name, expected) in manifest.stored {
        match there.get(&name) {
            None => inspection.miss(name),
            Some(found) if *found != expected => inspection.mismatch(WrongSize { name, expected, found: *found }),
            Some(_) => {}
        }
    }
    if manifest.elsewhere > 0 {
        let why = format!("{} files stay in the server's own bucket (a lightweight snapshot)", manifest.elsewhere);
        inspection = inspection.could_not_check(why);
    }
    inspection
}

/// The endings by which BACKUP writes one archive instead of a folder.
pub(super) fn is_archive(path: &str) -> bool {
    const ENDINGS: [&str; 10] =
        [".zip", ".zipx", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.lzma", ".tar.zst", ".tzst", ".tar.xz"];
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}
