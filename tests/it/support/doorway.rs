//! What stands before a server and answers in its place: a proxy whose server may be gone.

use std::sync::{
    Arc,
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
}

/// A port on loopback at which somebody else than the server answers, for as long as this lives.
pub struct Doorway {
    pub port: u16,
    came: Arc<AtomicU32>,
    work: JoinHandle<()>,
}

impl Doorway {
    pub async fn with(manner: Manner) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let came = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&came);
        let work = tokio::spawn(async move {
            while let Ok((visitor, _)) = listener.accept().await {
                let before = counter.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(visitor, before, manner.clone()));
            }
        });
        Self { port, came, work }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
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
        Manner::Opens { after, port } if before >= after => pass(visitor, port).await,
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
async fn pass(visitor: TcpStream, port: u16) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let (mut from_visitor, mut to_visitor) = visitor.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asks = async { tokio::io::copy(&mut from_visitor, &mut to_server).await.map(drop) };
    let answers = async { tokio::io::copy(&mut from_server, &mut to_visitor).await.map(drop) };
    tokio::select! {
        _ = asks => {}
        _ = answers => {}
    }
}
