//! What changes objects. Nothing here is sent again by itself.

use kube::{
    Error,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy},
    core::Request,
};
use serde_json::{Value, json};

use super::{Kubernetes, KubernetesError, Resource, name_of};

/// The name under which houseplan owns fields of objects.
pub const MANAGER: &str = "houseplan";

/// What became of an object that was to be made.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    New(Value),
    /// One of this name is there already.
    Exists,
}

/// What became of an object that was to be written anew, or deleted.
#[derive(Debug, Clone, PartialEq)]
pub enum Replaced {
    Done(Value),
    /// It has changed since it was read, or is gone.
    Changed,
}

impl Kubernetes {
    /// Makes an object, once or not at all.
    pub async fn create(
        &self,
        resource: Resource,
        namespace: &str,
        object: &Value,
    ) -> Result<Created, KubernetesError> {
        let body = object.to_string().into_bytes();
        let request = Request::new(resource.path(Some(namespace))).create(&by_us(), body);
        match self.send(self.built(request)?).await? {
            Ok(object) => Ok(Created::New(object)),
            Err(Error::Api(status)) if status.is_already_exists() => Ok(Created::Exists),
            Err(error) => Err(self.failed("create", resource.plural, namespace, error)),
        }
    }

    /// Writes an object anew, if it is still the one that was read: it has to bear its `resourceVersion`.
    pub async fn replace(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        object: &Value,
    ) -> Result<Replaced, KubernetesError> {
        let body = object.to_string().into_bytes();
        let request = Request::new(resource.path(Some(namespace))).replace(name, &by_us(), body);
        match self.send(self.built(request)?).await? {
            Ok(object) => Ok(Replaced::Done(object)),
            Err(Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(Replaced::Changed),
            Err(error) => Err(self.failed("update", resource.plural, namespace, error)),
        }
    }

    /// Merges `patch` into an object, or into its `subresource`.
    pub async fn merge(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        subresource: Option<&str>,
        patch: &Value,
    ) -> Result<Value, KubernetesError> {
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        self.patch(resource, namespace, name, subresource, &params, &Patch::Merge(patch)).await
    }

    /// Applies `object` as the owner of its fields; takes them from other owners where `force`.
    pub async fn apply(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        object: &Value,
        force: bool,
    ) -> Result<Value, KubernetesError> {
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), force, ..PatchParams::default() };
        self.patch(resource, namespace, name, None, &params, &Patch::Apply(object)).await
    }

    async fn patch(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        subresource: Option<&str>,
        params: &PatchParams,
        patch: &Patch<&Value>,
    ) -> Result<Value, KubernetesError> {
        let path = Request::new(resource.path(Some(namespace)));
        let (request, what) = match subresource {
            Some(part) => (path.patch_subresource(part, name, params, patch), format!("{}/{part}", resource.plural)),
            None => (path.patch(name, params, patch), resource.plural.to_owned()),
        };
        let answer = self.send(self.built(request)?).await?;
        answer.map_err(|error| self.failed("patch", &what, namespace, error))
    }

    /// Deletes the object with this uid, and what it owns; says whether there was one. Not that it is gone: pods take their time.
    pub async fn delete(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        uid: Option<&str>,
    ) -> Result<bool, KubernetesError> {
        let same = Preconditions { uid: uid.map(str::to_owned), resource_version: None };
        self.delete_if(resource, namespace, name, same).await
    }

    /// The same of an object as it was read: one that has changed since stays.
    pub async fn delete_as_read(
        &self,
        resource: Resource,
        namespace: &str,
        object: &Value,
    ) -> Result<bool, KubernetesError> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let same = Preconditions { uid: text("/metadata/uid"), resource_version: text("/metadata/resourceVersion") };
        self.delete_if(resource, namespace, name_of(object), same).await
    }

    async fn delete_if(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        same: Preconditions,
    ) -> Result<bool, KubernetesError> {
        let params = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Background),
            preconditions: (same.uid.is_some() || same.resource_version.is_some()).then_some(same),
            ..DeleteParams::default()
        };
        let request = Request::new(resource.path(Some(namespace))).delete(name, &params);
        match self.send(self.built(request)?).await? {
            Ok(_) => Ok(true),
            // 409: another one of this name has come meanwhile, or it has changed: that is not meant.
            Err(Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(false),
            Err(error) => Err(self.failed("delete", resource.plural, namespace, error)),
        }
    }

    /// Whether who asks may do this. `resource` with its subresource, as `pods/exec`; an empty namespace means all of them.
    pub async fn may(
        &self,
        verb: &str,
        group: &str,
        resource: &str,
        namespace: &str,
        name: Option<&str>,
    ) -> Result<bool, KubernetesError> {
        let (resource, part) = resource.split_once('/').unwrap_or((resource, ""));
        let asked = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": {
                "verb": verb, "group": group, "resource": resource, "subresource": part, "namespace": namespace,
                "name": name.unwrap_or_default(),
            } },
        });
        match self.create(Resource::ACCESS_REVIEW, "", &asked).await? {
            Created::New(answer) => Ok(answer.pointer("/status/allowed").and_then(Value::as_bool) == Some(true)),
            Created::Exists => Ok(false),
        }
    }
}

fn by_us() -> PostParams {
    PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() }
}
