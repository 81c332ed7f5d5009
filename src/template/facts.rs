//! JSON as minijinja sees it: maps that know where they stand and note every name that was looked up in vain.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use minijinja::{
    Value,
    value::{Enumerator, Object, ObjectExt, ObjectRepr, ValueKind},
};
use serde_json::{Map, Number, Value as Json};

use super::{literal::Fragment, number::Exact};
use crate::document::suggestion;

/// What was looked up in vain during one evaluation. minijinja lets `undefined == 0` pass as false; this does not.
#[derive(Debug)]
pub(super) struct Ledger {
    /// Whether the expression uses `in`, which looks names up to ask whether they are there (as a subscript does).
    pub(super) asks: bool,
    pub(super) misses: Mutex<Vec<String>>,
}

impl Ledger {
    fn note(&self, message: String) {
        self.misses.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    pub(super) fn first_miss(&self) -> Option<String> {
        self.misses.lock().unwrap_or_else(PoisonError::into_inner).first().cloned()
    }
}

/// A JSON object in its place: `steps.found`.
pub(super) struct Facts {
    path: String,
    map: Map<String, Json>,
    ledger: Arc<Ledger>,
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.map).finish()
    }
}

/// `json`, which stands at `path`.
pub(super) fn value(json: &Json, path: &str, ledger: &Arc<Ledger>) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(it) => Value::from(*it),
        Json::Number(it) => number(it, path, ledger),
        Json::String(it) => Value::from(it.as_str()),
        Json::Array(items) => {
            let item = |(index, item)| value(item, &format!("{path}[{index}]"), ledger);
            let items = items.iter().enumerate().map(item).collect();
            Value::from_object(Items { path: path.to_owned(), items, ledger: ledger.clone() })
        }
        Json::Object(map) => {
            Value::from_object(Facts { path: path.to_owned(), map: map.clone(), ledger: ledger.clone() })
        }
    }
}

/// A JSON array in its place.
struct Items {
    path: String,
    items: Vec<Value>,
    ledger: Arc<Ledger>,
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
    }
}

impl Object for Items {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = key.as_usize().and_then(|index| self.items.get(index)).cloned();
        if found.is_none() && !self.ledger.asks {
            self.ledger.note(format!("`{}` has no item {key}: it has {}", self.path, self.items.len()));
        }
        found
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.items.len())
    }
}

fn number(number: &Number, path: &str, ledger: &Ledger) -> Value {
    match (number.as_u64(), number.as_i64()) {
        (Some(it), _) => Value::from(it),
        (_, Some(it)) => Value::from(it),
        _ => Exact::parse(number.as_str()).map_or_else(
            || {
                ledger.note(format!("`{path}` is a number that nothing here can hold"));
                Value::UNDEFINED
            },
            |exact| exact.to_value(),
        ),
    }
}

impl Facts {
    fn find(&self, name: &str) -> Option<Value> {
        let json = self.map.get(name)?;
        Some(value(json, &format!("{}.{name}", self.path), &self.ledger))
    }

    fn miss(&self, name: &str) {
        let near = suggestion(name, self.map.keys().map(String::as_str));
        let holds = match self.map.len() {
            0 => "it is empty".to_owned(),
            _ => format!("it has {}", self.map.keys().take(12).cloned().collect::<Vec<_>>().join(", ")),
        };
        let message =
            format!("`{}` has no `{name}`{}", self.path, if near.is_empty() { format!(": {holds}") } else { near });
        self.ledger.note(message);
    }
}

impl Object for Facts {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let found = self.find(name);
        if found.is_none() && !self.ledger.asks {
            self.miss(name);
        }
        found
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        let found = self.find(name);
        if found.is_none() {
            self.miss(name);
        }
        found
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.mapped_enumerator(|this| Box::new(this.map.keys().map(|key| Value::from(key.as_str()))))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.map.len())
    }
}

/// What an expression gave, as JSON.
pub(super) fn json(value: &Value) -> Result<Json, String> {
    if let Some(facts) = value.downcast_object_ref::<Facts>() {
        return Ok(Json::Object(facts.map.clone()));
    }
    if let Some(Fragment(sql)) = value.downcast_object_ref::<Fragment>() {
        return Ok(Json::String(sql.clone()));
    }
    if value.downcast_object_ref::<Exact>().is_some() {
        return json_number(value);
    }
    match value.kind() {
        ValueKind::None => Ok(Json::Null),
        ValueKind::Bool => Ok(Json::Bool(value.is_true())),
        ValueKind::String => Ok(Json::String(value.to_str().unwrap_or_default().to_string())),
        ValueKind::Number => json_number(value),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map_err(|error| error.to_string())?;
            items.map(|item| json(&item)).collect::<Result<_, _>>().map(Json::Array)
        }
        ValueKind::Map => {
            let keys = value.try_iter().map_err(|error| error.to_string())?;
            let entry = |key: Value| {
                let item = value.get_item(&key).map_err(|error| error.to_string())?;
                Ok::<_, String>((key.to_string(), json(&item)?))
            };
            keys.map(entry).collect::<Result<_, _>>().map(Json::Object)
        }
        ValueKind::Undefined => Err("it is undefined".to_owned()),
        other => Err(format!("it gives no value but: {other}")),
    }
}

fn json_number(value: &Value) -> Result<Json, String> {
    let exact = Exact::of(value).ok_or_else(|| "a number has to be finite".to_owned())?;
    exact.to_json().map(Json::Number)
}
