//! The store: S3, as servers and as this machine reach it.

use super::{
    Entry,
    sign::{code, words},
};

entries! {
    ACCESS_DENIED = Entry::new("houseplan::store::access_denied", "the store does not let {member} in")
        .cause("the access key or its secret is wrong, the key has no right to this bucket, or a temporary credential has expired")
        .help("check the store's key in the environment, and that its policy has s3:PutObject, GetObject, ListBucket and DeleteObject on the bucket and on `bucket/*`")
        .signs(&[
        words(499, "ACCESS_DENIED"),
        words(499, "Access Denied"),
        words(499, "HTTP response code: 403"),
        words(499, "SignatureDoesNotMatch"),
        words(499, "InvalidAccessKeyId"),
        words(499, "ExpiredToken"),
    ])
        .explained("
S3 answered 403. It says the same for a wrong key, a wrong secret, a key without the right, and an expired one: the
first request is a HEAD, whose answer has no body.

BACKUP and RESTORE run in the server. The environment of `clickhouse-client`, or of houseplan, has no effect on them:
what counts is the key in the statement or, where there is none, the server's own role or environment. ListBucket is
a right on the bucket itself, the others are rights on what is in it (`arn:aws:s3:::bucket` and
`arn:aws:s3:::bucket/*`); without ListBucket a missing object is answered with 403, too.

Temporary credentials expire after 1 to 12 hours, and need their session token, which BACKUP sends only from a named
collection.");

    NO_SUCH_BUCKET = Entry::new("houseplan::store::no_such_bucket", "the bucket does not exist")
        .help("create the bucket, or correct the store's url in the environment (it has the bucket's name in it)")
        .signs(&[
        words(499, "specified bucket does not exist"),
        words(499, "NoSuchBucket"),
        words(499, "NO_SUCH_BUCKET"),
    ])
        .explained("
The store has no bucket of that name, in this region, at this address. houseplan does not create buckets. A RESTORE
from a bucket that does not exist looks like a backup that does not exist (599 BACKUP_NOT_FOUND).");

    UNREACHABLE = Entry::new("houseplan::store::unreachable", "{member} cannot reach the store")
        .cause("the store is down, or its address is not reachable from the server")
        .help("check the store's url: it is the server that connects to it, not this machine")
        .temporary()
        .signs(&[
        words(499, "NETWORK_CONNECTION"),
        words(499, "Connection refused"),
        words(499, "Timeout"),
        words(499, "Host not found"),
        words(499, "Not found address of host"),
    ])
        .explained("
The server could not connect to the store. An address such as 127.0.0.1 or a name of the cluster's own is another
one there than here.

By default a BACKUP tries 1,000 times, up to 5 s each, and looks as if it hung: the only sign is that nothing moves.
What shortens this are backup_restore_s3_retry_attempts, backup_restore_s3_retry_initial_backoff_ms and
backup_restore_s3_retry_max_backoff_ms, not s3_retry_attempts.");

    FAILED = Entry::new("houseplan::store::failed", "the store refused a request of {member}")
        .help("see what the store said; if the request was too slow or too many, try again later")
        .temporary()
        .signs(&[code(499), code(693)])
        .explained("
S3 answered with an error that houseplan does not know more about. The server's message holds the store's own code and
the HTTP status. 503 `Slow Down` means too many requests: lower max_backup_bandwidth, or back up at another time.");

    NO_CREDENTIALS = Entry::new("houseplan::store::no_credentials", "this machine has no access key for the store")
        .help("give the store an access key in the environment, or say `through: <a ClickHouse target>`")
        .explained("
A store without an access key is reached by the servers with credentials of their own (a role). This machine has none:
what is to be read or done there goes `through` a server.");

    URL = Entry::new("houseplan::store::url", "the store's URL is none of a bucket")
        .help("write it as https://host:port/bucket, or https://host:port/bucket/folder")
        .explained("
houseplan takes the first part of the URL's path as the bucket, and the rest as a folder in it.");

    PATH = Entry::new("houseplan::store::path", "the path is none in a store that this can be done with")
        .help("choose a path that is not empty, of plain characters")
        .explained("
A path in a store is never empty here: nothing is removed or inspected at a store's root. Through a server it
has none of `*?{}[]`, which mean a pattern to ClickHouse's `s3` table function.");

    NOT_FOUND = Entry::new("houseplan::store::not_found", "the object is not there")
        .help("see what lies there with `s3: { list: … }`")
        .explained("The store has no object of that key. Paths are below the URL that the environment gives the store, and are\ncase-sensitive.");

    CANNOT_DELETE = Entry::new("houseplan::store::cannot_delete", "the probe could not remove what it wrote")
        .help("give the access key s3:DeleteObject")
        .explained("
BACKUP writes a `.lock` object and removes it at its end, so it needs the right to delete. The probe found that what was
written there is still there.");
}
