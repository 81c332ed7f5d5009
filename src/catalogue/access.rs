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
        .help("give the store an access key or a session token in the environment, or set s3_allow_server_credentials_in_user_queries = 1 in the settings profile of the user, or put keys for the URL into `<s3>` of the configuration of the server")
        .signs(&[
            words(497, "s3_allow_server_credentials_in_user_queries"),
            words(497, "server credentials"),
            words(497, "server's own credentials"),
        ])
        .explained("
A statement that names a bucket without a key uses the credentials of the server: those of the IAM role of its node,
or of its environment. Since 26.7 the server refuses this, because every user could read with the rights of the
server, or it asks the store without a signature, which denies that. (The first is read in the sources; the embedded
engine of the sandbox allows it.) Give the store keys, or let the administrator of the server allow it. Keys in the
`<s3>` section of its configuration are not affected. houseplan looks into the store through every server before a run
begins, so nothing has changed by then.");

    SETTING_FIXED = Entry::new("houseplan::access::setting_fixed", "the profile of the user on {member} does not allow changing a setting")
        .help("use a user whose profile has no constraint on what the server names, or let it be changed there: remove it from `constraints` in users.xml, or `ALTER SETTINGS PROFILE … SETTINGS name WRITABLE`")
        .signs(&[code(452), code(472)])
        .explained("
A profile can change what a statement answers: `limit` cuts every answer, `aggregate_functions_null_for_empty` gives
NULL for 0, `filter` leaves rows out. So houseplan sends all settings of that kind with every statement
(`src/connect/clickhouse/pinned.rs` is the list, with the reasons). The profile of this user has another value for one
of them, and a constraint that forbids changing it; the message of the server names all of them. Nothing was done.
Values that the profile has in common with houseplan may be fixed. Limits such as max_rows_to_read and
max_execution_time are not touched: they stop a statement with an error.");

    READONLY_USER = Entry::new("houseplan::access::readonly_user", "the user on {member} is readonly = 1 and may change no setting; readonly = 2 is needed")
        .help("set readonly = 2 in the profile of the user (it still reads only), or use another user; a user that shall write needs readonly = 0")
        .signs(&[words(164, "setting in readonly mode")])
        .explained("
With readonly = 1 a user may set nothing, and houseplan sends settings with every statement: how an answer is written,
and all that would change it without a word (`houseplan explain houseplan::access::setting_fixed`). readonly = 2 allows
reading and setting, and nothing else; it is enough for `verify` and for checks.");
}
