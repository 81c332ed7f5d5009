//! `kind: local`: the machine that houseplan runs on.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Connecting, Located, LocatedServer, Moved, Resolving, Target, TargetKeys,
    secret::{SecretRef, SecretSource},
};
use crate::{
    connect::{clickhouse::QueryError, kubernetes::PodPort, target::Local},
    document,
    name::Name,
    plan::permission::Permission,
};

/// The keys of the machine that houseplan runs on.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The folder that processes run in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
}

/// Where processes start; where houseplan was started, if nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Place {
    directory: Option<Utf8PathBuf>,
}

impl Target {
    /// The folder that processes run in, where one is said.
    pub fn directory(&self) -> Option<&str> {
        match self {
            Self::Local(keys) => keys.directory.as_deref(),
            _ => None,
        }
    }
}

impl TargetKeys for Keys {
    type Located = Place;

    const SECRET_KEYS: &'static [&'static str] = &[];

    fn resolve(&self, resolving: &mut Resolving<'_>) -> Option<Place> {
        Some(Place { directory: self.directory.as_ref().map(|path| resolving.beside(path)) })
    }

    fn members(&self) -> Vec<&Name> {
        Vec::new()
    }

    fn shards(&self) -> usize {
        0
    }

    fn places(&self) -> Vec<String> {
        self.directory.iter().cloned().collect()
    }

    fn digest(&self) -> Value {
        json!(self)
    }

    fn certificates(&self) -> Vec<&str> {
        Vec::new()
    }

    fn secret_sources(&self) -> Vec<&SecretSource> {
        Vec::new()
    }
}

impl Located for Place {
    type Connected = Local;

    fn servers(&self) -> Vec<LocatedServer<'_>> {
        Vec::new()
    }

    fn secrets(&self) -> Vec<&SecretRef> {
        Vec::new()
    }

    fn pods(&mut self) -> Vec<(&document::Place, &mut PodPort)> {
        Vec::new()
    }

    fn permissions(&self) -> Vec<Permission> {
        Vec::new()
    }

    fn names(&self, _: &Name) -> Vec<(String, String)> {
        Vec::new()
    }

    fn moved(&self, now: &Self) -> Moved {
        match self.directory == now.directory {
            true => Moved::Nowhere,
            false => Moved::Free("its processes start in another folder".to_owned()),
        }
    }

    fn connect(&self, _: &Name, with: &Connecting<'_>) -> Result<Local, QueryError> {
        let directory = self.directory.as_deref().unwrap_or(with.here).as_std_path().to_owned();
        Ok(Local { directory })
    }
}
