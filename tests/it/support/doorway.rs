//! What stands before a server and answers in its place: a proxy whose server may be gone, and may be another one.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What the doorway does with who comes.
#[derive(Debug, Clone)]
pub enum Manner {
    /// The connection is closed without a word.
    Closes,
    /// The words of a proxy that finds no server.
    Refuses,
    /// So many are turned away without a word; then all are let through to this port.
    Opens { after: u32, port: u16 },
    /// All are let through to this port, and in what is answered the first text stands as the second, which is as long.
    Says { port: u16, instead_of: String, this: String },
}

/// A port on loopback at which somebody else than the server answers, for as long as this lives.
pub struct Doorway {
    pub port: u16,
    came: Arc<AtomicU32>,
    manner: Arc<Mutex<Manner>>,
    work: JoinHandle<()>,
}

impl Doorway {
    pub async fn with(manner: Manner) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let came = Arc::new(AtomicU32::new(0));
        let manner = Arc::new(Mutex::new(manner));
        let (counter, at_work) = (Arc::clone(&came), Arc::clone(&manner));
        let work = tokio::spawn(async move {
            while let Ok((visitor, _)) = listener.accept().await {
                let before = counter.fetch_add(1, Ordering::Relaxed);
                let manner = at_work.lock().expect("its manner").clone();
                tokio::spawn(serve(visitor, before, manner));
            }
        });
        Self { port, came, manner, work }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it does with all who come from now on.
    pub fn becomes(&self, manner: Manner) {
        *self.manner.lock().expect("its manner") = manner;
    }

    /// How many connections were made.
    pub fn came(&self) -> u32 {
        self.came.load(Ordering::Relaxed)
    }
}

impl Drop for Doorway {
    fn drop(&mut self) {
        self.work.abort();
    }
}

async fn serve(mut visitor: TcpStream, before: u32, manner: Manner) {
    match manner {
        Manner::Opens { after, port } if before >= after => pass(visitor, port, |_| {}).await,
        Manner::Says { port, instead_of, this } => {
            pass(visitor, port, |answer| replace(answer, instead_of.as_bytes(), this.as_bytes())).await;
        }
        Manner::Closes | Manner::Opens { .. } => {
            let _ = visitor.read(&mut [0; 65536]).await;
        }
        Manner::Refuses => {
            let _ = visitor.read(&mut [0; 65536]).await;
            let answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 19\r\nConnection: close\r\n\r\nno healthy upstream";
            let _ = visitor.write_all(answer).await;
        }
    }
}

/// Both ways, until one side has enough.
async fn pass(visitor: TcpStream, port: u16, alter: impl Fn(&mut [u8])) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let (mut from_visitor, mut to_visitor) = visitor.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asks = async { tokio::io::copy(&mut from_visitor, &mut to_server).await.map(drop) };
    let answers = async {
        let mut buffer = vec![0; 65536];
        loop {
            let read = from_server.read(&mut buffer).await?;
            if read == 0 {
                return std::io::Result::Ok(());
            }
            alter(&mut buffer[..read]);
            to_visitor.write_all(&buffer[..read]).await?;
        }
    };
    tokio::select! {
        _ = asks => {}
        _ = answers => {}
    }
}

fn replace(text: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len(), "the answer's length has been told already");
    for at in 0..(text.len() + 1).saturating_sub(from.len()) {
        if text[at..].starts_with(from) {
            text[at..at + from.len()].copy_from_slice(to);
        }
    }
}
