//! Secrets, read from where the environment says they are. Never kept, never shown.

use camino::{Utf8Path, Utf8PathBuf};
use secrecy::SecretString;

use super::model::SecretSource;

/// How secrets are read: not at all (to validate), or from the process's environment and files.
#[derive(Debug, Clone)]
pub enum SecretReader {
    /// Every secret is there, and empty.
    None,
    /// Relative paths are beside the environment's file.
    From { directory: Utf8PathBuf },
}

impl SecretReader {
    /// The secret, or what is missing.
    pub fn read(&self, source: &SecretSource) -> Result<SecretString, String> {
        let Self::From { directory } = self else { return Ok(SecretString::default()) };
        match source {
            SecretSource::Env(name) => match std::env::var(name) {
                Ok(value) => Ok(value.into()),
                Err(std::env::VarError::NotPresent) => {
                    Err(format!("the environment variable `{name}` is not set; set it, or name another one"))
                }
                Err(std::env::VarError::NotUnicode(_)) => {
                    Err(format!("the environment variable `{name}` is not UTF-8"))
                }
            },
            SecretSource::File(path) => read_file(&directory.join(path)).map(Into::into),
        }
    }
}

fn read_file(path: &Utf8Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("the file {path} cannot be read: {error}"))?;
    let line = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text));
    Ok(line.unwrap_or(&text).to_owned())
}
