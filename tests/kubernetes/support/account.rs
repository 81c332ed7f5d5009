//! A ServiceAccount with few rights, and the kubeconfig by which somebody is it.

use std::{cell::RefCell, fs};

use camino::Utf8PathBuf;
use serde_json::{Value, json};

use super::{command, namespace::Namespace};
use crate::operator::Said;

pub struct Account<'a> {
    namespace: &'a Namespace<'a>,
    name: String,
    folder: tempfile::TempDir,
    /// Where it has a Role that no deletion of its own namespace takes along.
    elsewhere: RefCell<Vec<String>>,
}

impl<'a> Account<'a> {
    pub(super) fn create(namespace: &'a Namespace<'a>) -> Self {
        let name = super::namespace::fresh_name();
        namespace.kubectl(&["create", "serviceaccount", &name]);
        let account =
            Self { namespace, name, folder: tempfile::tempdir().expect("a folder"), elsewhere: RefCell::default() };
        fs::write(account.kubeconfig(), account.document().to_string()).expect("a file");
        account
    }

    /// The administrator's document with this account in his place; JSON is YAML.
    fn document(&self) -> Value {
        let token = self.namespace.kubectl(&["create", "token", &self.name, "--duration=2h"]);
        let bed = self.namespace.bed;
        let view = ["config", "view", "--raw", "--minify", "--flatten", "--output=json", "--kubeconfig"];
        let whole = bed.kubectl(&[view.as_slice(), &[bed.kubeconfig().as_str()]].concat());
        let mut document: Value = serde_json::from_str(&whole).expect("a kubeconfig");
        let cluster = document["contexts"][0]["context"]["cluster"].clone();
        document["users"] = json!([{ "name": self.name, "user": { "token": token } }]);
        document["contexts"] = json!([{ "name": "limited", "context": {
            "cluster": cluster, "user": self.name, "namespace": self.namespace.name,
        } }]);
        document["current-context"] = json!("limited");
        document
    }

    pub fn kubeconfig(&self) -> Utf8PathBuf {
        let path = self.folder.path().join("kubeconfig");
        Utf8PathBuf::from_path_buf(path).expect("a path in UTF-8")
    }

    /// Gives it this in another namespace as well, for as long as it lives.
    #[track_caller]
    pub fn may_also(&self, namespace: &str, may: &[(&str, &str)]) {
        let rules: Vec<Value> = may.iter().map(|(resource, verbs)| rule(resource, verbs)).collect();
        let (name, own) = (&self.name, &self.namespace.name);
        let metadata = json!({ "name": name, "namespace": namespace });
        let role = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata, "rules": rules });
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name },
            "subjects": [{ "kind": "ServiceAccount", "name": name, "namespace": own }],
        });
        self.namespace.bed.apply(&format!("{role}\n---\n{binding}"));
        if namespace != own {
            self.elsewhere.borrow_mut().push(namespace.to_owned());
        }
    }

    /// kubectl as this account.
    pub fn kubectl(&self, arguments: &[&str]) -> Said {
        let mut kubectl = self.namespace.bed.command("kubectl");
        command::run(kubectl.env("KUBECONFIG", self.kubeconfig()).args(arguments), "")
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        for namespace in self.elsewhere.borrow().iter() {
            let object = format!("role/{0},rolebinding/{0}", self.name);
            self.namespace.bed.try_kubectl(&["--namespace", namespace, "delete", &object]);
        }
    }
}

/// `deployments.apps/scale`: the resource, its group, what of it.
fn rule(resource: &str, verbs: &str) -> Value {
    let (whole, part) = resource.split_once('/').map_or((resource, None), |(whole, part)| (whole, Some(part)));
    let (plural, group) = whole.split_once('.').unwrap_or((whole, ""));
    let resource = part.map_or_else(|| plural.to_owned(), |part| format!("{plural}/{part}"));
    let verbs: Vec<&str> = verbs.split_whitespace().collect();
    json!({ "apiGroups": [group], "resources": [resource], "verbs": verbs })
}
