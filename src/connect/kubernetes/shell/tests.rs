//! The shell of this machine in the place of a container's.

use std::process::Stdio;

use tokio::process::{Child, Command};

use super::*;

/// Runs the script by this shell. The child is given for those who want to end it.
fn open(program: &str, setup: &str, body: &str) -> (Shell, u32) {
    let mut child: Child = Command::new(program)
        .args(["-c", &script(setup, body), "sh", "one argument"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let (stdin, stdout, stderr) =
        (child.stdin.take().unwrap(), child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let process = child.id().unwrap();
    let link = async move { Ended::Code(child.wait().await.unwrap().code().unwrap_or(137)) };
    (Shell::new(Box::new(stdin), stdout, stderr, link), process)
}

const COUNTED: &str = "read -r size; head -c \"$size\" <&4";

fn counted(text: &str) -> Vec<u8> {
    format!("{}\n{text}", text.len()).into_bytes()
}

#[tokio::test]
async fn requests_follow_one_another_and_nothing_ends_the_input() {
    for program in ["sh", "bash"] {
        let (mut shell, _) =
            open(program, "IFS= read -r first", &format!("{COUNTED}; echo \"$first $1\" >&2; (exit 7)"));
        shell.give(b"given\n").await.unwrap();
        let long = "x\n".repeat(200_000);
        for text in ["a\0b", "", "\0", long.as_str(), "no end of line"] {
            let said = shell.ask(&counted(text)).await.unwrap();
            assert_eq!(said.out, text.as_bytes(), "{program}");
            assert_eq!((said.err.as_slice(), said.code), (b"given one argument\n".as_slice(), 7), "{program}");
        }
    }
}

#[tokio::test]
async fn what_looks_like_an_end_is_none() {
    let (mut shell, _) =
        open("sh", "", "printf '\\0%s 0\\0' other; printf x >&2; printf '\\0+\\0' >&2; printf '\\0y' >&2");
    let said = shell.ask(b"").await.unwrap();
    assert_eq!(said.out, b"\0other 0\0");
    assert_eq!(said.err, b"x\0y");
}

#[tokio::test]
async fn what_ends_between_two_requests_has_sent_nothing_and_what_ends_in_one_may_have() {
    let (mut shell, _) = open("sh", "", "exit 3");
    assert_eq!(
        shell.ask(b"").await,
        Err(ShellError::Lost("the shell in the container has ended with code 3".to_owned()))
    );

    let (mut shell, process) = open("sh", "", COUNTED);
    shell.ask(&counted("a")).await.unwrap();
    Command::new("kill").args(["-9", &process.to_string()]).status().await.unwrap();
    let Err(ShellError::NotSent(reason)) = shell.ask(&counted("b")).await else { panic!("it was sent") };
    assert!(reason.contains("137") || reason.contains("pipe"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_stalls_is_lost_and_one_that_beats_is_not() {
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let (out, mut far_out) = tokio::io::duplex(1 << 16);
    let (err, mut far_err) = tokio::io::duplex(1 << 16);
    let mut shell = Shell::new(Box::new(near), out, err, std::future::pending());
    let container = tokio::spawn(async move {
        let mut mark = vec![0; 33];
        far.read_exact(&mut mark).await.unwrap();
        far_out.write_all(&[b"\0", &mark[..32], b"\0"].concat()).await.unwrap();
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_secs(BEAT)).await;
            far_err.write_all(BEAT_FRAME).await.unwrap();
        }
        (far, far_out, far_err)
    });
    let begun = Instant::now();
    let lost = shell.ask(b"").await;
    assert_eq!(lost, Err(ShellError::Lost("the link has stalled: nothing was heard for 45 s".to_owned())));
    assert_eq!(begun.elapsed().as_secs(), 20 * BEAT + 45);
    drop(container.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_shell_that_does_not_take_the_mark_has_done_nothing() {
    let (near, _far) = tokio::io::duplex(1 << 16);
    let (out, _far_out) = tokio::io::duplex(16);
    let (err, _far_err) = tokio::io::duplex(16);
    let mut shell = Shell::new(Box::new(near), out, err, std::future::pending());
    assert!(matches!(shell.ask(b"").await, Err(ShellError::NotSent(_))));
}
