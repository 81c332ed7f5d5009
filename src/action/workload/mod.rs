//! Workloads of Kubernetes, for the actions that read and scale them: what they are, their pods, what scales them, who owns a field.
//! No action itself.

mod object;
mod ownership;
mod pods;
mod rights;
mod scaler;

pub(super) use self::{
    object::{Found, annotation, controller, failed, object_refs, read_all, resource, text_at},
    ownership::{owners_of_replicas, we_own_replicas, without_our_replicas},
    pods::{Pod, pods_of},
    rights::{Right, require},
    scaler::{Scaler, scalers},
};
