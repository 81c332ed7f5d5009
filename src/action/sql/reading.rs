//! `sql` as a check reads it.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::try_join_all;
use indexmap::IndexMap;
use serde_json::json;

use super::older;
use crate::{
    check::Read,
    connect::{
        clickhouse::{Row, Statement},
        target::Member,
    },
    diagnose::{Activity, Context, diagnose},
    engine::performer::TaskContext,
    failure::Failure,
};

/// SYNTAX_ERROR.
const NOT_KNOWN: i32 = 62;

/// A statement on members, all of them at the same time. `member` is put before the columns of each row.
#[derive(Debug, Clone)]
pub struct SqlReading {
    pub members: Vec<Arc<Member>>,
    /// One statement each, in the members' order: what is rendered may differ from member to member.
    pub statements: Vec<String>,
    pub settings: IndexMap<String, String>,
    /// As of the attempt it belongs to.
    pub mark: String,
}

#[async_trait]
impl Read for SqlReading {
    async fn read(&self, _: &TaskContext) -> Result<Vec<Row>, Failure> {
        let answers = self.members.iter().zip(&self.statements).map(async |(member, text)| {
            let statement = Statement {
                settings: self.settings.clone(),
                ..Statement::read(text.as_str()).marked(self.mark.as_str())
            };
            let answer = match member.client.query(&statement).await {
                Err(error) if error.has_code(NOT_KNOWN) => older::answer(member, &statement, error).await,
                answer => answer,
            };
            let rows = answer.map_err(|error| diagnose(&error, &Context::on(Activity::Check, member)))?;
            Ok(rows.0.into_iter().map(|row| with_member(member.name.as_str(), row)).collect::<Vec<Row>>())
        });
        Ok(try_join_all(answers).await?.into_iter().flatten().collect())
    }

    fn asked(&self) -> Vec<&str> {
        self.members.iter().map(|member| member.name.as_str()).collect()
    }
}

fn with_member(member: &str, row: Row) -> Row {
    let mut whole = Row::with_capacity(row.len() + 1);
    whole.insert("member".to_owned(), json!(member));
    whole.extend(row.into_iter().filter(|(column, _)| column != "member"));
    whole
}
