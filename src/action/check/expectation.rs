//! What a check expects, as a closure over what is known now.

use std::{collections::HashMap, sync::Arc};

use indexmap::IndexMap;
use serde_json::Value;

use crate::{
    action::context::{EvalContext, expression, failed},
    check::Expect,
    connect::clickhouse::Row,
    failure::Failure,
    plan::text,
    template::{Expression, InputValues, MemberFacts, RunFacts, Scope},
};

/// An `expect`, with what it may use of the run as it is now.
pub(super) struct RenderedExpect {
    expression: Expression,
    inputs: Arc<InputValues>,
    run: RunFacts,
    member: Option<MemberFacts>,
    item: Option<Value>,
    steps: HashMap<String, Arc<Value>>,
}

impl RenderedExpect {
    pub(super) fn new(at: EvalContext<'_>, source: &text::ExpressionText) -> Result<Self, Failure> {
        let expression = expression(source)?;
        let named = expression.references().iter().filter_map(|reference| reference.step());
        let steps = named.filter_map(|step| Some((step.to_owned(), at.steps.facts(step)?))).collect();
        Ok(Self {
            inputs: Arc::clone(&at.context.inputs[at.step.scope]),
            run: at.context.run.clone(),
            member: at.member.cloned(),
            item: at.item.cloned(),
            expression,
            steps,
        })
    }
}

impl Expect for RenderedExpect {
    fn text(&self) -> &str {
        self.expression.source()
    }

    fn columns(&self) -> Vec<&str> {
        let of_row = self.expression.references().iter().filter(|reference| reference.namespace() == "row");
        of_row.filter_map(|reference| reference.path.get(1)).map(String::as_str).collect()
    }

    fn names_row(&self) -> bool {
        self.expression.references().iter().any(|reference| reference.namespace() == "row")
    }

    fn holds(&self, row: Option<&Row>, rows: &[Row]) -> Result<bool, Failure> {
        let object = |row: &Row| Value::Object(row.iter().map(|(key, value)| (key.clone(), value.clone())).collect());
        let mut variables = IndexMap::new();
        if let Some(row) = row {
            variables.insert("row".to_owned(), object(row));
        }
        if self.expression.references().iter().any(|reference| reference.namespace() == "rows") {
            variables.insert("rows".to_owned(), rows.iter().map(object).collect());
        }
        let steps = |step: &str| self.steps.get(step).cloned();
        let scope = Scope {
            inputs: Some(&self.inputs),
            steps: Some(&steps),
            run: Some(&self.run),
            member: self.member.as_ref(),
            item: self.item.as_ref(),
            variables: Some(&variables),
        };
        self.expression.holds(&scope).map_err(failed)
    }
}
