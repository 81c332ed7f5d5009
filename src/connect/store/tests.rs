//! What is made of a store's answers, by a server that gives one answer to everything: what the sandbox's store cannot be made to say.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::connect::credentials::Credentials;

/// A client of the bucket `b`, folder `f`, of a server that always answers this.
async fn answered(status: &str, body: &str) -> StoreClient {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 8192];
            if stream.read(&mut request).await.is_ok() {
                _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    client(port)
}

fn client(port: u16) -> StoreClient {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let credentials = Some(Arc::new(Credentials::lasting("id".into(), "secret".into())));
    let url = format!("http://127.0.0.1:{port}/b/f");
    StoreClient::new(&Store { name: "store".into(), url, region: "r".to_owned(), credentials, collection: None })
        .unwrap()
}

fn listing(key: &str) -> String {
    format!(
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>{key}</Key>\
         <LastModified>2026-11-26T12:00:00.000Z</LastModified><ETag>e</ETag><Size>1</Size></Contents></ListBucketResult>"
    )
}

#[tokio::test]
async fn an_object_that_is_listed_is_given_or_named_never_left_out() {
    let listed = answered("200 OK", &listing("f/a/one")).await.list("a").await.unwrap();
    assert_eq!(listed, [Object { key: "a/one".to_owned(), size: 1 }]);
    for key in ["f/a//one", "elsewhere/a/one", "folder/a/one"] {
        let store = answered("200 OK", &listing(key)).await;
        let error = store.list("a").await.unwrap_err();
        assert!(matches!(error, StoreError::Listing { .. }) && error.to_string().contains(key), "{error}");
    }
    let store = answered("200 OK", &listing("f/a//one")).await;
    assert!(matches!(store.delete_below("a").await, Err(StoreError::Listing { .. })));
}

#[tokio::test]
async fn the_key_by_which_a_folder_is_shown_is_nothing_in_it() {
    let store = answered("200 OK", &listing("f/a/")).await;
    assert_eq!(store.list("a").await.unwrap(), []);
    assert_eq!(store.delete_below("a").await.unwrap(), 0);
}

#[tokio::test]
async fn what_a_store_refuses_is_told_from_a_bucket_that_is_not_there_and_from_a_store_that_does_not_answer() {
    let said = |code: &str| format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    let get = async |status: &str, code: &str| answered(status, &said(code)).await.get("a").await.unwrap_err();
    assert!(matches!(get("404 Not Found", "NoSuchKey").await, StoreError::NotFound { .. }));
    assert!(matches!(get("404 Not Found", "NoSuchBucket").await, StoreError::NoSuchBucket { .. }));
    assert!(matches!(get("403 Forbidden", "AccessDenied").await, StoreError::Denied { .. }));
    let refused = get("400 Bad Request", "AuthorizationHeaderMalformed").await;
    assert!(matches!(refused, StoreError::Refused { .. }), "{refused:?}");
    assert!(refused.to_string().contains("AuthorizationHeaderMalformed"), "{refused}");
    assert!(matches!(client(1).get("a").await, Err(StoreError::Unreachable { .. })));
}
