//! A command in a container, on both protocols of exec: what it says, how it ends, and what is known of it when the way to it is lost.

use std::{future::Future, time::Duration};

use houseplan::connect::kubernetes::{Ended, Kubernetes, KubernetesError, PodContainer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use crate::support::{
    bed::{Bed, BedAlone, Server},
    cluster::{kubernetes, main_of},
    command::wait_until,
    namespace::Namespace,
};

/// What takes longer hangs.
const LONG: Duration = Duration::from_secs(40);

struct Ran {
    ended: Ended,
    out: Vec<u8>,
    err: Vec<u8>,
}

async fn soon<T>(what: &str, it: impl Future<Output = T>) -> T {
    timeout(LONG, it).await.unwrap_or_else(|_| panic!("it hangs: {what}"))
}

/// Runs it to its end, with this on an input that is never ended.
async fn run(kubernetes: &Kubernetes, at: &PodContainer, script: &str, input: &[u8]) -> Ran {
    let command = ["sh", "-c", script].map(str::to_owned);
    let mut process = kubernetes.exec(at, &command).await.unwrap_or_else(|error| panic!("{script}: {error}"));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let ended = soon(script, async {
        let (written, outs, errs, ended) = tokio::join!(
            process.stdin.write_all(input),
            process.stdout.read_to_end(&mut out),
            process.stderr.read_to_end(&mut err),
            process.link,
        );
        written.and(outs).and(errs).expect("streams");
        ended
    });
    let ended = ended.await;
    Ran { ended, out, err }
}

/// All cells of the table that need no fault.
async fn cells(bed: &Bed) {
    let namespace = bed.namespace();
    namespace.pod("lives", "sleep infinity");
    let kubernetes = kubernetes(bed);
    let at = main_of(&namespace.name, "lives");

    let ran = run(&kubernetes, &at, "echo out; echo err >&2; exit 3", b"").await;
    assert_eq!(
        (ran.ended, ran.out.as_slice(), ran.err.as_slice()),
        (Ended::Code(3), b"out\n".as_slice(), b"err\n".as_slice())
    );
    let ran = run(&kubernetes, &at, "true", b"").await;
    assert_eq!(ran.ended, Ended::Code(0));
    // The input stays open, and who reads it knows how long it is.
    let ran = run(&kubernetes, &at, "head -c 6; exit 4", b"sixofx and more").await;
    assert_eq!((ran.ended, ran.out.as_slice()), (Ended::Code(4), b"sixofx".as_slice()));
    let ran = run(&kubernetes, &at, "head -c 5000000 | wc -c", &vec![b'x'; 5_000_000]).await;
    assert_eq!((ran.ended, ran.out.as_slice()), (Ended::Code(0), b"5000000\n".as_slice()));
    let ran = run(&kubernetes, &at, "head -c 8000000 /dev/zero", b"").await;
    assert_eq!((ran.ended, ran.out.len()), (Ended::Code(0), 8_000_000));
    let ran = run(&kubernetes, &at, "head -c 2000000 /dev/zero >&2; head -c 2000000 /dev/zero", b"").await;
    assert_eq!((ran.ended, ran.out.len(), ran.err.len()), (Ended::Code(0), 2_000_000, 2_000_000));
    let ran = run(&kubernetes, &at, "kill -9 $$", b"").await;
    assert_eq!(ran.ended, Ended::Code(137));

    let process = kubernetes.exec(&at, &["/no/such/program".to_owned(), "se-cret".to_owned()]).await;
    let ended = soon("no such program", process.expect("a link").link).await;
    assert!(matches!(&ended, Ended::NotStarted(reason) if !reason.contains("se-cret")), "{ended:?}");

    let missing = kubernetes.exec(&main_of(&namespace.name, "none"), &["true".to_owned()]).await.err();
    assert!(
        matches!(&missing, Some(KubernetesError::NotFound { reason, .. }) if reason.contains("none")),
        "{missing:?}"
    );
    let other = PodContainer { container: Some("other".to_owned()), ..at };
    let wrong = kubernetes.exec(&other, &["true".to_owned()]).await.err().expect("a refusal").to_string();
    assert!(wrong.ends_with("has no container `other`; it has `main`"), "{wrong}");

    a_pod_is_deleted(&namespace, &kubernetes).await;
}

async fn a_pod_is_deleted(namespace: &Namespace<'_>, kubernetes: &Kubernetes) {
    namespace.pod("dies", "sleep infinity");
    let at = main_of(&namespace.name, "dies");
    let process = kubernetes.exec(&at, &["sleep".to_owned(), "100".to_owned()]).await.expect("a link");
    namespace.kubectl(&["delete", "pod", "dies", "--wait=false", "--grace-period=1"]);
    assert_eq!(soon("a pod that is deleted", process.link).await, Ended::Code(137));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_in_a_container_says_all_and_how_it_ended_by_v5() {
    cells(&Bed::get()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_in_a_container_says_all_and_how_it_ended_by_v4() {
    let bed = Bed::alone();
    bed.exec_by_v4_alone();
    cells(&bed).await;
}

/// Cuts the way to a command in its middle: that is unknown then, and the command goes on.
async fn cut(bed: &BedAlone, server: Server) {
    let namespace = bed.namespace();
    namespace.pod("lives", "sleep infinity");
    let kubernetes = kubernetes(bed);
    let at = main_of(&namespace.name, "lives");
    let command = ["sh", "-c", "echo begun; sleep 3; touch /tmp/ended"].map(str::to_owned);
    let mut process = kubernetes.exec(&at, &command).await.expect("a link");
    let mut begun = [0; 6];
    soon("its first words", process.stdout.read_exact(&mut begun)).await.expect("its first words");
    bed.kill(server);
    let ended = soon("a link that was cut", process.link).await;
    assert!(matches!(ended, Ended::Unknown(_)), "{ended:?}");
    bed.start(server);
    wait_until("the command has ended", || {
        namespace.try_kubectl(&["exec", "lives", "--", "test", "-e", "/tmp/ended"]).code == Some(0)
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_link_is_lost_is_unknown_and_goes_on_by_v5() {
    let bed = Bed::alone();
    cut(&bed, Server::Apiserver).await;
    cut(&bed, Server::V5Front).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_link_is_lost_is_unknown_and_goes_on_by_v4() {
    let bed = Bed::alone();
    bed.exec_by_v4_alone();
    cut(&bed, Server::Apiserver).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_let_go_lets_the_command_read_the_end_of_its_input() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.pod("lives", "sleep infinity");
    let at = main_of(&namespace.name, "lives");
    let command = ["sh", "-c", "echo begun; cat; touch /tmp/ended"].map(str::to_owned);
    let mut process = kubernetes(&bed).exec(&at, &command).await.expect("a link");
    let mut begun = [0; 6];
    soon("its first words", process.stdout.read_exact(&mut begun)).await.expect("its first words");
    drop(process);
    wait_until("the command has ended", || {
        namespace.try_kubectl(&["exec", "lives", "--", "test", "-e", "/tmp/ended"]).code == Some(0)
    });
}
