//! How a server takes a collection, found out by trying: which versions do is a matter of patches, and what is not sent to a store
//! is said by none of them.

use super::Collection;
use crate::{
    catalogue,
    connect::clickhouse::{QueryError, Statement, quote_identifier, quote_string},
    diagnose::{Activity, Context, diagnose},
    failure::Failure,
    statements::try_collection,
};

/// What nobody has put into a store.
const NOTHING: &str = "houseplan-looks-whether-it-may-list";
/// What no collection is called.
const NO_COLLECTION: &str = "houseplan_no_such_collection";
const S3_ERROR: i32 = 499;
const UNKNOWN_SETTING: i32 = 115;
const SETTING_CONSTRAINT_VIOLATION: i32 = 452;

/// What a server says of a collection that is not there where it looks for it in its configuration alone *(run: 24.8, 25.8)*.
const IN_CONFIGURATION: &str = "in config";

impl Collection<'_> {
    /// Fails where BACKUP and RESTORE know only the collections in the server's configuration. Changes nothing, and asks nobody but
    /// the server.
    pub async fn knows_collections(&self) -> Result<(), Failure> {
        let Err(error) = self.try_restore(NO_COLLECTION, NOTHING).await else { return Ok(()) };
        match error {
            QueryError::Exception(said) if said.code == 36 && said.message.contains(IN_CONFIGURATION) => {
                Err(catalogue::store::COLLECTION_NOT_USABLE.failure_in(&self.context()))
            }
            QueryError::Exception(_) => Ok(()),
            error => Err(diagnose(&error, &self.context())),
        }
    }

    /// Fails where the server does not get into the store with it: as the table function does, and where there is a session token
    /// as BACKUP and RESTORE do, of which some do not send it.
    pub(super) async fn lets_in(&self, path: Option<&str>) -> Result<(), Failure> {
        let below = path.map_or_else(|| NOTHING.to_owned(), |path| format!("{}/{NOTHING}", path.trim_matches('/')));
        match self.look(&below).await {
            Ok(()) => {}
            // The key may have rights below a path that only the run knows.
            Err(failure) if path.is_none() && failure.is(&catalogue::store::ACCESS_DENIED) => return Ok(()),
            // A user may be forbidden what only looks (the table function), and not what is needed.
            Err(failure) if failure.is(&catalogue::access::DENIED) => return Ok(()),
            Err(failure) => return Err(failure),
        }
        let has_token = self.store.credentials.as_ref().is_some_and(|it| it.keys().session_token.is_some());
        if !has_token {
            return Ok(());
        }
        let Err(error) = self.try_restore(self.name, &below).await else { return Ok(()) };
        match &error {
            // That there is no backup (599) would be the good answer.
            QueryError::Exception(said) if said.code == S3_ERROR || said.message.contains("S3_ERROR") => {
                // The same collection has let the table function list. Where it may not read, RESTORE is denied for that, and the
                // plan's probe says which right is missing.
                if self.may_not_read(&below).await {
                    return Ok(());
                }
                let failure = catalogue::store::TOKEN_NOT_SENT.failure_in(&self.context());
                Err(Failure { server: self.failed(&error).server, ..failure })
            }
            _ => Ok(()),
        }
    }

    /// Whether the table function is denied an object that is not there.
    async fn may_not_read(&self, below: &str) -> bool {
        let (name, url) = (quote_identifier(self.name), quote_string(&format!("{}/.backup", self.url_of(below))));
        let text =
            format!("SELECT count() FROM s3({name}, url = {url}, format = 'RawBLOB') WHERE NOT ignore(raw_blob)");
        let answer = self.patiently(&Statement::read(text), &[("s3_retry_attempts", "3")]).await;
        answer.is_err_and(|error| self.failed(&error).is(&catalogue::store::ACCESS_DENIED))
    }

    async fn look(&self, below: &str) -> Result<(), Failure> {
        let (name, url) = (quote_identifier(self.name), quote_string(&format!("{}/**", self.url_of(below))));
        let text = format!("SELECT count() FROM s3({name}, url = {url}, format = 'One')");
        let statement = Statement::read(text);
        let answer = self.patiently(&statement, &[("s3_retry_attempts", "3")]).await;
        answer.map_err(|error| self.failed(&error))
    }

    /// A RESTORE of what is not there.
    async fn try_restore(&self, name: &str, path: &str) -> Result<(), QueryError> {
        let few = [("backup_restore_s3_retry_attempts", "3"), ("backup_restore_s3_retry_max_backoff_ms", "200")];
        let once = uuid::Uuid::new_v4().simple().to_string();
        self.patiently(&Statement::write(try_collection(name, path, &once)), &few).await
    }

    /// With settings by which it gives up soon, where the server knows them and lets them be set.
    async fn patiently(&self, statement: &Statement, settings: &[(&str, &str)]) -> Result<(), QueryError> {
        let short = settings.iter().fold(statement.clone(), |it, (name, value)| it.with_setting(*name, value));
        let client = &self.member.client;
        match client.query(&short).await {
            Err(QueryError::Exception(said))
                if [UNKNOWN_SETTING, SETTING_CONSTRAINT_VIOLATION].contains(&said.code) =>
            {
                client.query(statement).await.map(drop)
            }
            answer => answer.map(drop),
        }
    }

    fn context(&self) -> Context {
        Context::on(Activity::Store, self.member)
    }
}
