//! Which of the [`PINNED`] settings a server knows, and whether the profile of the user lets them be set.
//!
//! Both are asked, by sending them: a setting that is not known is left out, and one that may not be changed is refused here, before
//! anything is done, instead of being a riddle in the middle of a run. A value that the profile has itself may be sent whatever is
//! forbidden, so it is sent: should the profile change meanwhile, the statement fails and is not answered otherwise.

use std::collections::BTreeSet;

use super::{Exception, PINNED, Pin, QueryError, Rows, Statement, client::request, quote_string, transport::Transport};

const UNKNOWN_SETTING: i32 = 115;
const SETTING_CONSTRAINT_VIOLATION: i32 = 452;

/// What is left of the pinned settings while a server is asked.
struct Pins {
    taken: Vec<Pin>,
    /// What the server said of each that it does not let be set.
    forbidden: Vec<Exception>,
}

/// Asks a server which settings are to be sent with each statement. Fails where the server cannot be asked, and with the server's words
/// where the profile forbids one that has to be set.
pub(super) async fn ask_for_pins(transport: &dyn Transport) -> Result<Vec<Pin>, QueryError> {
    let (newer, old): (Vec<Pin>, Vec<Pin>) = PINNED.iter().partition(|pin| pin.newer);
    let names: Vec<String> = newer.iter().map(|pin| quote_string(pin.name)).collect();
    let which = format!("SELECT name FROM system.settings WHERE name IN ({})", names.join(", "));
    let mut pins = Pins { taken: old, forbidden: Vec::new() };
    let known = pins.send(transport, &which).await?;
    let known: BTreeSet<&str> =
        known.0.iter().filter_map(|row| row.get("name").and_then(|name| name.as_str())).collect();
    let before = pins.taken.len();
    pins.taken.extend(newer.into_iter().filter(|pin| known.contains(pin.name)));
    if pins.taken.len() > before {
        pins.send(transport, "SELECT 1 AS settings_are_taken").await?;
    }
    pins.allowed()
}

impl Pins {
    /// Sends a statement with all that are left, and leaves out what the server refuses, until it refuses none.
    async fn send(&mut self, transport: &dyn Transport, text: &str) -> Result<Rows, QueryError> {
        let statement = Statement::read(text);
        loop {
            match transport.send(request(&statement, &self.taken)).await {
                Ok(answer) => {
                    let malformed = |reason| QueryError::Malformed { url: transport.endpoint().to_string(), reason };
                    return Rows::parse(&answer).map_err(malformed);
                }
                Err(QueryError::Exception(exception)) => self.leave_out(exception)?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Fails where the exception is about none of them.
    fn leave_out(&mut self, exception: Exception) -> Result<(), QueryError> {
        let named = first_named(&exception.message, &self.taken);
        match (exception.code, named) {
            (UNKNOWN_SETTING, Some(at)) => {
                self.taken.remove(at);
            }
            // A user with readonly = 1 may set nothing at all, so the first one says it for all.
            (SETTING_CONSTRAINT_VIOLATION, Some(at)) => {
                if !self.taken.remove(at).may_be_refused {
                    self.forbidden.push(exception);
                }
            }
            _ => return Err(QueryError::Exception(exception)),
        }
        Ok(())
    }

    fn allowed(self) -> Result<Vec<Pin>, QueryError> {
        let Some(first) = self.forbidden.first() else { return Ok(self.taken) };
        let words: Vec<&str> = self.forbidden.iter().map(|exception| exception.message.as_str()).collect();
        Err(QueryError::Exception(Exception { message: words.join("; "), ..first.clone() }))
    }
}

/// Which of the settings a text names first, by its whole name: what the server suggests instead of one that it does not know may be
/// another of them.
fn first_named(text: &str, pins: &[Pin]) -> Option<usize> {
    let mut words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    words.find_map(|word| pins.iter().position(|pin| pin.name == word))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::connect::{
        clickhouse::transport::{Answer, Request},
        endpoint::Endpoint,
    };

    type Forbidden = &'static [(&'static str, i32, &'static str)];

    /// A server that refuses to set what it does not know, and what a profile forbids.
    #[derive(Debug)]
    struct Server {
        endpoint: Endpoint,
        unknown: &'static [&'static str],
        /// Settings, and what the server says of each.
        forbidden: Forbidden,
        heard: Mutex<Vec<Request>>,
    }

    impl Server {
        fn new(unknown: &'static [&'static str], forbidden: Forbidden) -> Self {
            let endpoint = Endpoint::of_url("http://127.0.0.1:8123").unwrap();
            Self { endpoint, unknown, forbidden, heard: Mutex::default() }
        }

        async fn pins(&self) -> Result<Vec<&'static str>, String> {
            let pins = ask_for_pins(self).await.map_err(|error| error.to_string())?;
            Ok(pins.iter().map(|pin| pin.name).collect())
        }
    }

    #[async_trait]
    impl Transport for Server {
        fn endpoint(&self) -> &Endpoint {
            &self.endpoint
        }

        async fn send(&self, request: Request) -> Result<Answer, QueryError> {
            self.heard.lock().unwrap().push(request.clone());
            let refused = |code, message: String| Err(QueryError::Exception(Exception::parse(&message, Some(code))));
            for (name, _) in &request.settings {
                if self.unknown.contains(&name.as_str()) {
                    let suggested = "Maybe you meant ['output_format_json_quote_denormals', 'join_use_nulls']";
                    let message = format!("Code: 115. DB::Exception: Unknown setting '{name}'. {suggested}");
                    return refused(UNKNOWN_SETTING, message);
                }
                if let Some((_, code, words)) = self.forbidden.iter().find(|(it, ..)| it == name) {
                    return refused(*code, format!("Code: {code}. DB::Exception: {words}"));
                }
            }
            let body = "[\"name\"]\n[\"String\"]\n[\"filter\"]\n[\"page\"]\n".to_owned();
            Ok(Answer { body, rows: Some(2) })
        }
    }

    #[tokio::test]
    async fn what_the_server_knows_is_sent() {
        let pins = Server::new(&["interval_output_format", "limit"], &[]).pins().await.unwrap();
        assert!(!pins.contains(&"limit") && !pins.contains(&"interval_output_format"));
        assert!(pins.contains(&"filter") && pins.contains(&"page"));
        assert!(pins.contains(&"join_use_nulls") && !pins.contains(&"output_format"));
        assert!(pins.contains(&"output_format_json_quote_denormals"), "it was only suggested");
    }

    #[tokio::test]
    async fn what_a_profile_forbids_is_told_all_at_once() {
        let server = Server::new(
            &[],
            &[
                ("limit", SETTING_CONSTRAINT_VIOLATION, "Setting limit should not be changed."),
                (
                    "max_query_size",
                    SETTING_CONSTRAINT_VIOLATION,
                    "Setting max_query_size shouldn't be greater than 262144.",
                ),
                ("page", SETTING_CONSTRAINT_VIOLATION, "Setting page should not be changed."),
            ],
        );
        let error = server.pins().await.unwrap_err();
        assert_eq!(error, "Code: 452. Setting limit should not be changed.; Setting page should not be changed.");
    }

    #[tokio::test]
    async fn a_limit_that_is_loud_may_stay() {
        let forbidden: Forbidden =
            &[("max_result_rows", SETTING_CONSTRAINT_VIOLATION, "Setting max_result_rows should not be changed.")];
        let pins = Server::new(&[], forbidden).pins().await.unwrap();
        assert!(!pins.contains(&"max_result_rows") && pins.contains(&"result_overflow_mode"));
    }

    #[tokio::test]
    async fn a_user_that_may_set_nothing_says_so_once() {
        const WORDS: &str = "Cannot modify 'output_format_json_quote_denormals' setting in readonly mode.";
        let server = Server::new(&[], &[("output_format_json_quote_denormals", 164, WORDS)]);
        assert_eq!(server.pins().await.unwrap_err(), format!("Code: 164. {WORDS}"));
        assert_eq!(server.heard.into_inner().unwrap().len(), 1);
    }

    #[test]
    fn a_setting_is_named_whole() {
        let named = |text: &str| first_named(text, PINNED).map(|at| PINNED[at].name);
        assert_eq!(named("Setting max_result_rows shouldn't be less than 1"), Some("max_result_rows"));
        assert_eq!(named("Unknown setting 'limit'. Maybe you meant ['final']"), Some("limit"));
        assert_eq!(named("Setting max_result should not be changed"), None);
        assert_eq!(named("Setting offset_of_limit should not be changed"), None);
    }
}
