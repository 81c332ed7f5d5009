//! The least Role for a plan: what its steps, and the ways to its targets, have to be allowed in Kubernetes.

use std::{collections::BTreeMap, fmt::Write as _};

use indexmap::{IndexMap, IndexSet};

use crate::plan::permission::{Permission, Within};

/// Permissions, each with what needs it: steps, and targets.
pub type Needs = IndexMap<Permission, IndexSet<String>>;

/// What one rule is made of: all verbs on the same objects.
type Objects<'a> = (&'a str, String, Option<&'a str>);

/// The Roles, as YAML: one for each namespace, and one for what is in none. `namespaces` are the targets' own, by target, where
/// they are known.
pub fn roles(needs: &Needs, name: &str, namespaces: &IndexMap<String, String>) -> String {
    let mut roles: BTreeMap<(&str, Option<&str>), BTreeMap<Objects<'_>, Rule<'_>>> = BTreeMap::new();
    for (permission, by) in needs {
        let on = permission.on.as_str();
        let namespace = match &permission.within {
            Within::OfTarget => Some(namespaces.get(on).map_or("", String::as_str)),
            Within::Namespace(namespace) => Some(namespace.as_str()),
            Within::WholeCluster => None,
        };
        let rules = roles.entry((on, namespace)).or_default();
        for verb in &permission.verbs {
            let by_name = permission.name.as_deref().filter(|_| permission.allows_by_name(verb));
            let objects = (permission.group.as_str(), permission.resource(), by_name);
            let rule = rules.entry(objects).or_default();
            rule.verbs.insert(verb);
            rule.by.extend(by.iter().map(String::as_str));
        }
    }
    let mut text = String::new();
    for ((on, namespace), rules) in roles {
        let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
        let place = namespace.filter(|it| !it.is_empty()).map_or_else(String::new, |it| format!(", namespace: {it}"));
        let _ = write!(
            text,
            "---\n# In the cluster of Kubernetes that the environment calls `{on}`.\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{ name: {name}{place} }}\nrules:\n"
        );
        for ((group, resource, by_name), rule) in rules {
            let by = rule.by.iter().copied().collect::<Vec<_>>().join(", ");
            let names = by_name.map_or_else(String::new, |it| format!(", resourceNames: [{it}]"));
            let verbs = rule.verbs.iter().copied().collect::<Vec<_>>().join(", ");
            let _ = writeln!(
                text,
                "  # {by}\n  - {{ apiGroups: [\"{group}\"], resources: [{resource}]{names}, verbs: [{verbs}] }}"
            );
        }
    }
    text
}

/// The verbs on some objects, and what needs them.
#[derive(Default)]
struct Rule<'a> {
    verbs: IndexSet<&'a str>,
    by: IndexSet<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn there_is_a_role_for_each_namespace_and_names_only_where_they_can_be() {
        let on = Name::from("kubernetes");
        let mut needs = Needs::new();
        let mut need = |permission: Permission, by: &str| {
            needs.entry(permission).or_default().insert(by.to_owned());
        };
        need(Permission::new(&on, "", "secrets", &["get"]).named("langsmith-clickhouse"), "source");
        need(Permission::new(&on, "", "pods", &["create", "get"]).part("portforward").named("ch-0"), "source");
        let elsewhere = Permission::new(&on, "", "pods", &["list"]).within(Within::Namespace("clickhouse".into()));
        need(elsewhere, "cluster");
        need(
            Permission::new(&on, "", "namespaces", &["get"]).named("kube-system").within(Within::WholeCluster),
            "kubernetes",
        );
        let namespaces = IndexMap::from([("kubernetes".to_owned(), "langsmith".to_owned())]);
        insta::assert_snapshot!(roles(&needs, "houseplan", &namespaces), @r#"
        ---
        # In the cluster of Kubernetes that the environment calls `kubernetes`.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: { name: houseplan }
        rules:
          # kubernetes
          - { apiGroups: [""], resources: [namespaces], resourceNames: [kube-system], verbs: [get] }
        ---
        # In the cluster of Kubernetes that the environment calls `kubernetes`.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: { name: houseplan, namespace: clickhouse }
        rules:
          # cluster
          - { apiGroups: [""], resources: [pods], verbs: [list] }
        ---
        # In the cluster of Kubernetes that the environment calls `kubernetes`.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: { name: houseplan, namespace: langsmith }
        rules:
          # source
          - { apiGroups: [""], resources: [pods/portforward], resourceNames: [ch-0], verbs: [create, get] }
          # source
          - { apiGroups: [""], resources: [secrets], resourceNames: [langsmith-clickhouse], verbs: [get] }
        "#);
    }
}
