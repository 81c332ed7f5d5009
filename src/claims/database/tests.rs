use std::sync::Mutex;

use jiff::Timestamp;

use super::*;
use crate::connect::{
    clickhouse::{
        Client, Exception,
        transport::{Answer, Request, Transport},
    },
    endpoint::Endpoint,
};

/// A server that holds one claim, knows no `MODIFY COMMENT`, and remembers what was said to it.
#[derive(Debug)]
struct OldServer {
    endpoint: Endpoint,
    claim: Mutex<Option<String>>,
    heard: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Transport for OldServer {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn send(&self, request: Request) -> Result<Answer, QueryError> {
        let text = request.text.split_once("*/ ").map_or(request.text.as_str(), |(_, text)| text);
        let mut claim = self.claim.lock().unwrap();
        self.heard.lock().unwrap().push(text.split(' ').take(2).collect::<Vec<_>>().join(" "));
        let refused = |code: i32| {
            let (name, message) = (String::new(), String::new());
            Err(QueryError::Exception(Exception { code, name, message, version: None }))
        };
        let body = match text {
            text if text.starts_with("ALTER") => return refused(62),
            text if text.starts_with("CREATE") && claim.is_some() => return refused(EXISTS),
            text if text.starts_with("CREATE") => {
                let comment = text.split_once("COMMENT '").expect("a comment").1;
                *claim = Some(comment.trim_end_matches('\'').to_owned());
                String::new()
            }
            text if text.starts_with("DROP") => {
                *claim = None;
                String::new()
            }
            text if text.starts_with("SELECT count()") => "[\"n\"]\n[\"UInt64\"]\n[0]\n".to_owned(),
            _ => {
                let row = claim.iter().map(|comment| format!("[{}]\n", serde_json::json!(comment)));
                format!("[\"comment\"]\n[\"String\"]\n{}", row.collect::<String>())
            }
        };
        Ok(Answer { body, rows: None })
    }
}

fn owner(run: &str, host: &str) -> Owner {
    Owner {
        run: run.to_owned(),
        who: "ada".to_owned(),
        host: host.to_owned(),
        since: Timestamp::UNIX_EPOCH,
        expired: false,
    }
}

/// The claim of `held` on such a server, and what is said to it.
fn claim_of(held: &Owner) -> (DatabaseClaim, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let endpoint = Endpoint::of_url("http://old:8123").unwrap();
    let server = OldServer { endpoint, claim: Mutex::new(Some(comment(held))), heard: Arc::clone(&heard) };
    let member = Member { target: "source".into(), name: "source".into(), shard: 1, client: Client::new(server) };
    (DatabaseClaim(Arc::new(member)), heard)
}

#[tokio::test]
async fn where_no_comment_can_be_changed_the_claim_is_made_anew() {
    let (claim, heard) = claim_of(&owner("r1", "here"));
    claim.rewrite(&owner("r1", "there")).await.unwrap();
    assert_eq!(claim.owner().await.unwrap(), Some(owner("r1", "there")));
    let wrote: Vec<String> = heard.lock().unwrap().iter().filter(|it| !it.starts_with("SELECT")).cloned().collect();
    assert_eq!(wrote, ["ALTER DATABASE", "DROP DATABASE", "CREATE DATABASE"]);
}

#[tokio::test]
async fn another_runs_claim_is_not_dropped_for_it() {
    let (claim, _) = claim_of(&owner("r2", "here"));
    let refused = claim.rewrite(&owner("r1", "there")).await.unwrap_err();
    assert!(refused.is(&catalogue::claim::HELD), "{refused:?}");
    assert_eq!(claim.owner().await.unwrap(), Some(owner("r2", "here")));
}
