//! `keeper`: what is left in Keeper.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionSpec, Around, Destruction, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, StoreUse,
    Written, spec::exactly_one,
};
use crate::{
    document::Problem,
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement, StatementKind},
        model::TargetKind,
        permission::Permission,
        text::{TemplateOrList, TemplateText},
        visit::{TargetRole, Visitor},
    },
    statements::drop_replica,
};

/// Something in Keeper: `remove` replicas' paths, or see whether one `exists`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeeperAction {
    /// The Keeper target.
    pub on: Name,
    /// The paths of replicated tables whose dead replicas are to be removed, as in an inventory's `zookeeper_paths`.
    #[serde(default)]
    pub remove: Option<TemplateOrList>,
    /// The ClickHouse target whose server removes them (SYSTEM DROP REPLICA … FROM ZKPATH).
    #[serde(default)]
    pub through: Option<Name>,
    /// A path; gives one row: `path`, `exists`, `children`.
    #[serde(default)]
    pub exists: Option<TemplateText>,
}

impl ActionSpec for KeeperAction {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Keeper, TargetRole::Subject);
        visitor.list("remove", self.remove.as_ref());
        visitor.optional_text("exists", self.exists.as_ref());
        if let Some(through) = &self.through {
            visitor.target("through", through, TargetKind::Clickhouse, TargetRole::Through);
        }
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        let keys = [("remove", self.remove.is_some()), ("exists", self.exists.is_some())];
        exactly_one("`keeper`", &keys, &at.place, problems);
        if self.remove.is_some() && at.around == Around::Check {
            problems.push(Problem::at_key(at.place.child("remove"), "a check only reads; it takes `exists`"));
        } else if self.remove.is_some() && self.through.is_none() {
            problems.push(Problem::at_key(
                at.place.child("remove"),
                "replicas are removed by a server; name its target with `through`",
            ));
        }
    }

    /// What is gone stays gone, and what is alive is refused.
    fn repeat(&self) -> Option<Repeat> {
        Some(if self.remove.is_some() { Repeat::Idempotent } else { Repeat::Read })
    }

    fn fan_out(&self) -> FanOut {
        FanOut::One
    }

    fn destroys(&self) -> Vec<Destruction<'_>> {
        let what = |_| Destruction { target: &self.on, what: "keeper remove".to_owned(), range: None };
        self.remove.iter().map(what).collect()
    }

    fn makes_tables(&self) -> MakesTables<'_> {
        MakesTables::On(Vec::new())
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
        Outputs::OfTask(&["rows"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Keeper(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let through = self.through.as_ref().map_or_else(|| context.on(&self.on), |it| context.on(it));
        let through = format!("{through} (the first of them that does it)");
        let remove = self.remove.iter().flat_map(|paths| context.paths(paths)).map(|path| {
            let statement = drop_replica("<each that is dead>", &path);
            ShownStatement::new(StatementKind::Sql, through.clone(), statement)
        });
        let exists = self
            .exists
            .iter()
            .map(|path| ShownStatement::words(context.on(&self.on), format!("exists {}", context.text(path))));
        remove.chain(exists).collect()
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}
