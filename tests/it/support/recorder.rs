//! What stands before a server and writes down every statement that is sent to it, and passes it on.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    task::JoinHandle,
};

/// A statement as it came, whole.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The server that it was sent to.
    pub member: String,
    pub text: String,
    /// What the URL says beside it, in order.
    pub parameters: Vec<(String, String)>,
}

/// What several recorders have heard, in the order in which it came.
#[derive(Debug, Clone, Default)]
pub struct Record(Arc<Mutex<Vec<Heard>>>);

impl Record {
    /// What was heard since this was last asked.
    pub fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.0.lock().expect("the record"))
    }
}

/// A port on loopback that is a server's for whoever does not look behind it, for as long as this lives.
pub struct Recorder {
    pub port: u16,
    work: JoinHandle<()>,
}

impl Recorder {
    /// Before the server `member`, which listens at `port`.
    pub async fn before(member: &str, port: u16, record: &Record) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let own = listener.local_addr().expect("its address").port();
        let (member, record) = (member.to_owned(), record.clone());
        let work = tokio::spawn(async move {
            while let Ok((visitor, _)) = listener.accept().await {
                tokio::spawn(pass(visitor, port, member.clone(), record.clone()));
            }
        });
        Self { port: own, work }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.work.abort();
    }
}

/// Answers go back as they are; what is asked is written down first.
async fn pass(visitor: TcpStream, port: u16, member: String, record: Record) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let (from_visitor, mut to_visitor) = visitor.into_split();
    let (mut from_server, to_server) = server.into_split();
    tokio::select! {
        _ = requests(from_visitor, to_server, &member, &record) => {}
        _ = tokio::io::copy(&mut from_server, &mut to_visitor) => {}
    }
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    member: &str,
    record: &Record,
) -> std::io::Result<()> {
    let mut pending = Vec::new();
    loop {
        let head = loop {
            match pending.windows(4).position(|it| it == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None if from.read_buf(&mut pending).await? == 0 => {
                    // The visitor may still wait for the last answer.
                    return std::future::pending().await;
                }
                None => {}
            }
        };
        let (target, length) = of_head(&String::from_utf8_lossy(&pending[..head]));
        while pending.len() < head + length {
            assert_ne!(from.read_buf(&mut pending).await?, 0, "a request that was cut off");
        }
        let request: Vec<u8> = pending.drain(..head + length).collect();
        let query = target.split_once('?').map_or("", |(_, query)| query);
        record.0.lock().expect("the record").push(Heard {
            member: member.to_owned(),
            text: String::from_utf8(request[head..].to_vec()).expect("a statement in UTF-8"),
            parameters: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        });
        to.write_all(&request).await?;
    }
}

/// What is asked for, and how many bytes of a body follow.
fn of_head(head: &str) -> (String, usize) {
    let mut lines = head.lines();
    let target = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a request").to_owned();
    let mut length = 0;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        assert!(!name.eq_ignore_ascii_case("transfer-encoding"), "a body whose length is not told: {head}");
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().expect("a length");
        }
    }
    (target, length)
}
