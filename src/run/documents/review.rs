//! What a person reviews: the plan as it is rendered, its digest, and the files that count in it.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{
    prepare::{Documents, PrepareError, here},
    scripts,
};
use crate::{
    plan::{
        binding::{InputSources, known_before_run},
        describe::Files,
    },
    render::{self, RenderedPlan, hexadecimal},
    template::InputValues,
};

impl Documents {
    /// The plan as a person reviews it. What only a run knows stays a symbol.
    pub fn render(&self, given: &InputSources) -> Result<RenderedPlan, PrepareError> {
        let environment = self.bundle.environment().map(|environment| &environment.document);
        let inputs = self.symbolic(given)?;
        Ok(render::render(&self.plan, &inputs, environment, &self.files(&inputs)?))
    }

    /// The inputs of every scope as a review knows them, and the files that count in it.
    pub(in crate::run) fn reviewed(
        &self,
        given: &InputSources,
    ) -> Result<(Vec<Arc<InputValues>>, Files), PrepareError> {
        let inputs = self.symbolic(given)?;
        Ok((known_before_run(&self.plan, &inputs), self.files(&inputs)?))
    }

    /// The digest, and the files that count in it.
    pub(in crate::run) fn digest_and_files(&self, given: &InputSources) -> Result<(String, Files), PrepareError> {
        let environment = self.bundle.environment().map(|environment| &environment.document);
        let inputs = self.symbolic(given)?;
        let files = self.files(&inputs)?;
        Ok((render::digest(&self.plan, &inputs, environment, &files), files))
    }

    /// The certificates and what the commands name, for a process that starts here.
    fn files(&self, inputs: &InputValues) -> Result<Files, PrepareError> {
        let mut files = scripts::read(self, inputs, &here(), |_| true)?;
        let held = |(name, bytes): &(String, Vec<u8>)| (name.clone(), Some(hexadecimal(&Sha256::digest(bytes))));
        files.extend(self.certificates.iter().map(held));
        Ok(files)
    }
}
