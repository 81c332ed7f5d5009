//! Reads the workloads and pods of all namespaces that are meant, as far as they may be read.

use serde_json::Value;

use super::task::WritersTask;

use crate::{
    action::workload::{Scaler, failed, resource, scalers},
    connect::kubernetes::{Kubernetes, KubernetesError, Resource, name_of},
    failure::Failure,
    plan::object::ObjectKind,
};

/// What was read, and what could not be.
#[derive(Default)]
pub(super) struct Gathered {
    /// Workloads and pods, each with its kind as Kubernetes has it: a list does not say it of each object.
    pub(super) objects: Vec<(&'static str, Value)>,
    pub(super) scalers: Vec<Scaler>,
    pub(super) unread: Vec<String>,
}

/// Where is looked: everywhere at once, or in one namespace, which may be left out where it may not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Where {
    Everywhere,
    In { namespace: String, may_be_unread: bool },
}

impl WritersTask {
    pub(super) async fn gather(&self, own: &str) -> Result<Gathered, Failure> {
        let mut gathered = Gathered::default();
        for place in self.places(own, &mut gathered.unread).await? {
            for kind in ObjectKind::WORKLOADS {
                let Some(resource) = resource(&self.kubernetes, *kind).await? else { continue };
                if let Some(objects) = read(&self.kubernetes, resource, &place, &mut gathered.unread).await? {
                    gathered.objects.extend(objects.into_iter().map(|object| (resource.kind, object)));
                }
            }
            let namespace = place.namespace();
            match scalers(&self.kubernetes, namespace).await {
                Ok(found) => gathered.scalers.extend(found),
                // An autoscaler is only told.
                Err(error @ KubernetesError::Forbidden { .. }) => gathered.unread.push(error.to_string()),
                Err(error) => return Err(failed(&error)),
            }
        }
        gathered.unread.sort();
        gathered.unread.dedup();
        Ok(gathered)
    }

    /// All namespaces at once where that is allowed, else each by itself; at least the Secret's own.
    async fn places(&self, own: &str, unread: &mut Vec<String>) -> Result<Vec<Where>, Failure> {
        if let Some(named) = &self.namespaces {
            let place = |namespace: &String| Where::In { namespace: namespace.clone(), may_be_unread: false };
            return Ok(named.iter().map(place).collect());
        }
        if self.may_list_everywhere().await? {
            return Ok(vec![Where::Everywhere]);
        }
        let mut places = vec![Where::In { namespace: own.to_owned(), may_be_unread: false }];
        match self.kubernetes.list(Resource::NAMESPACE, None, "").await {
            Ok(all) => {
                let others = all.iter().map(name_of).filter(|it| *it != own).map(str::to_owned);
                places.extend(others.map(|namespace| Where::In { namespace, may_be_unread: true }));
            }
            Err(KubernetesError::Forbidden { .. }) => {
                unread.push(format!("all namespaces but {own}: namespaces may not be listed"));
            }
            Err(error) => return Err(failed(&error)),
        }
        Ok(places)
    }

    async fn may_list_everywhere(&self) -> Result<bool, Failure> {
        for kind in ObjectKind::WORKLOADS {
            let may = self.kubernetes.may("list", kind.group(), kind.plural(), "", None).await;
            if !may.map_err(|error| failed(&error))? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Where {
    fn namespace(&self) -> Option<&str> {
        match self {
            Self::Everywhere => None,
            Self::In { namespace, .. } => Some(namespace),
        }
    }
}

/// The objects of a kind; `None` where they may not be read, and need not be.
async fn read(
    kubernetes: &Kubernetes,
    resource: Resource,
    place: &Where,
    unread: &mut Vec<String>,
) -> Result<Option<Vec<Value>>, Failure> {
    match (kubernetes.list(resource, place.namespace(), "").await, place) {
        (Ok(objects), _) => Ok(Some(objects)),
        (Err(KubernetesError::Forbidden { .. }), Where::In { namespace, may_be_unread: true }) => {
            unread.push(format!("{} of the namespace {namespace}: not allowed to list them", resource.plural));
            Ok(None)
        }
        (Err(error), _) => Err(failed(&error)),
    }
}
