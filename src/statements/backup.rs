//! BACKUP, and the BACKUP that is a probe.

use super::{
    form::Form,
    settings::{self, SettingRefused, Settings, Worded},
    subject::Subject,
};

/// One BACKUP.
pub struct Backup<F: Form> {
    pub subject: Subject<F>,
    pub to: F::Place,
    /// The backup that it builds on.
    pub base: Option<F::Place>,
    pub settings: Settings<F>,
}

impl<F: Form> Backup<F> {
    /// The statement; an error where the plan gives it a setting that it may not have.
    pub fn text(&self) -> Result<Worded<F>, SettingRefused> {
        let base = self.base.iter().map(|base| ("base_backup", F::place(base)));
        let (inside, settings) = self.settings.sql(base.collect())?;
        let text = format!("BACKUP {} TO {} {inside}", self.subject.sql(), F::place(&self.to)).into();
        Ok(Worded { text, settings })
    }
}

/// The BACKUP by which a server proves that it can write to a store: `information_schema` has no rows and is everywhere.
pub fn probe<F: Form>(to: &F::Place, known: &F::Known) -> Worded<F> {
    let text = format!("BACKUP DATABASE information_schema TO {}", F::place(to)).into();
    Worded { text, settings: settings::of_probe::<F>(known) }
}
