//! The S3 store: a server over a folder, inside our own binary, that checks signatures. It runs as a process of its own
//! (`houseplan sandbox s3-server`), so that it can be stopped and killed like the others.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use async_trait::async_trait;
use camino::{Utf8Path, Utf8PathBuf};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey, SimpleAuth};
use s3s::host::{S3Host, VirtualHost};
use s3s::path::S3Path;
use s3s::service::S3ServiceBuilder;
use s3s::{S3Result, s3_error};
use s3s_fs::FileSystem;
use secrecy::ExposeSecret as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};

use super::error::SandboxError;
use super::layout::{BUCKET, Layout, SandboxState, read_secret};
use super::processes::Launch;
use super::server_name::ServerName;
use super::session_key::{Refusal, SessionKey};

/// The command of the store. The credentials are not in it: the server reads them from their files.
pub(super) fn launch(layout: &Layout, state: &SandboxState) -> Result<Launch, SandboxError> {
    create_bucket(layout)?;
    let dir = layout.dir().to_owned();
    Ok(Launch {
        program: state.program.clone(),
        arguments: vec!["sandbox".to_owned(), "s3-server".to_owned(), "--dir".to_owned(), dir.into_string()],
        working_dir: layout.server_dir(ServerName::S3),
        log: layout.log_file(ServerName::S3),
        http_proxy: None,
    })
}

/// Makes the one bucket there is.
pub(super) fn create_bucket(layout: &Layout) -> Result<(), SandboxError> {
    let bucket = layout.data_dir(ServerName::S3).join(BUCKET);
    fs::create_dir_all(&bucket).map_err(SandboxError::io("create", bucket))
}

/// Whether something listens there.
pub(super) async fn is_ready(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

/// How long a key may be, in bytes. s3s-fs writes it in Base64 into the name of a file (beside an upload's id, for parts), which
/// is of 255 bytes at most; a real S3 takes 1,024. Without this the server would answer 500, which clients try again for hours.
const LONGEST_KEY: usize = 161;
const LONGEST_UPLOADED_KEY: usize = 128;

/// Knows the sandbox's own key, and those that were issued for a time.
struct OwnAndSessionKeys {
    own: SimpleAuth,
    layout: Layout,
}

#[async_trait]
impl S3Auth for OwnAndSessionKeys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match SessionKey::find(&self.layout, access_key) {
            Some(key) => Ok(key.secret_access_key.into()),
            None => self.own.get_secret_key(access_key).await,
        }
    }
}

/// Lets in who has signed, to a bucket that is there: s3s-fs would make a bucket of every name that something is written to.
struct BucketsThatAreThere {
    data: Utf8PathBuf,
    layout: Layout,
}

/// Where a request says its session token.
const TOKEN_HEADER: &str = "x-amz-security-token";

/// Refuses a request that is signed with a temporary key and does not bear its token, or bears it too late, and writes down which
/// it was. The answers are those of AWS: without its token it does not know the key.
fn check_token(layout: &Layout, request: &S3AccessContext<'_>) -> S3Result<()> {
    let Some(key) = request.credentials().and_then(|it| SessionKey::find(layout, &it.access_key)) else {
        return Ok(());
    };
    let token = request.headers().get(TOKEN_HEADER).and_then(|it| it.to_str().ok());
    let what = if token.is_some() { "with a session token" } else { "without a session token" };
    let line = format!("{} {} by {} {what}\n", request.s3_op().name(), request.uri().path(), key.access_key_id);
    let log = OpenOptions::new().create(true).append(true).open(layout.session_requests_file());
    // Without a place to write to, there is nobody who reads it.
    let _ = log.and_then(|mut log| log.write_all(line.as_bytes()));
    match key.refusal(token) {
        None if !key.allows(request.s3_op().name()) => Err(s3_error!(AccessDenied, "Access Denied")),
        None => Ok(()),
        Some(Refusal::UnknownKey) => {
            Err(s3_error!(InvalidAccessKeyId, "The AWS access key Id you provided does not exist in our records."))
        }
        Some(Refusal::InvalidToken) => {
            Err(s3_error!(InvalidToken, "The provided token is malformed or otherwise invalid"))
        }
        Some(Refusal::ExpiredToken) => Err(s3_error!(ExpiredToken, "The provided token has expired")),
    }
}

#[async_trait]
impl S3Access for BucketsThatAreThere {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        if request.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Signature is required"));
        }
        check_token(&self.layout, request)?;
        let longest = if request.s3_op().name().contains("Upload") { LONGEST_UPLOADED_KEY } else { LONGEST_KEY };
        if let S3Path::Object { key, .. } = request.s3_path()
            && key.len() > longest
        {
            return Err(s3_error!(KeyTooLongError, "The sandbox's store takes no keys of over {} bytes", longest));
        }
        let (S3Path::Bucket { bucket } | S3Path::Object { bucket, .. }) = request.s3_path() else {
            return Ok(());
        };
        if request.s3_op().name() == "CreateBucket" || self.data.join(&**bucket).is_dir() {
            return Ok(());
        }
        Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"))
    }
}

/// Finds the bucket in a host such as `BUCKET.s3.us-east-1.amazonaws.com`. No name leads here by itself: who takes this server as
/// its HTTP proxy, as the sandbox's ClickHouse servers do, reaches it under any.
struct BucketInHost;

impl S3Host for BucketInHost {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        Ok(match host.rsplit_once(".s3.") {
            Some((bucket, _)) => VirtualHost::new(&host[bucket.len() + 1..]).with_bucket(bucket),
            None => VirtualHost::new(host),
        })
    }
}

/// Serves the store of the sandbox in `dir` until SIGTERM.
///
/// # Errors
/// When there is no sandbox in `dir`, its credentials cannot be read or its port is taken.
pub async fn serve(dir: &Utf8Path) -> Result<(), SandboxError> {
    let layout = Layout::new(dir.to_owned());
    let state = layout.read_state()?;
    let access_key_id = read_secret(&layout.access_key_id_file())?;
    let secret_access_key = read_secret(&layout.secret_access_key_file())?;
    let data = layout.data_dir(ServerName::S3);
    let files = FileSystem::new(&data).map_err(|error| SandboxError::Io {
        doing: "serve",
        path: data.clone(),
        source: std::io::Error::other(format!("{error:?}")),
    })?;
    let mut service = S3ServiceBuilder::new(files);
    let own = SimpleAuth::from_single(access_key_id.expose_secret(), secret_access_key.expose_secret());
    service.set_auth(OwnAndSessionKeys { own, layout: layout.clone() });
    service.set_access(BucketsThatAreThere { data, layout: layout.clone() });
    service.set_host(BucketInHost);
    let service = service.build();

    let listening = || SandboxError::io("listen for", layout.dir());
    let listener = TcpListener::bind(("127.0.0.1", state.base_port.s3())).await.map_err(listening())?;
    let mut terminated = signal(SignalKind::terminate()).map_err(listening())?;
    let http = Builder::new(TokioExecutor::new());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = terminated.recv() => return Ok(()),
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely: let others end first.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let connection = http.serve_connection(TokioIo::new(stream), service.clone()).into_owned();
        tokio::spawn(async move {
            // A client that breaks off has its own error; there is nobody here to tell.
            let _ = connection.await;
        });
    }
}
