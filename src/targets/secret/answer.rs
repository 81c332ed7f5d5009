//! One JSON answer that holds all credentials: that of STS (`aws sts assume-role`), or one in the form of `credential_process`.

use secrecy::SecretString;
use serde_json::Value;

/// The value of `key` in an answer; `None` where it is not there. What is wrong with the answer is said without a part of it.
pub(super) fn part(answer: &str, key: &str) -> Result<Option<SecretString>, &'static str> {
    let answer: Value = serde_json::from_str(answer).map_err(
        |_| "is no JSON: expected what `aws sts assume-role` prints, or what a `credential_process` of AWS does",
    )?;
    // STS puts them into `Credentials`, beside who was assumed.
    let credentials = answer.get("Credentials").unwrap_or(&answer);
    let fields =
        credentials.as_object().ok_or("has no object with `AccessKeyId`, `SecretAccessKey` and `SessionToken`")?;
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str().into())),
        Some(_) => Err("has a value that is no text where one of the credentials should be"),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[track_caller]
    fn case(answer: &str, key: &str, expected: Option<&str>) {
        let found = part(answer, key).unwrap();
        assert_eq!(found.as_ref().map(ExposeSecret::expose_secret), expected);
    }

    #[test]
    fn both_forms_are_read() {
        let sts = r#"{ "Credentials": { "AccessKeyId": "A", "SessionToken": "T", "Expiration": "2026-11-27T10:00:00+00:00" },
                       "AssumedRoleUser": { "Arn": "arn:aws:sts::1:assumed-role/r/s" } }"#;
        case(sts, "AccessKeyId", Some("A"));
        case(sts, "Expiration", Some("2026-11-27T10:00:00+00:00"));
        case(sts, "SecretAccessKey", None);
        let process = r#"{ "Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": null }"#;
        case(process, "SecretAccessKey", Some("S"));
        case(process, "SessionToken", None);
    }

    #[test]
    fn what_is_no_answer_is_told_without_a_part_of_it() {
        for wrong in
            ["hunter2", "[\"hunter2\"]", r#"{ "Credentials": "hunter2" }"#, r#"{ "AccessKeyId": ["hunter2"] }"#]
        {
            let said = part(wrong, "AccessKeyId").unwrap_err();
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
