//! The named collections by which servers are let into a store for one run: made, filled anew, dropped.
//!
//! BACKUP takes a session token from nowhere else, and a collection hides the id of an access key, which servers show elsewhere.
//! Its name is of the run and the store ([`crate::statements::collection_name`]), so that what a crash has left is found again. When
//! it is made and dropped, and that this is on record, is the run's to see to.

use secrecy::{ExposeSecret, SecretString};

use crate::{
    catalogue,
    connect::{
        clickhouse::{QueryError, Statement, quote_string},
        credentials::Keys,
        target::{Member, RunCollection, Store},
    },
    diagnose::{Activity, Context, diagnose, is_no_answer},
    failure::Failure,
    redact::Redactor,
    statements::{collection_prefix, drop_collection, fill_collection, make_collection, url_of},
};

mod trial;

/// The collection of a store on one server.
#[derive(Clone, Copy)]
pub struct Collection<'a> {
    pub store: &'a Store,
    pub member: &'a Member,
    /// What it is called.
    pub name: &'a str,
    /// The run that it is for.
    run: &'a str,
}

impl<'a> Collection<'a> {
    /// `None` where the servers are let in otherwise.
    pub fn of(store: &'a Store, member: &'a Member) -> Option<Self> {
        let RunCollection { name, run } = store.collection.as_ref()?;
        Some(Self { store, member, name, run })
    }

    /// Makes it with the credentials of now, in the place of what an earlier process has left. Before the server is sent a secret it
    /// has shown that it knows collections that were made by a statement, and at the end that it lets itself in with this one:
    /// looked is below `path`, where a plan will use the store, as far as that is known. What fails leaves none.
    pub async fn make(&self, path: Option<&str>) -> Result<(), Failure> {
        self.knows_collections().await?;
        self.send(drop_collection(self.name).into()).await?;
        self.send(make_collection(self.name, &self.store.url).into()).await?;
        let made = async {
            self.fill().await?;
            self.lets_in(path).await
        };
        match made.await {
            Ok(()) => Ok(()),
            Err(failure) => {
                // Why it is refused says more than that it is still there, which the run's record tells.
                let _ = self.drop().await;
                Err(failure)
            }
        }
    }

    /// Fills it with the credentials of now, unless it holds them.
    async fn fill(&self) -> Result<(), Failure> {
        let Some(credentials) = &self.store.credentials else { return Ok(()) };
        let to = called(self.member);
        let Some((keys, generation)) = credentials.not_yet_given(&to) else { return Ok(()) };
        let Keys { access_key_id, secret_access_key, session_token, .. } = &keys;
        let text = fill_collection(self.name, access_key_id, secret_access_key, session_token.as_ref());
        self.send(text).await?;
        credentials.given(&to, generation);
        Ok(())
    }

    /// Drops it; one that is not there is dropped.
    pub async fn drop(&self) -> Result<(), Failure> {
        if let Some(credentials) = &self.store.credentials {
            credentials.taken_back(&called(self.member));
        }
        drop_by_name(self.member, self.name, self.run).await
    }

    async fn send(&self, text: SecretString) -> Result<(), Failure> {
        let sent = send(self.member, &text, self.run).await;
        sent.map_err(|error| self.failed(&error))
    }

    /// What a server says of such a statement does not repeat it; should it, the secrets are taken out.
    fn failed(&self, error: &QueryError) -> Failure {
        let keys = self.store.credentials.as_ref().map(|it| it.keys());
        let secrets = keys.into_iter().flat_map(|it| [Some(it.secret_access_key), it.session_token]).flatten();
        let redactor = Redactor::new(&secrets.collect::<Vec<_>>());
        let failure = diagnose(error, &Context::on(Activity::Store, self.member));
        let server = failure.server.map(|mut server| {
            server.message = redactor.redact(&server.message).into_owned();
            server
        });
        Failure { message: redactor.redact(&failure.message).into_owned(), server, ..failure }
    }

    fn url_of(&self, path: &str) -> String {
        url_of(&self.store.url, path)
    }
}

/// Credentials that have not ended, also where `through` is let in by a collection: read anew where their end is near.
///
/// Fails where they have ended and their source gives no newer ones, or where no collection was made for that server.
pub async fn keep_up(store: &Store, through: Option<&Member>) -> Result<(), Failure> {
    let Some(credentials) = &store.credentials else { return Ok(()) };
    let ended =
        |expired| catalogue::store::TOKEN_EXPIRED.with("store", &store.name).with("why", format!(": {expired}"));
    let context = through.map_or_else(|| Context::new(Activity::Store), |it| Context::on(Activity::Store, it));
    credentials.renewed().await.map_err(|expired| ended(expired).failure_in(&context))?;
    let Some(collection) = through.and_then(|member| Collection::of(store, member)) else { return Ok(()) };
    if !credentials.was_given(&called(collection.member)) {
        return Err(catalogue::store::COLLECTION_NOT_MADE.with("store", &store.name).failure_in(&context));
    }
    collection.fill().await
}

/// Drops the collection of this name; one that is not there is dropped.
pub async fn drop_by_name(member: &Member, name: &str, run: &str) -> Result<(), Failure> {
    let sent = send(member, &drop_collection(name).into(), run).await;
    sent.map_err(|error| diagnose(&error, &Context::on(Activity::Store, member)))
}

/// What collections of a run are on a server. Those that its user may not see are not among them.
pub async fn left_by(member: &Member, run: &str) -> Result<Vec<String>, Failure> {
    let prefix = quote_string(&collection_prefix(run));
    let text = format!("SELECT name FROM system.named_collections WHERE startsWith(name, {prefix}) ORDER BY name");
    match member.client.query(&Statement::read(text)).await {
        Ok(rows) => {
            let names = rows.0.iter().filter_map(|row| row.get("name")?.as_str().map(str::to_owned));
            Ok(names.collect())
        }
        Err(error) => match diagnose(&error, &Context::on(Activity::Store, member)) {
            failure if is_no_answer(&failure) => Err(failure),
            // A server without that table, or a user who may not read it: then none was made by that user either.
            _ => Ok(Vec::new()),
        },
    }
}

async fn send(member: &Member, text: &SecretString, run: &str) -> Result<(), QueryError> {
    let statement = Statement::write(text.expose_secret()).marked(format!("houseplan {run}/credentials"));
    member.client.query(&statement).await.map(drop)
}

/// To whom they are handed.
fn called(member: &Member) -> String {
    format!("{}/{}", member.target, member.name)
}
