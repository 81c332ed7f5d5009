//! `s3`: what is in a store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionSpec, Around, Destruction, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, StoreRight,
    StoreUse, UsedRight, Written, spec::exactly_one,
};
use crate::{
    document::Problem,
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement},
        model::TargetKind,
        permission::Permission,
        text::{OneOrMany, TemplateText},
        visit::{TargetRole, Visitor},
    },
    statements::{self, AsReviewed},
};

/// Something in a store: `probe`, `exists`, `list` or `remove`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3Action {
    /// The store.
    pub on: Name,
    /// Put, get, list and delete a small object below this path.
    #[serde(default)]
    pub probe: Option<TemplateText>,
    /// Whether there is an object with this key; gives one row: `path`, `exists`, `size`.
    #[serde(default)]
    pub exists: Option<TemplateText>,
    /// What lies below this prefix; gives one row an object: `path`, `size`.
    #[serde(default)]
    pub list: Option<TemplateText>,
    /// Removes everything below this prefix, which is never empty.
    #[serde(default)]
    pub remove: Option<TemplateText>,
    /// The ClickHouse targets whose servers do it: their reach and rights count, not those of this machine.
    #[serde(default)]
    pub through: Option<OneOrMany<Name>>,
}

impl S3Action {
    /// What it may do, each with its key; exactly one of them is there.
    fn keys(&self) -> [(&'static str, Option<&TemplateText>); 4] {
        [
            ("probe", self.probe.as_ref()),
            ("exists", self.exists.as_ref()),
            ("list", self.list.as_ref()),
            ("remove", self.remove.as_ref()),
        ]
    }
}

impl ActionSpec for S3Action {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::S3, TargetRole::Subject);
        for (key, template) in self.keys() {
            visitor.optional_store_path(key, template);
        }
        if let Some(through) = &self.through {
            visitor.targets("through", through, TargetKind::Clickhouse, TargetRole::Through);
        }
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        exactly_one("`s3`", &self.keys().map(|(key, it)| (key, it.is_some())), &at.place, problems);
        for (key, is_there) in [("probe", self.probe.is_some()), ("remove", self.remove.is_some())] {
            if is_there && at.around == Around::Check {
                let message = "a check only reads; it takes `exists` or `list`";
                problems.push(Problem::at_key(at.place.child(key), message));
            }
        }
    }

    /// A probe leaves nothing behind, and counts as reading.
    fn repeat(&self) -> Option<Repeat> {
        Some(if self.remove.is_some() { Repeat::Idempotent } else { Repeat::Read })
    }

    fn fan_out(&self) -> FanOut {
        FanOut::One
    }

    fn destroys(&self) -> Vec<Destruction<'_>> {
        let what = |_| Destruction { target: &self.on, what: "s3 remove".to_owned(), range: None };
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

    fn uses_stores(&self, context: &RenderContext<'_>) -> Vec<StoreUse> {
        let rights: Vec<UsedRight> = [
            (self.probe.is_some(), OF_PROBE.as_slice()),
            (self.exists.is_some(), &OF_LOOKING),
            (self.list.is_some(), &OF_LISTING),
            (self.remove.is_some(), &OF_REMOVING),
        ]
        .into_iter()
        .filter(|(is_asked, _)| *is_asked)
        .flat_map(|(_, rights)| rights.to_vec())
        .collect();
        vec![StoreUse::of(context, &self.on, rights)]
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
        StepOf::whole(Action::S3(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let servers: Vec<&Name> = self.through.iter().flat_map(|it| &it.0).collect();
        let store = context.on(&self.on);
        let first =
            servers.first().map_or_else(|| store.clone(), |it| format!("{store} through {}", context.on_first(it)));
        let words = |on: &str, words: &str, path: &Option<TemplateText>| {
            path.as_ref().map(|path| ShownStatement::words(on, format!("{words} {}", context.text(path))))
        };
        let probes = self.probe.iter().flat_map(|path| probes(&self.on, &servers, &context.text(path), context));
        let looks = [
            words(&first, "exists", &self.exists),
            words(&first, "list what lies below", &self.list),
            // No server has a statement that deletes an object.
            words(&store, "delete everything below", &self.remove),
        ];
        probes.chain(looks.into_iter().flatten()).collect()
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, _: &RenderContext<'_>) -> Vec<Permission> {
        Vec::new()
    }
}

/// A probe does all that a BACKUP does, and reads it again.
const OF_PROBE: [UsedRight; 4] = [
    (StoreRight::PutObject, "the probe writes a small backup, or an object"),
    (StoreRight::GetObject, "the probe reads again what it has written"),
    (StoreRight::ListBucket, "the probe lists it, as BACKUP and RESTORE do"),
    (StoreRight::DeleteObject, "the probe removes it, and BACKUP its `.lock`"),
];
const OF_LOOKING: [UsedRight; 2] = [
    (StoreRight::GetObject, "looks for the object"),
    (StoreRight::ListBucket, "without it a store answers 403 for an object that is not there"),
];
const OF_LISTING: [UsedRight; 1] = [(StoreRight::ListBucket, "lists what lies below the path")];
const OF_REMOVING: [UsedRight; 2] = [
    (StoreRight::ListBucket, "lists what is to be removed"),
    (StoreRight::DeleteObject, "removes what lies below the path"),
];

/// Through servers a probe is a BACKUP by each of them; without any, this machine probes.
fn probes(store: &Name, servers: &[&Name], path: &str, context: &RenderContext<'_>) -> Vec<ShownStatement> {
    let below = format!("below {path}");
    if servers.is_empty() {
        let text = format!("put, read, list and delete a small object {below}");
        return vec![ShownStatement::words(context.on(store), text)];
    }
    let place = context.place(store, &format!("{path}/.probe-<member>-<random>"));
    let probe = statements::probe::<AsReviewed>(&place, &());
    let through = servers.iter().map(|it| context.on(it)).collect::<Vec<_>>().join("; ");
    let then = format!("read back what that has written {below}, and delete it");
    vec![
        ShownStatement::sql(through.clone(), Ok(probe)),
        ShownStatement::words(format!("{} through {through}", context.on(store)), then),
    ]
}
