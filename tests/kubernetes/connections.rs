//! Servers in pods, their passwords in Secrets, and the cluster that a run is bound to.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    operator::Operator,
    support::{
        bed::{Bed, Server},
        installation::Installation,
    },
};

/// The servers of an installation, in their pods; `pods` says how the source's is found and reached.
fn environment(langsmith: &Installation<'_>, source: &str) -> String {
    let (namespace, clickhouse) = (&langsmith.namespace, &langsmith.clickhouse);
    let (secrets, store) = (langsmith.sandbox().layout().dir().join("secrets"), langsmith.sandbox().ports().s3());
    let password = format!(
        "password: {{ secret: {{ namespace: {namespace}, name: langsmith-clickhouse, key: clickhouse_password }} }}"
    );
    format!(
        "apiVersion: houseplan/v1
kind: Environment
metadata: {{ name: pods }}
targets:
  kubernetes: {{ kind: kubernetes, namespace: {namespace} }}
  source:
    kind: clickhouse
    members:
      source: {{ pod: {source}, {password} }}
  cluster:
    kind: clickhouse
    cluster: replicated
    pods: {{ selector: clickhouse.altinity.com/chi=ch-repl, namespace: {clickhouse}, container: clickhouse-pod, port: http, {password} }}
  store:
    kind: s3
    url: http://127.0.0.1:{store}/backups
    access_key_id: {{ file: {secrets}/s3-access-key-id }}
    secret_access_key: {{ file: {secrets}/s3-secret-access-key }}
"
    )
}

const SOURCE: &str = "{ name: langsmith-clickhouse-0, container: clickhouse, port: ch }";

/// A cluster of Kubernetes alone, in an environment of this name.
fn environment_of(namespace: &str, name: &str) -> String {
    format!(
        "apiVersion: houseplan/v1\nkind: Environment\nmetadata: {{ name: {name} }}\n\
         targets: {{ kubernetes: {{ kind: kubernetes, namespace: {namespace} }} }}\n"
    )
}

/// Waits for a person, then changes something.
const WAITS: &str = "apiVersion: houseplan/v1\nkind: Plan\nmetadata: { name: waits }\ntargets: { kubernetes: { kind: kubernetes } }\n\
     steps:\n  ask: { approve: { show: \"1\", message: Go on? } }\n  \
     stop: { needs: [ask], scale: { on: kubernetes, workloads: [deployment/writers], to: 0 } }\n";

fn plan(operator: &Operator, on: &str, query: &str) -> String {
    let text = format!(
        "apiVersion: houseplan/v1
kind: Plan
metadata: {{ name: asks }}
targets: {{ source: {{ kind: clickhouse }}, cluster: {{ kind: clickhouse }} }}
steps:
  ask: {{ sql: {{ on: {on}, effect: read, query: \"{query}\" }} }}
"
    );
    operator.write("asks.yaml", &text)
}

#[tokio::test]
async fn a_backup_of_a_server_in_a_pod_takes_a_kubeconfig_and_nothing_else() {
    let bed = Bed::get();
    let langsmith = bed.langsmith();
    let operator = bed.operator(&environment(&langsmith, SOURCE));
    operator.does(&["run", "backup", "--set", "database=langsmith"]).await.with(0).has("complete");
    // The whole journal holds no password, and the Lease is given back.
    let password = std::fs::read_to_string(langsmith.sandbox().layout().password_file()).expect("the password");
    let journal = std::fs::read_to_string(operator.journal_file(&operator.last_run())).expect("a journal");
    assert!(!journal.contains(password.trim()));
    assert_eq!(langsmith.kubectl(&["get", "leases", "-o=name"]), "");
}

#[tokio::test]
async fn members_are_found_by_the_operators_labels_and_called_by_them() {
    let bed = Bed::get();
    let langsmith = bed.langsmith();
    let operator = bed.operator(&environment(&langsmith, SOURCE));
    let file = plan(&operator, "cluster", "SELECT 1 AS one");
    operator.does(&["run", &file]).await.with(0).has("replica0, replica1");
    operator.does(&["render", &file]).await.with(0).has("all pods with").has("clickhouse.altinity.com/chi=ch-repl");
}

#[tokio::test]
async fn what_is_not_there_is_named_with_what_is() {
    let bed = Bed::get();
    let langsmith = bed.langsmith();
    let cases = [
        ("{ name: langsmith-clickhouse-7, port: 1 }", "langsmith-clickhouse-7"),
        ("{ name: langsmith-clickhouse-0, port: web }", "has no port `web`; its ports are ch, ch-native"),
        ("{ selector: app=nothing, port: ch }", "no pod in the namespace"),
        // Nobody listens there.
        ("{ name: langsmith-clickhouse-0, port: 7 }", "refused"),
    ];
    for (source, said) in cases {
        let operator = bed.operator(&environment(&langsmith, source));
        let file = plan(&operator, "source", "SELECT 1");
        operator.does(&["run", &file]).await.with(1).has(said).has("nothing was started");
    }
    let operator =
        bed.operator(&environment(&langsmith, SOURCE).replace("key: clickhouse_password", "key: clickhouse_pasword"));
    let file = plan(&operator, "source", "SELECT 1");
    operator.does(&["run", &file]).await.with(2).has("has no key `clickhouse_pasword`").has("`clickhouse_password`");
}

/// What may be done is what `rbac` prints, and one verb less is named.
#[tokio::test]
async fn the_role_that_is_printed_is_enough_and_the_least() {
    let bed = Bed::get();
    let langsmith = bed.langsmith();
    let namespace = bed.namespace();
    let operator = bed.operator(&environment(&langsmith, SOURCE));
    let file = plan(&operator, "source", "SELECT 1");
    let roles = operator.does(&["rbac", &file]).await.with(0).stdout;
    let account = namespace.limited_account(&[]);
    let config = account.kubeconfig().to_string();
    let limited = bed.operator(
        &environment(&langsmith, SOURCE)
            .replace("kind: kubernetes,", &format!("kind: kubernetes, kubeconfig: \"{config}\",")),
    );
    let file = plan(&limited, "source", "SELECT 1");
    limited.does(&["rbac", &file, "--check"]).await.with(1).has("missing: get secrets `langsmith-clickhouse`");
    limited.does(&["run", &file]).await.has("not allow");

    account.is_bound_to(&roles);
    limited.does(&["rbac", &file, "--check"]).await.with(0);
    limited.does(&["run", &file]).await.with(0);
    let less = roles.replace("resources: [pods/portforward]", "resources: [pods/attach]");
    assert_ne!(less, roles);
    account.is_bound_to(&less);
    limited
        .does(&["rbac", &file, "--check"])
        .await
        .with(1)
        .has("missing: create pods/portforward `langsmith-clickhouse-0`");
    limited.does(&["run", &file]).await.with(1).has("portforward");
}

#[tokio::test]
async fn an_environment_is_written_from_what_is_there_and_is_right() {
    let bed = Bed::get();
    let langsmith = bed.langsmith();
    let operator = bed.operator("");
    let file = operator.path("found.yaml").to_string();
    let namespaces = ["-n", &langsmith.namespace, "-n", &langsmith.clickhouse];
    operator.does(&[&["init", "--from-cluster", "--file", &file], &namespaces[..]].concat()).await.with(0);
    let text = std::fs::read_to_string(&file).expect("the environment");
    for found in [
        "name: langsmith-clickhouse-0, container: clickhouse, port: ch",
        "selector: clickhouse.altinity.com/chi=ch-repl",
        "container: clickhouse-pod",
        "secret: { name: langsmith-clickhouse, key: clickhouse_password }",
        "name: langsmith-zookeeper-0",
        "- deployment/langsmith-ingest-queue # 2 now",
        "the password of `cluster`",
    ] {
        assert!(text.contains(found), "no {found} in\n{text}");
    }
    assert!(!text.contains("statefulset/langsmith-clickhouse #"), "the server is no writer of its own:\n{text}");
    // It is read, and it leads to the server.
    operator.does(&["validate", "source-ready", "--env", &file]).await.with(0);
    operator
        .does(&["render", "source-ready", "--env", &file, "--set", "database=langsmith", "--check"])
        .await
        .has("no table of the database is detached");
    operator.does(&["init", "--from-cluster", "--file", &file]).await.with(2).has("is not written");
}

/// Of two clusters with one context's name, each is itself: the run knows where it began.
#[tokio::test]
async fn a_run_is_taken_up_on_the_cluster_that_it_began_on_and_on_no_other() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 1);
    let text =
        environment_of(&namespace.name, "named").replace("kind: kubernetes,", "kind: kubernetes, kubeconfig: here,");
    let operator = bed.operator(&text);
    let whole = std::fs::read_to_string(bed.kubeconfig()).expect("a kubeconfig");
    operator.write("here", &whole);
    let plan = operator.write("waits.yaml", WAITS);
    operator.does(&["run", &plan]).await.with(4);
    let run = operator.last_run();
    operator.does(&["approve", &run, "ask"]).await.with(0);

    let other = another_cluster().await;
    operator.write(
        "here",
        &format!(
            "{{ apiVersion: v1, kind: Config, clusters: [{{ name: bed, cluster: {{ server: \"{other}\" }} }}], \
         contexts: [{{ name: bed, context: {{ cluster: bed }} }}], current-context: bed }}"
        ),
    );
    let said = operator.does(&["resume", &run]).await.with(1);
    said.has("another cluster of Kubernetes").has("another-uid instead of");
    operator.write("here", &whole);
    operator.does(&["resume", &run]).await.with(0);
}

/// The address of what answers as the API server of another cluster.
async fn another_cluster() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let body = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-system","uid":"another-uid"}}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

/// The run that waits for a person keeps its Lease without renewing it: another may take it over, and then the first is refused.
#[tokio::test]
async fn of_two_operators_one_has_the_lease_and_one_that_expired_is_taken_over() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 1);
    let text = environment_of(&namespace.name, "shared");
    let (first, second) = (bed.operator(&text), bed.operator(&text));
    let (one, other) = (first.write("waits.yaml", WAITS), second.write("waits.yaml", WAITS));
    first.does(&["run", &one]).await.with(4);
    let lease =
        |path: &str| namespace.kubectl(&["get", "lease", "houseplan-shared", &format!("-o=jsonpath={{{path}}}")]);
    assert_eq!(lease(".spec.holderIdentity"), first.last_run());
    second.does(&["run", &other]).await.with(5).has(&first.last_run());

    let old = "{\"spec\":{\"renewTime\":\"2026-01-01T00:00:00.000000Z\"}}";
    namespace.kubectl(&["patch", "lease", "houseplan-shared", "--type=merge", "-p", old]);
    second.does(&["run", &other]).await.with(4);
    assert_eq!((lease(".spec.holderIdentity"), lease(".spec.leaseTransitions")), (second.last_run(), "1".to_owned()));
    first.does(&["approve", &first.last_run(), "ask"]).await.with(0);
    first.does(&["resume", &first.last_run()]).await.with(5).has(&second.last_run());
    assert_eq!(namespace.kubectl(&["get", "deployment", "writers", "-o=jsonpath={.spec.replicas}"]), "1");
    second.does(&["abandon", &second.last_run()]).await.with(0);
    namespace.try_kubectl(&["get", "lease", "houseplan-shared"]).with(1).has("not found");
}

/// The Lease of the lender is the one that stands, and the run that works under it renews it.
#[tokio::test]
async fn a_run_under_another_ones_claim_works_under_its_lease() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 1);
    let operator = bed.operator(&environment_of(&namespace.name, "lent"));
    let waits = operator.write("waits.yaml", WAITS);
    operator.does(&["run", &waits]).await.with(4);
    let lender = operator.last_run();
    let stops = WAITS.replace("waits", "stops").replace(
        "ask: { approve: { show: \"1\", message: Go on? } }",
        "ask: { exec: { on: local, effect: idempotent, command: [\"true\"] } }",
    );
    let stops = operator.write("stops.yaml", &stops);
    let lease = || {
        namespace.kubectl(&["get", "lease", "houseplan-lent", "-o=jsonpath={.spec.holderIdentity} {.spec.renewTime}"])
    };
    let before = lease();
    operator.does(&["run", &stops, "--under", &lender]).await.with(0);
    assert_eq!(namespace.kubectl(&["get", "deployment", "writers", "-o=jsonpath={.spec.replicas}"]), "0");
    assert!(lease().starts_with(&lender) && lease() != before, "{} {before}", lease());
    operator.does(&["abandon", &lender]).await.with(0);
    namespace.try_kubectl(&["get", "lease", "houseplan-lent"]).with(1).has("not found");
}

/// Whoever has lost the Lease does nothing more.
#[tokio::test]
async fn a_process_that_lost_its_lease_stops_before_its_next_effect() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 1);
    let operator = bed.operator(&environment_of(&namespace.name, "fenced"));
    let plan = operator.write(
        "slow.yaml",
        "apiVersion: houseplan/v1\nkind: Plan\nmetadata: { name: slow }\ntargets: { kubernetes: { kind: kubernetes } }\n\
         steps:\n  wait: { exec: { on: local, effect: idempotent, command: [sleep, \"25\"] } }\n  \
         stop: { needs: [wait], scale: { on: kubernetes, workloads: [deployment/writers], to: 0 } }\n",
    );
    let running = operator.begin(&["run", &plan]);
    operator.sees("task_started", "wait").await;
    namespace.kubectl(&["delete", "lease", "houseplan-fenced"]);
    running.ends().await.with(1).has("no longer has the Lease").has("somebody has deleted it");
    assert_eq!(namespace.kubectl(&["get", "deployment", "writers", "-o=jsonpath={.spec.replicas}"]), "1");
}

/// A statement that is on its way when the link is cut has an unknown end; the next one goes by a new link.
#[tokio::test]
async fn a_link_that_is_cut_in_mid_statement_is_noticed_and_what_reads_is_asked_again() {
    let bed = Bed::alone();
    let langsmith = bed.langsmith();
    let operator = bed.operator(&environment(&langsmith, SOURCE));
    let file = plan(
        &operator,
        "source",
        "SELECT sleepEachRow(1) FROM numbers(20) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0",
    );
    let running = operator.begin(&["run", &file]);
    operator.sees("task_started", "ask").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    bed.kill(Server::V5Front);
    running.ends().await.with(1).has("houseplan::connect::lost").has("broke before the answer was complete");
    bed.start(Server::V5Front);
    operator.resumes(&[]).await.with(0);
}
