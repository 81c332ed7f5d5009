//! What opens a store, as its source gave it: read anew where its end is near, and to whom it was handed on.
//!
//! An access key lasts. A session token ends, and some sources (a command, a file that another program keeps fresh) give a newer
//! one; an environment variable does not change while we run.

use std::{
    collections::HashMap,
    fmt,
    sync::{OnceLock, RwLock},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

/// How long before its end a token is asked for anew. A client of AWS's own does so five minutes before.
const NEAR: Duration = Duration::from_mins(10);
/// How long the source is left alone after it gave nothing newer.
const PAUSE: Duration = Duration::from_secs(30);

/// Credentials of a store, as a source gave them at one moment.
#[derive(Debug, Clone)]
pub struct Keys {
    pub access_key_id: SecretString,
    pub secret_access_key: SecretString,
    pub session_token: Option<SecretString>,
    /// When they end, where that is known.
    pub expires: Option<Timestamp>,
}

/// Where credentials come from.
#[async_trait]
pub trait KeySource: fmt::Debug + Send + Sync {
    /// Reads them anew; what is wrong with the source, without a part of a secret.
    async fn read(&self) -> Result<Keys, String>;

    /// Where that is, as a person reads it: `command aws`.
    fn shown(&self) -> String;
}

/// The credentials have ended, and there are no newer ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("they ended at {at:.0}, and {why}")]
pub struct Expired {
    pub at: Timestamp,
    /// Why there are none: what the source said, or that it gave the same again.
    pub why: String,
}

/// Hears of each newer set of credentials before anything is done with it.
type Listener = Box<dyn Fn(&Keys) + Send + Sync>;

/// What opens a store, while a run goes on.
pub struct Credentials {
    source: Option<Box<dyn KeySource>>,
    held: RwLock<Held>,
    /// When the source was last asked in vain.
    asked: tokio::sync::Mutex<Option<Instant>>,
    listener: OnceLock<Listener>,
}

struct Held {
    keys: Keys,
    /// How often they were read anew.
    generation: u64,
    /// Which of them was handed on, by whom it was handed on to.
    given: HashMap<String, u64>,
}

impl Credentials {
    /// `source` gives newer ones; `None` where they last.
    pub fn new(keys: Keys, source: Option<Box<dyn KeySource>>) -> Self {
        let held = Held { keys, generation: 0, given: HashMap::new() };
        Self { source, held: RwLock::new(held), asked: tokio::sync::Mutex::default(), listener: OnceLock::new() }
    }

    /// An access key that lasts.
    #[cfg(test)]
    pub fn lasting(access_key_id: SecretString, secret_access_key: SecretString) -> Self {
        Self::new(Keys { access_key_id, secret_access_key, session_token: None, expires: None }, None)
    }

    /// As they are now, whether they have ended or not.
    pub fn keys(&self) -> Keys {
        self.held().keys.clone()
    }

    /// Who hears of newer ones, before anything is done with them; one only.
    pub fn tell(&self, listener: impl Fn(&Keys) + Send + Sync + 'static) {
        let _ = self.listener.set(Box::new(listener));
    }

    /// Credentials that have not ended: those at hand, or newer ones where their end is near and the source gives some.
    pub async fn renewed(&self) -> Result<Keys, Expired> {
        let keys = self.keys();
        let Some(expires) = keys.expires.filter(|it| is_within(*it, NEAR)) else { return Ok(keys) };
        let mut asked = self.asked.lock().await;
        // Another one may have asked while we waited.
        let keys = self.keys();
        if keys.expires != Some(expires) {
            return Ok(keys);
        }
        let has_ended = is_within(expires, Duration::ZERO);
        if !has_ended && asked.is_some_and(|it| it.elapsed() < PAUSE) {
            return Ok(keys);
        }
        match self.newer(&keys).await {
            Ok(newer) => {
                *asked = None;
                Ok(self.hold(newer))
            }
            Err(why) if has_ended => Err(Expired { at: expires, why }),
            Err(_) => {
                *asked = Some(Instant::now());
                Ok(keys)
            }
        }
    }

    /// What the source gives, if that lasts longer; else why it does not.
    async fn newer(&self, keys: &Keys) -> Result<Keys, String> {
        let Some(source) = &self.source else { return Err("nothing gives newer ones".to_owned()) };
        let newer = source.read().await?;
        let differs = |of: fn(&Keys) -> Option<&SecretString>| {
            of(&newer).map(ExposeSecret::expose_secret) != of(keys).map(ExposeSecret::expose_secret)
        };
        let is_another = differs(|it| it.session_token.as_ref()) || differs(|it| Some(&it.access_key_id));
        match (is_another, newer.expires) {
            (false, _) => Err(format!("{} gives no newer ones", source.shown())),
            (true, Some(at)) if is_within(at, Duration::ZERO) => {
                Err(format!("those that {} gives now have ended as well, at {at:.0}", source.shown()))
            }
            // A time that is written down in the environment is that of the token before.
            (true, Some(at)) if Some(at) == keys.expires => Ok(Keys { expires: None, ..newer }),
            (true, _) => Ok(newer),
        }
    }

    fn hold(&self, keys: Keys) -> Keys {
        if let Some(listener) = self.listener.get() {
            listener(&keys);
        }
        let mut held = self.held.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        held.generation += 1;
        held.keys = keys.clone();
        keys
    }

    /// The credentials that `to` has not been handed yet; `None` where it has those of now.
    pub fn not_yet_given(&self, to: &str) -> Option<(Keys, Generation)> {
        let held = self.held();
        (held.given.get(to) != Some(&held.generation)).then(|| (held.keys.clone(), Generation(held.generation)))
    }

    /// `to` has been handed them.
    pub fn given(&self, to: &str, generation: Generation) {
        let mut held = self.held.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        held.given.insert(to.to_owned(), generation.0);
    }

    /// Whether `to` has been handed any.
    pub fn was_given(&self, to: &str) -> bool {
        self.held().given.contains_key(to)
    }

    /// `to` has none any more.
    pub fn taken_back(&self, to: &str) {
        let mut held = self.held.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        held.given.remove(to);
    }

    fn held(&self) -> std::sync::RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Which of the credentials, by how often they were read anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation(u64);

fn is_within(at: Timestamp, time: Duration) -> bool {
    Timestamp::now() + time >= at
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("source", &self.source).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    /// Gives these in turn, and the last one again and again.
    #[derive(Debug)]
    struct InTurn(Vec<Result<Keys, String>>, Arc<AtomicUsize>);

    #[async_trait]
    impl KeySource for InTurn {
        async fn read(&self) -> Result<Keys, String> {
            let at = self.1.fetch_add(1, Ordering::SeqCst);
            self.0[at.min(self.0.len() - 1)].clone()
        }

        fn shown(&self) -> String {
            "command it".to_owned()
        }
    }

    fn keys(token: &str, seconds: i64) -> Keys {
        Keys {
            access_key_id: "id".into(),
            secret_access_key: "secret".into(),
            session_token: Some(token.into()),
            expires: Some(Timestamp::now() + jiff::SignedDuration::from_secs(seconds)),
        }
    }

    fn token(keys: &Keys) -> &str {
        keys.session_token.as_ref().unwrap().expose_secret()
    }

    fn credentials(first: Keys, then: Vec<Result<Keys, String>>) -> (Credentials, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        (Credentials::new(first, Some(Box::new(InTurn(then, Arc::clone(&asked))))), asked)
    }

    #[tokio::test]
    async fn what_lasts_is_not_asked_for_again() {
        let (lasting, asked) = credentials(keys("one", 3_600), vec![Ok(keys("two", 3_600))]);
        assert_eq!(token(&lasting.renewed().await.unwrap()), "one");
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn what_ends_soon_is_replaced_and_told_before_it_is_used() {
        let (ending, _) = credentials(keys("one", 60), vec![Ok(keys("two", 3_600))]);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&heard);
        ending.tell(move |keys| listener.lock().unwrap().push(token(keys).to_owned()));
        let (_, first) = ending.not_yet_given("a").unwrap();
        ending.given("a", first);
        assert!(ending.not_yet_given("a").is_none());
        assert_eq!(token(&ending.renewed().await.unwrap()), "two");
        assert_eq!(*heard.lock().unwrap(), ["two"]);
        assert_eq!(
            token(&ending.not_yet_given("a").unwrap().0),
            "two",
            "the first has to be replaced where it was given"
        );
    }

    #[tokio::test]
    async fn a_source_that_gives_nothing_newer_is_left_alone_for_a_while() {
        let (ending, asked) = credentials(keys("one", 60), vec![Ok(keys("one", 60))]);
        for _ in 0..3 {
            assert_eq!(token(&ending.renewed().await.unwrap()), "one", "it has not ended yet");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_has_ended_is_refused_with_the_reason_that_there_is_nothing_newer() {
        let said = |result: Result<Keys, Expired>| result.unwrap_err().why;
        let (ended, _) = credentials(keys("one", -5), vec![Ok(keys("one", -5))]);
        assert_eq!(said(ended.renewed().await), "command it gives no newer ones");
        let (ended, _) = credentials(keys("one", -5), vec![Err("it ended with 1".to_owned())]);
        assert_eq!(said(ended.renewed().await), "it ended with 1");
        let (ended, _) = credentials(keys("one", -5), vec![Ok(keys("two", -1))]);
        assert!(said(ended.renewed().await).contains("have ended as well"));
    }
}
