//! Which backup a plan means.

use std::sync::Arc;

use serde_json::Value;

use super::Definitions;
use crate::{
    action::{
        context::{EvalContext, checked_store_path, internal},
        store_reader::StoreReader,
    },
    catalogue,
    connect::target::{Member, Store},
    failure::Failure,
    name::Name,
    plan::text::TemplateText,
};

/// Where a backup lies.
#[derive(Debug, Clone)]
pub struct BackupSource {
    pub store: Arc<Store>,
    pub path: String,
}

impl BackupSource {
    /// Where a backup lies, and its id where a `backup` step's outputs were given. `store` is the one of a mere path.
    pub(in crate::action) fn of(
        at: EvalContext<'_>,
        from: &TemplateText,
        store: Option<&Name>,
    ) -> Result<(Self, Option<String>), Failure> {
        let value = at.value(from)?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let (path, store): (String, Arc<Store>) = match &value {
            Value::String(path) => {
                let store = store.ok_or_else(|| internal("a backup's path needs a store"))?;
                (path.clone(), at.store(store)?)
            }
            _ => {
                let path = text("path").ok_or_else(|| {
                    let message =
                        format!("`{}` is neither a path nor the output of a `backup` or `inspect` step", from.0);
                    catalogue::template::WRONG_TYPE.failure().with_message(message)
                })?;
                // What a step gives names the store as the environment does.
                let named = text("store").map(Name).and_then(|name| at.context.connections.stores.get(&name).cloned());
                let store = match (named, store) {
                    (Some(store), _) => store,
                    (None, Some(store)) => at.store(store)?,
                    (None, None) => return Err(internal("a backup names no store")),
                };
                (path, store)
            }
        };
        Ok((Self { store, path: checked_store_path(path)? }, text("id")))
    }

    /// What it defines, as the server reads it that it is to be restored to.
    pub(in crate::action) fn definitions<'a>(&'a self, member: &'a Member) -> Definitions<'a> {
        Definitions { reader: StoreReader::of(&self.store, Some(member)), member, path: self.path.trim_matches('/') }
    }
}
