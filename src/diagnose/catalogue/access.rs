//! Who may do what: users, grants, and the store's rights.

use super::{Entry, code, words};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "houseplan::access::authentication",
        title: "{member} does not accept the user or the password",
        cause: None,
        help: "check `user` and `password` of the member in the environment, and that the variable or file behind it is set",
        temporary: false,
        signs: &[code(516), code(192), code(193), code(194)],
        explanation: "
The server refused the user's name or password. It says the same for a user that does not exist, for a wrong
password, and for a user that may not come from this address (`HOST` of CREATE USER). An empty environment variable
is an empty password.",
    },
    Entry {
        code: "houseplan::access::denied",
        title: "the user on {member} lacks a privilege",
        cause: None,
        help: "grant what the server names (`GRANT … TO user`), then resume",
        temporary: false,
        signs: &[code(497)],
        explanation: "
The server's message names the privilege that is missing. What is needed: BACKUP on the database; for RESTORE, CREATE
and INSERT there, and SHOW TABLES where tables must exist; since August 2026 also READ and WRITE ON S3; SELECT on
system.tables, columns, replicas, parts, processes and backups for the checks; CREATE and DROP DATABASE for the claim
`houseplan_claim`.",
    },
    Entry {
        code: "houseplan::access::server_credentials",
        title: "{member} does not lend its own S3 credentials to a statement",
        cause: Some("`s3_allow_server_credentials_in_user_queries` is 0, as it is by default since 26.7"),
        help: "give the store an access key in the environment, or set s3_allow_server_credentials_in_user_queries = 1 in the server's configuration",
        temporary: false,
        signs: &[words(497, "s3_allow_server_credentials_in_user_queries"), words(497, "server credentials")],
        explanation: "
A statement that names a bucket without a key uses the server's own credentials: those of its node's IAM role, or of
its environment. Since 26.7 the server refuses this, because any user could read with the server's rights. (Read in
the sources; the embedded engine of the sandbox lets it through.) Either give the store a key and its secret, or let
the server's administrator allow it.",
    },
    Entry {
        code: "houseplan::access::setting_fixed",
        title: "the user's profile on {member} does not let a setting be changed",
        cause: None,
        help: "use a user whose profile has no constraint on that setting and is not readonly = 1",
        temporary: false,
        signs: &[code(452), code(472)],
        explanation: "
houseplan sends settings with its statements (`readonly = 2` for what only reads, limits for long ones), and the
user's profile forbids to change one of them. The server's message names it.",
    },
    Entry {
        code: "houseplan::store::access_denied",
        title: "the store does not let {member} in",
        cause: Some(
            "the access key or its secret is wrong, the key has no right to this bucket, or a temporary credential has expired",
        ),
        help: "check the store's key in the environment, and that its policy has s3:PutObject, GetObject, ListBucket and DeleteObject on the bucket and on `bucket/*`",
        temporary: false,
        signs: &[
            words(499, "ACCESS_DENIED"),
            words(499, "Access Denied"),
            words(499, "HTTP response code: 403"),
            words(499, "SignatureDoesNotMatch"),
            words(499, "InvalidAccessKeyId"),
            words(499, "ExpiredToken"),
        ],
        explanation: "
S3 answered 403. It says the same for a wrong key, a wrong secret, a key without the right, and an expired one: the
first request is a HEAD, whose answer has no body.

BACKUP and RESTORE run in the server. The environment of `clickhouse-client`, or of houseplan, has no effect on them:
what counts is the key in the statement or, where there is none, the server's own role or environment. ListBucket is
a right on the bucket itself, the others are rights on what is in it (`arn:aws:s3:::bucket` and
`arn:aws:s3:::bucket/*`); without ListBucket a missing object is answered with 403, too.

Temporary credentials expire after 1 to 12 hours, and need their session token, which BACKUP sends only from a named
collection.",
    },
    Entry {
        code: "houseplan::store::no_such_bucket",
        title: "the bucket does not exist",
        cause: None,
        help: "create the bucket, or correct the store's url in the environment (it has the bucket's name in it)",
        temporary: false,
        signs: &[
            words(499, "specified bucket does not exist"),
            words(499, "NoSuchBucket"),
            words(499, "NO_SUCH_BUCKET"),
        ],
        explanation: "
The store has no bucket of that name, in this region, at this address. houseplan does not create buckets. A RESTORE
from a bucket that does not exist looks like a backup that does not exist (599 BACKUP_NOT_FOUND).",
    },
    Entry {
        code: "houseplan::store::unreachable",
        title: "{member} cannot reach the store",
        cause: Some("the store is down, or its address is not reachable from the server"),
        help: "check the store's url: it is the server that connects to it, not this machine",
        temporary: true,
        signs: &[
            words(499, "NETWORK_CONNECTION"),
            words(499, "Connection refused"),
            words(499, "Timeout"),
            words(499, "Host not found"),
            words(499, "Not found address of host"),
        ],
        explanation: "
The server could not connect to the store. An address such as 127.0.0.1 or a name of the cluster's own is another
one there than here.

By default a BACKUP tries 1,000 times, up to 5 s each, and looks as if it hung: the only sign is that nothing moves.
What shortens this are backup_restore_s3_retry_attempts, backup_restore_s3_retry_initial_backoff_ms and
backup_restore_s3_retry_max_backoff_ms, not s3_retry_attempts.",
    },
    Entry {
        code: "houseplan::store::failed",
        title: "the store refused a request of {member}",
        cause: None,
        help: "see what the store said; if the request was too slow or too many, try again later",
        temporary: true,
        signs: &[code(499), code(693)],
        explanation: "
S3 answered with an error that houseplan does not know more about. The server's message holds the store's own code and
the HTTP status. 503 `Slow Down` means too many requests: lower max_backup_bandwidth, or back up at another time.",
    },
];
