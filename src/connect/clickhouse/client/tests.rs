use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

use super::*;

/// What a server answers that knows none of the newer settings.
const KNOWS_NO_MORE: &str = "[\"name\"]\n[\"String\"]\n";

/// Something that gives one answer to one statement, once it was asked for its settings; it gives the statement's request, headers and
/// all.
async fn answering(answer: String) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"SELECT 1") && !request.ends_with(b"')") {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0, "the request is cut off");
            }
            if request.ends_with(b"SELECT 1") {
                stream.write_all(answer.as_bytes()).await.unwrap();
                return String::from_utf8(request).unwrap();
            }
            stream.write_all(whole("200 OK", KNOWS_NO_MORE).as_bytes()).await.unwrap();
        }
    });
    (url, heard)
}

fn whole(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn client(url: &str) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let connection = HttpConnection {
        url: url.to_owned(),
        user: "default".to_owned(),
        password: Some("secret".into()),
        ca: None,
        connect_timeout: Duration::from_secs(5),
    };
    Client::http(connection).unwrap()
}

#[tokio::test]
async fn a_redirect_takes_the_password_nowhere() {
    let (elsewhere, heard) = answering(whole("200 OK", "")).await;
    let (url, _) = answering(whole(&format!("307 Temporary Redirect\r\nLocation: {elsewhere}/"), "")).await;
    let error = client(&url).query(&Statement::read("SELECT 1")).await.unwrap_err();
    assert!(error.to_string().contains(&format!("it redirects to {elsewhere}/")), "{error}");
    assert!(!heard.is_finished(), "nothing was sent there");
    heard.abort();
}

#[tokio::test]
async fn a_read_that_is_answered_with_nothing_has_no_answer() {
    let (url, _) = answering(whole("200 OK", "")).await;
    let error = client(&url).query(&Statement::read("SELECT 1")).await.unwrap_err();
    assert!(matches!(error, QueryError::Malformed { .. }), "{error:?}");
    let (url, _) = answering(whole("200 OK", "")).await;
    assert_eq!(client(&url).query(&Statement::write("SELECT 1")).await.unwrap(), Rows::default());
}

#[tokio::test]
async fn a_server_that_works_long_says_so_and_an_exception_behind_its_progress_is_one() {
    let progress = "X-ClickHouse-Progress: {\"read_rows\":\"1\"}\r\n".repeat(200);
    let head = format!("200 OK\r\n{progress}X-ClickHouse-Exception-Code: 60");
    let (url, heard) = answering(whole(&head, "Code: 60. DB::Exception: no such table. (UNKNOWN_TABLE)")).await;
    let error = client(&url).query(&Statement::read("SELECT 1")).await.unwrap_err();
    assert!(error.has_code(60), "{error:?}");
    let request = heard.await.unwrap();
    assert!(request.contains("send_progress_in_http_headers=1&http_headers_progress_interval_ms=10000&"), "{request}");
}
