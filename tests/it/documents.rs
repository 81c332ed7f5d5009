//! Plans and environments as people write them: every mistake as it is printed, and what becomes of good ones.

mod diagnostics;
mod expansion;
mod inputs;
mod limits;
mod places;
mod schemas;

use houseplan::{
    bundle::{Bundle, LoadError, Role, SavedFile, TargetNames},
    document::Limits,
    view::drawing::part_of_screen,
};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

/// Documents in memory, under the names that reports show.
#[derive(Default)]
pub struct Documents(Vec<SavedFile>, TargetNames);

impl Documents {
    pub fn plan(text: &str) -> Self {
        Self::default().with(Role::Plan, "plans/move.yaml", text)
    }

    /// A plan of nothing but this body, so that a case shows what it is about.
    pub fn body(body: &str) -> Self {
        Self::plan(&format!("apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: move }}\n{body}"))
    }

    pub fn environment(self, body: &str) -> Self {
        let head = "apiVersion: houseplan/v1\nkind: Environment\nmetadata: { name: sandbox }\n";
        self.with(Role::Environment, "environments/sandbox.yaml", &format!("{head}{body}"))
    }

    pub fn with(mut self, role: Role, origin: &str, text: &str) -> Self {
        self.0.push(SavedFile { role, origin: origin.to_owned(), text: text.to_owned() });
        self
    }

    /// `--target name=there`
    pub fn called(mut self, name: &str, there: &str) -> Self {
        self.1.insert(name.into(), there.into());
        self
    }

    pub fn load(self) -> Result<Bundle, LoadError> {
        Bundle::from_saved(self.0, &self.1, &Limits::default())
    }

    /// The report, as a terminal without colours shows it.
    #[track_caller]
    pub fn report(self) -> String {
        printed(&self.load().expect_err("the documents are wrong"))
    }

    #[track_caller]
    pub fn valid(self) -> Bundle {
        self.load().unwrap_or_else(|error| panic!("{}", printed(&error)))
    }
}

pub fn printed(diagnostic: &dyn Diagnostic) -> String {
    let mut text = String::new();
    part_of_screen(GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()))
        .with_width(100)
        .render_report(&mut text, diagnostic)
        .expect("a string takes all text");
    text
}
