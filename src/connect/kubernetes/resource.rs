//! The kinds of objects that houseplan reads and writes.

/// A kind of object, as the API server knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// Empty for the core group.
    pub group: &'static str,
    pub version: &'static str,
    pub kind: &'static str,
    /// As it stands in paths and in the rules of a Role.
    pub plural: &'static str,
    pub is_namespaced: bool,
}

impl Resource {
    pub const NAMESPACE: Self = Self { is_namespaced: false, ..Self::core("Namespace", "namespaces") };
    pub const POD: Self = Self::core("Pod", "pods");
    pub const SECRET: Self = Self::core("Secret", "secrets");

    pub const PERSISTENT_VOLUME_CLAIM: Self = Self::core("PersistentVolumeClaim", "persistentvolumeclaims");
    pub const PERSISTENT_VOLUME: Self =
        Self { is_namespaced: false, ..Self::core("PersistentVolume", "persistentvolumes") };
    pub const SERVICE: Self = Self::core("Service", "services");
    pub const CONFIG_MAP: Self = Self::core("ConfigMap", "configmaps");
    pub const SERVICE_ACCOUNT: Self = Self::core("ServiceAccount", "serviceaccounts");
    pub const DEPLOYMENT: Self = Self::of("apps", "v1", "Deployment", "deployments");
    pub const STATEFUL_SET: Self = Self::of("apps", "v1", "StatefulSet", "statefulsets");
    pub const DAEMON_SET: Self = Self::of("apps", "v1", "DaemonSet", "daemonsets");
    pub const REPLICA_SET: Self = Self::of("apps", "v1", "ReplicaSet", "replicasets");
    pub const JOB: Self = Self::of("batch", "v1", "Job", "jobs");
    pub const CRON_JOB: Self = Self::of("batch", "v1", "CronJob", "cronjobs");
    /// As clusters before 1.21 have it.
    pub const OLD_CRON_JOB: Self = Self::of("batch", "v1beta1", "CronJob", "cronjobs");
    pub const POD_DISRUPTION_BUDGET: Self = Self::of("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets");
    /// As clusters before 1.21 have it.
    pub const OLD_POD_DISRUPTION_BUDGET: Self =
        Self::of("policy", "v1beta1", "PodDisruptionBudget", "poddisruptionbudgets");
    pub const LEASE: Self = Self::of("coordination.k8s.io", "v1", "Lease", "leases");
    /// Argo's, which stands in the place of a Deployment.
    pub const ROLLOUT: Self = Self::of("argoproj.io", "v1alpha1", "Rollout", "rollouts");
    pub const AUTOSCALER: Self = Self::of("autoscaling", "v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers");
    /// KEDA's.
    pub const SCALED_OBJECT: Self = Self::of("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects");
    pub const ACCESS_REVIEW: Self = Self {
        is_namespaced: false,
        ..Self::of("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews")
    };

    const fn core(kind: &'static str, plural: &'static str) -> Self {
        Self::of("", "v1", kind, plural)
    }

    const fn of(group: &'static str, version: &'static str, kind: &'static str, plural: &'static str) -> Self {
        Self { group, version, kind, plural, is_namespaced: true }
    }

    /// `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The path of its API: what is there, lists the kinds that the API server knows.
    pub fn api_path(&self) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        format!("{root}/{}", self.api_version())
    }

    /// The path of all objects of this kind: of one namespace, of all where none is given.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let within = match namespace.filter(|_| self.is_namespaced) {
            Some(namespace) => format!("/namespaces/{namespace}"),
            None => String::new(),
        };
        format!("{}{within}/{}", self.api_path(), self.plural)
    }
}
