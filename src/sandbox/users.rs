//! Users of a sandbox with profiles of their own, as an operator's `users.xml` gives them: settings, constraints, `readonly`.
//!
//! Each user's profile stands in a `users.xml` that the engine reads when it starts, and the host takes it on for each of the user's
//! statements. Emulated are the users themselves (all have the rights of the engine's only one) and, before ClickHouse 26, `readonly`
//! and the constraints, which the one connection there could not lay down again. On 26 the embedded engine sets `max_result_rows`,
//! `max_result_bytes` and `extremes` by itself, whatever a profile says.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Users by their names. Each has the password of the sandbox's own user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Users(pub BTreeMap<String, Profile>);

/// What a user's profile says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// 1: may neither write nor set anything; 2: may set and not write.
    #[serde(default)]
    pub readonly: u8,
    /// Settings by their names; numbers, texts and booleans.
    #[serde(default)]
    pub settings: BTreeMap<String, Value>,
    /// What may not be changed, or only within bounds.
    #[serde(default)]
    pub constraints: BTreeMap<String, Constraint>,
}

/// How far a setting may be changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// Not at all.
    #[serde(default)]
    pub fixed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
}

impl FromStr for Users {
    type Err = String;

    /// Reads `{ NAME: { readonly: 2, settings: { limit: 58 }, constraints: { limit: { fixed: true } } } }`, as YAML.
    fn from_str(text: &str) -> Result<Self, String> {
        let users: Self = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let is_name =
            |name: &String| !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
        let profiles = users.0.values();
        let mut names = users.0.keys().chain(profiles.flat_map(|it| it.settings.keys().chain(it.constraints.keys())));
        match names.find(|name| !is_name(name)) {
            Some(name) => Err(format!("`{name}` is no name of a user or a setting: letters, digits and `_`")),
            None if users.0.contains_key("default") => {
                Err("`default` is the sandbox's own user, without a profile".to_owned())
            }
            None => Ok(users),
        }
    }
}

impl Users {
    /// The engine's `users.xml`. The host itself works as `default`. `readonly` is not in it: that the host sets last.
    pub(super) fn to_xml(&self) -> String {
        let mut profiles = String::new();
        for (name, profile) in &self.0 {
            let _ = writeln!(profiles, "    <{name}>{}{}</{name}>", profile.settings(), profile.constraints());
        }
        format!(
            "<clickhouse>
  <profiles>
    <default></default>
{profiles}  </profiles>
  <users>
    <default><password></password><profile>default</profile><quota>default</quota><networks><ip>::/0</ip></networks></default>
  </users>
  <quotas><default></default></quotas>
</clickhouse>
"
        )
    }
}

impl Profile {
    fn settings(&self) -> String {
        self.settings.iter().map(|(name, value)| element(name, value)).collect()
    }

    fn constraints(&self) -> String {
        let constraint = |(name, it): (&String, &Constraint)| {
            let bound = |word: &str, value: &Option<Value>| value.as_ref().map(|value| element(word, value));
            let fixed = it.fixed.then(|| "<const/>".to_owned());
            let inside: String = fixed.into_iter().chain(bound("min", &it.min)).chain(bound("max", &it.max)).collect();
            format!("<{name}>{inside}</{name}>")
        };
        let constraints: String = self.constraints.iter().map(constraint).collect();
        if constraints.is_empty() { constraints } else { format!("<constraints>{constraints}</constraints>") }
    }
}

fn element(name: &str, value: &Value) -> String {
    format!("<{name}>{}</{name}>", text(value).replace('&', "&amp;").replace('<', "&lt;"))
}

/// A setting's value as a request has it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(it) => u8::from(*it).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_written_as_an_operator_writes_it() {
        let users: Users = "
limited: { settings: { limit: 58, result_overflow_mode: break }, constraints: { limit: { fixed: true }, max_result_rows: { min: 1, max: 58 } } }
reader: { readonly: 1 }"
            .parse()
            .unwrap();
        let xml = users.to_xml();
        assert!(xml.contains(
            "<limited><limit>58</limit><result_overflow_mode>break</result_overflow_mode><constraints><limit><const/></limit>\
             <max_result_rows><min>1</min><max>58</max></max_result_rows></constraints></limited>"
        ), "{xml}");
        assert!(xml.contains("<reader></reader>"), "{xml}");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let refused = |text: &str| text.parse::<Users>().unwrap_err();
        assert!(refused("a-b: {}").contains("`a-b` is no name"));
        assert!(refused("default: {}").contains("`default` is the sandbox's own user"));
        assert!(refused("a: { setings: {} }").contains("setings"));
    }
}
