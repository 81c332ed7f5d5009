//! `sql`: statements for every member of a target.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionSpec, Around, Destruction, Effect, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf,
    StoreUse, Written,
};
use crate::{
    document::{Place, Problem},
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement, StatementKind},
        destruction::destroys,
        permission::Permission,
        text::{OneOrMany, Scalar, TemplateText},
        visit::Visitor,
    },
    sql::{self, Statement},
    statements::{NOT_ASKED, instead_of_check_grant},
    template::{Dialect, with_placeholders_as_words, without_placeholders},
};

/// Statements for every member of a target.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sql {
    /// The ClickHouse target, or a list of them: every member of each, one task a member.
    pub on: OneOrMany<Name>,
    /// One statement or several, with `;` between them. A `{{ value }}` is a literal; `| ident` makes an identifier.
    pub query: TemplateText,
    /// What repeating the statements would do. `read` where they only read; else `once`, and then there is one statement.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// ClickHouse settings for these statements.
    #[serde(default)]
    pub settings: IndexMap<String, Scalar>,
    /// Only in `finally`: what to do about a member that cannot be reached.
    #[serde(default)]
    pub absent: Option<Absent>,
}

impl Sql {
    /// What repeating the statements would do: what the plan says; else what their words tell.
    pub fn effect(&self) -> Effect {
        let reads = || sql::split(&without_placeholders(&self.query.0)).iter().all(sql::is_read);
        self.effect.unwrap_or_else(|| if reads() { Effect::Read } else { Effect::Once })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Absent {
    /// A member that is unreachable is skipped, and the run notes that.
    Skip,
}

impl ActionSpec for Sql {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.servers("on", &self.on, self.absent == Some(Absent::Skip));
        visitor.sql("query", &self.query);
        visitor.settings(&self.settings);
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        let place = &at.place;
        if self.absent.is_some() && at.around != Around::Finally {
            problems.push(Problem::at_key(
                place.child("absent"),
                "a member may be skipped only in `finally`; remove it here",
            ));
        }
        settings(self, place, problems);
        let written = sql::split(&self.query.0);
        if written.is_empty() {
            problems.push(Problem::at(place.child("query"), "the statement is empty"));
        }
        if at.around == Around::Check {
            if self.effect.is_some_and(|effect| effect != Effect::Read) {
                problems.push(Problem::at(place.child("effect"), "a check only reads; leave `effect` out"));
            }
            if let Some(second) = written.get(1) {
                problems.push(Problem::at(
                    place.child("query").part(second.range.clone()),
                    "a second statement, and a check reads one; make another check of it",
                ));
            }
            must_read(self, "a check only reads", place, problems);
        } else {
            statements(self, place, problems);
        }
    }

    fn repeat(&self) -> Option<Repeat> {
        Some(self.effect().into())
    }

    fn fan_out(&self) -> FanOut {
        FanOut::EachMember
    }

    fn destroys(&self) -> Vec<Destruction<'_>> {
        let query = without_placeholders(&self.query.0);
        let mut found = Vec::new();
        for statement in sql::split(&query) {
            if let Some(what) = destroys(&statement) {
                let range = Some(statement.range.clone());
                found.extend(self.on.0.iter().map(|target| Destruction {
                    target,
                    what: what.clone(),
                    range: range.clone(),
                }));
            }
        }
        found
    }

    fn makes_tables(&self) -> MakesTables<'_> {
        let query = without_placeholders(&self.query.0);
        let makes = sql::split(&query).iter().any(makes_tables);
        MakesTables::On(if makes { self.on.0.iter().collect() } else { Vec::new() })
    }

    fn fills(&self) -> Option<Fill<'_>> {
        None
    }

    fn databases(&self) -> Vec<(&Name, &TemplateText)> {
        Vec::new()
    }

    fn uses_stores(&self, _: &RenderContext<'_>) -> Vec<StoreUse> {
        Vec::new()
    }

    fn proves(&self) -> Proof<'_> {
        Proof::Nothing
    }

    fn expects(&self) -> Option<&'static str> {
        None
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfStep(&["rows", "skipped_members"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Sql(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let query = context.symbolic(&self.query.0, Dialect::Sql);
        let mut settings = context.settings(&self.settings);
        if self.effect() == Effect::Read {
            settings.insert("readonly".to_owned(), "2".to_owned());
        }
        let on = self.on.0.iter().map(|it| context.on(it)).collect::<Vec<_>>().join("; ");
        let absent = self.absent.map_or("", |Absent::Skip| " (skipped where it cannot be reached)");
        let on = format!("{on}{absent}");
        // A placeholder that is not bound yet may hold a semicolon in a string of its own, and may be how a statement ends.
        let masked = with_placeholders_as_words(&query);
        let shown = sql::split(&masked).into_iter().flat_map(|it| {
            let text = &query[it.range];
            let instead = instead_of_check_grant(text).filter(|_| self.effect() == Effect::Read).map(|instead| {
                let words = format!("where the server does not know CHECK GRANT: {instead}; {NOT_ASKED}");
                ShownStatement::words(on.clone(), words)
            });
            let settings = settings.clone();
            let statement = ShownStatement { settings, ..ShownStatement::new(StatementKind::Sql, on.clone(), text) };
            std::iter::once(statement).chain(instead)
        });
        shown.collect()
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}

/// Whether a statement makes tables that data can be restored into.
fn makes_tables(statement: &Statement<'_>) -> bool {
    matches!(statement.keyword(), "CREATE" | "ATTACH" | "UNDROP" | "RENAME" | "EXCHANGE")
        && ["TABLE", "TABLES", "VIEW", "DICTIONARY"].iter().any(|it| statement.has(it))
}

fn must_read(action: &Sql, because: &str, place: &Place, problems: &mut Vec<Problem>) {
    for statement in sql::split(&action.query.0) {
        if !sql::is_read(&statement) {
            let keyword = statement.range.start..statement.range.start + statement.keyword().len();
            problems.push(Problem::at(
                place.child("query").part(keyword),
                format!("{because}, and `{}` may write", statement.keyword()),
            ));
        }
    }
}

/// What houseplan itself says in the URL beside the settings, or must not be said there at all.
const OWN_PARAMETERS: [&str; 10] = [
    "log_comment",
    "query",
    "query_id",
    "user",
    "password",
    "database",
    "session_id",
    "readonly",
    "wait_end_of_query",
    "default_format",
];

fn settings(action: &Sql, place: &Place, problems: &mut Vec<Problem>) {
    for name in action.settings.keys().filter(|name| OWN_PARAMETERS.contains(&name.as_str())) {
        problems.push(Problem::at_key(
            place.child("settings").child(name),
            format!("`{name}` is said by houseplan itself with each statement; leave it out"),
        ));
    }
}

fn statements(action: &Sql, place: &Place, problems: &mut Vec<Problem>) {
    let statements = sql::split(&action.query.0);
    for statement in &statements {
        if let Some(instead) = sql::needs_session(statement) {
            problems.push(Problem::at(
                place.child("query").part(statement.range.clone()),
                format!("this acts on a session, and each statement is sent without one; {instead}"),
            ));
        }
    }
    match action.effect {
        Some(Effect::Read) => must_read(action, "`effect: read` changes nothing", place, problems),
        Some(Effect::Idempotent) => {}
        effect => {
            let all_read = statements.iter().all(sql::is_read);
            if let Some(second) = statements.get(1)
                && (effect == Some(Effect::Once) || !all_read)
            {
                problems.push(Problem::at(
                    place.child("query").part(second.range.clone()),
                    "a second statement, and what happens `once` is one statement; make a step of it, or say `effect: idempotent` if a repeat ends in the same state",
                ));
            }
        }
    }
}
