//! Whether everything that an action is going to ask for is allowed, before it asks for the first of it.

use super::object::failed;
use crate::{
    catalogue,
    connect::kubernetes::Kubernetes,
    diagnose::{Activity, Context},
    failure::Failure,
};

/// Something that has to be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::action) struct Right {
    pub(in crate::action) verb: &'static str,
    pub(in crate::action) group: &'static str,
    pub(in crate::action) resource: &'static str,
    /// Empty for what is in no namespace.
    pub(in crate::action) namespace: String,
    pub(in crate::action) name: Option<String>,
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        if let Some(name) = &self.name {
            write!(f, " {name}")?;
        }
        match self.namespace.as_str() {
            "" => f.write_str(" in the whole cluster"),
            namespace => write!(f, " in the namespace {namespace}"),
        }
    }
}

/// Fails where one of them is missing, and tells all that are.
pub(in crate::action) async fn require(kubernetes: &Kubernetes, rights: &[Right]) -> Result<(), Failure> {
    let mut missing = Vec::new();
    for right in rights {
        let Right { verb, group, resource, namespace, name } = right;
        let may = kubernetes.may(verb, group, resource, namespace, name.as_deref()).await;
        if !may.map_err(|error| failed(&error).before_sending())? {
            missing.push(right.to_string());
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("rights are missing in Kubernetes, and nothing was changed: {}", missing.join("; "));
    let failure = catalogue::kubernetes::FORBIDDEN.failure_in(&Context::new(Activity::Kubernetes));
    Err(failure.with_message(message).before_sending())
}
