//! Reads a backup in a store: what it says of itself, and whether it is whole, with each one that it builds on.

use std::collections::HashMap;

use super::{Inspection, WrongSize, manifest::Manifest};

use crate::{
    action::{failure::store_failed, store_reader::StoreReader},
    catalogue,
    connect::store::{Object, StoreError},
    diagnose::{Activity, Context},
    failure::Failure,
};

/// How many backups may build on each other before that counts as a circle.
pub(super) const LONGEST_CHAIN: usize = 100;

/// The backup that another one builds on, as the `.backup` file of that one names it.
struct Base {
    /// Its path in the same store; `None` where it lies elsewhere.
    path: Option<String>,
    uuid: Option<String>,
}

impl StoreReader<'_> {
    /// Whether the backup at `path` is whole, and each one that it builds on.
    pub(in crate::action) async fn inspect(&self, path: &str) -> Result<Inspection, Failure> {
        let (first, mut base) = self.inspect_one(path).await?;
        let mut first = first;
        for _ in 0..LONGEST_CHAIN {
            let Some(Base { path, uuid }) = base else { return Ok(first) };
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

    /// One backup, and the one that it builds on.
    async fn inspect_one(&self, path: &str) -> Result<(Inspection, Option<Base>), Failure> {
        let path = path.trim_matches('/');
        if path.is_empty() {
            return Err(catalogue::store::PATH
                .failure_in(&Context::new(Activity::Inspect))
                .with_message("a backup has a path below its store, and this one is empty".to_owned()));
        }
        if is_archive(path) {
            return self.archive(path).await.map(|inspection| (inspection, None));
        }
        let Some(manifest) = self.understood(path).await? else { return Ok((Inspection::none(), None)) };
        let prefix = format!("{path}/");
        let in_backup = |object: Object| match object.key.strip_prefix(&prefix) {
            Some(name) => Ok((name.to_owned(), object.size)),
            None => {
                let reason = format!("`{}` was listed, and is not below `{prefix}`", object.key);
                Err(store_failed(&StoreError::Listing { url: self.store.url.clone(), reason }, Activity::Inspect))
            }
        };
        let there: HashMap<String, u64> =
            self.list(path).await?.into_iter().map(in_backup).collect::<Result<_, _>>()?;
        let base =
            manifest.base.as_deref().map(|base| Base { path: self.path_of(base), uuid: manifest.base_uuid.clone() });
        Ok((Inspection::of(manifest, &there), base))
    }

    async fn archive(&self, path: &str) -> Result<Inspection, Failure> {
        let size = self.size(path).await?;
        Ok(match size {
            None => Inspection { missing: vec![path.to_owned()], ..Inspection::none() },
            Some(size) => {
                let there = Inspection {
                    complete: None,
                    exists: true,
                    stored_size: size,
                    missing: Vec::new(),
                    missing_count: 0,
                    ..Inspection::none()
                };
                there.could_not_check("it is an archive: what it holds cannot be seen from outside")
            }
        })
    }

    /// The text of `.backup`; `None` where there is none.
    async fn manifest(&self, path: &str) -> Result<Option<String>, Failure> {
        let Some(member) = self.through else {
            return match self.direct().await?.get(&format!("{path}/.backup")).await {
                Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
                Err(StoreError::NotFound { .. }) => Ok(None),
                Err(error) => Err(store_failed(&error, Activity::Inspect)),
            };
        };
        self.text_through(member, path, ".backup", "raw_blob").await
    }

    /// What the backup at `path` says of itself; `None` where there is none.
    pub(super) async fn understood(&self, path: &str) -> Result<Option<Manifest>, Failure> {
        let Some(text) = self.manifest(path).await? else { return Ok(None) };
        Manifest::parse(&text).map(Some).map_err(|reason| {
            let message = format!("`{}/.backup` is not understood: {reason}", self.store.url_of(path));
            catalogue::backup::DAMAGED.failure_in(&Context::new(Activity::Inspect)).with_message(message)
        })
    }

    /// The path in this store of `S3('url')`, as `.backup` names a base; `None` where it lies elsewhere.
    pub(super) fn path_of(&self, base: &str) -> Option<String> {
        let url = base.strip_prefix("S3('")?.split('\'').next()?;
        self.store.address()?.path_of(url)
    }
}

/// The endings by which BACKUP writes one archive instead of a folder.
pub(super) fn is_archive(path: &str) -> bool {
    const ENDINGS: [&str; 10] =
        [".zip", ".zipx", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.lzma", ".tar.zst", ".tzst", ".tar.xz"];
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}
