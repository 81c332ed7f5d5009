//! Who may do what: users, grants, settings.

use super::{
    Entry,
    sign::{code, words},
};

entries! {
    AUTHENTICATION = Entry::new("houseplan::access::authentication", "{member} does not accept the user or the password")
        .help("check `user` and `password` of the member in the environment, and that the variable or file behind it is set")
        .signs(&[code(516), code(192), code(193), code(194)])
        .explained("
The server refused the user's name or password. It says the same for a user that does not exist, for a wrong
password, and for a user that may not come from this address (`HOST` of CREATE USER). An empty environment variable
is an empty password.");

    DENIED = Entry::new("houseplan::access::denied", "the user on {member} lacks a privilege")
        .help("grant what the server names (`GRANT … TO user`), then resume")
        .signs(&[code(497)])
        .explained("
The server's message names the privilege that is missing. What is needed: BACKUP on the database; for RESTORE, CREATE
and INSERT there, and SHOW TABLES where tables must exist; since August 2026 also READ and WRITE ON S3; SELECT on
system.tables, columns, replicas, parts, processes and backups for the checks; CREATE and DROP DATABASE for the claim
`houseplan_claim`.");

    SERVER_CREDENTIALS = Entry::new("houseplan::access::server_credentials", "{member} does not lend its own S3 credentials to a statement")
        .cause("`s3_allow_server_credentials_in_user_queries` is 0, as it is by default since 26.7")
        .help("give the store an access key in the environment, or set s3_allow_server_credentials_in_user_queries = 1 in the server's configuration")
        .signs(&[words(497, "s3_allow_server_credentials_in_user_queries"), words(497, "server credentials")])
        .explained("
A statement that names a bucket without a key uses the server's own credentials: those of its node's IAM role, or of
its environment. Since 26.7 the server refuses this, because any user could read with the server's rights. (Read in
the sources; the embedded engine of the sandbox lets it through.) Either give the store a key and its secret, or let
the server's administrator allow it.");

    SETTING_FIXED = Entry::new("houseplan::access::setting_fixed", "the user's profile on {member} does not let a setting be changed")
        .help("use a user whose profile has no constraint on that setting and is not readonly = 1")
        .signs(&[code(452), code(472)])
        .explained("
houseplan sends settings with its statements (`readonly = 2` for what only reads, limits for long ones), and the
user's profile forbids to change one of them. The server's message names it.");
}
