//! Who may do what: users, grants, settings.

use super::{
    Entry,
    sign::{code, words},
};

entries! {
    AUTHENTICATION = Entry::new("houseplan::access::authentication", "{member} does not accept the user or the password")
        .help("check `user` and `password` of the member in the environment, and that the variable or file that they name is set")
        .signs(&[code(516), code(192), code(193), code(194)])
        .explained("
The server refused the user or the password. It gives the same answer for a user that does not exist, a wrong
password, and a user that may not connect from this address (`HOST` of CREATE USER). An empty environment variable is
an empty password.");

    DENIED = Entry::new("houseplan::access::denied", "the user on {member} lacks a privilege")
        .help("grant what the server names (`GRANT … TO user`), then `houseplan resume {run}`")
        .signs(&[code(497)])
        .explained("
The message of the server names the missing privilege. houseplan needs: BACKUP on the database; for RESTORE, CREATE
and INSERT there, and SHOW TABLES if the tables must exist; since August 2026 also READ and WRITE ON S3; SELECT on
system.tables, columns, replicas, parts, processes and backups for the checks; CREATE and DROP DATABASE for the lock
`houseplan_claim`.");

    SERVER_CREDENTIALS = Entry::new("houseplan::access::server_credentials", "a statement on {member} may not use the S3 credentials of the server")
        .cause("`s3_allow_server_credentials_in_user_queries` is 0, which is the default since 26.7")
        .help("give the store an access key in the environment, or set s3_allow_server_credentials_in_user_queries = 1 in the configuration of the server")
        .signs(&[words(497, "s3_allow_server_credentials_in_user_queries"), words(497, "server credentials")])
        .explained("
A statement that names a bucket without a key uses the credentials of the server: those of the IAM role of its node,
or of its environment. Since 26.7 the server refuses this, because every user could read with the rights of the
server. (Read in the sources; the embedded engine of the sandbox allows it.) Give the store a key and its secret, or
let the administrator of the server allow it.");

    SETTING_FIXED = Entry::new("houseplan::access::setting_fixed", "the profile of the user on {member} does not allow changing a setting")
        .help("use a user whose profile has no constraint on that setting and is not readonly = 1")
        .signs(&[code(452), code(472)])
        .explained("
houseplan sends settings with its statements (`readonly = 2` for those that only read, limits for long ones). The
profile of the user forbids changing one of them. The message of the server names it.");
}
