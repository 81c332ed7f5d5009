//! The shipped move of LangSmith in the order of its guide: back up, `helm upgrade` (which migrates, and deletes the source), restore.

use crate::support::{bed::Bed, installation::Installation};

/// The bed's environment, as `tests/kubernetes/demo` uses it, for another installation.
fn environment(langsmith: &Installation<'_>) -> String {
    let sandbox = langsmith.sandbox();
    let ports = sandbox.ports();
    let port = |server: &str| ports.http(server.parse().expect("a server")).to_string();
    let places = [
        ("NAMESPACE", langsmith.namespace.clone()),
        ("SANDBOX", sandbox.layout().dir().to_string()),
        ("SOURCE", port("source")),
        ("REPLICA0", port("replica1")),
        ("REPLICA1", port("replica2")),
        ("KEEPER", ports.keeper().to_string()),
        ("STORE", ports.s3().to_string()),
    ];
    let template = include_str!("bed/environment.yaml.in").to_owned();
    places.iter().fold(template, |text, (place, value)| text.replace(&format!("@{place}@"), value))
}

#[tokio::test]
async fn all_rows_arrive_and_the_writers_write_to_the_cluster() {
    let bed = Bed::get();
    let langsmith = bed.own_langsmith();
    let runs = "SELECT count(), sum(cityHash64(id)) FROM langsmith.runs";
    let before = langsmith.query("source", runs).await;
    let operator = bed.operator(&environment(&langsmith));
    operator.does(&["run", "standalone-to-replicated", "--set", "database=langsmith"]).await.with(0);
    for replica in ["replica1", "replica2"] {
        assert_eq!(langsmith.query(replica, runs).await, before, "{replica}");
    }
    let gone = ["get", "statefulset", "--ignore-not-found", "-o=name", "langsmith-clickhouse"];
    assert_eq!(langsmith.kubectl(&gone), "");
    let last = "SELECT count() FROM langsmith.runs_history WHERE recorded_at > now() - 60 AND startsWith(status, 'written by')";
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_ne!(langsmith.query("replica2", last).await, "0");
}
