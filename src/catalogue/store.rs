//! The store: S3, as servers and as this machine reach it.

use super::{
    Entry,
    sign::{code, words},
};

entries! {
    ACCESS_DENIED = Entry::new("houseplan::store::access_denied", "the store denies access to {member}")
        .cause("perhaps the access key or its secret is wrong, the key has no right to this bucket, or a temporary credential has expired")
        .help("check the key of the store in the environment, and that its policy has s3:PutObject, GetObject, ListBucket and DeleteObject on the bucket and on `bucket/*`")
        .signs(&[
            words(499, "ACCESS_DENIED"),
            words(499, "Access Denied"),
            words(499, "`AccessDenied`"),
            words(499, "HTTP response code: 403"),
            words(499, "SignatureDoesNotMatch"),
            words(499, "InvalidAccessKeyId"),
            words(499, "ExpiredToken"),
        ])
        .explained("
S3 answered 403. The answer is the same for a wrong key, a wrong secret, a key without the right, and an expired
key: the first request is a HEAD, and its answer has no body.

BACKUP and RESTORE run in the server. The environment variables of `clickhouse-client` or of houseplan do not
affect them. The key in the statement counts or, if there is none, the role or the environment of the server.
ListBucket is a right on the bucket itself; the others are rights on its objects (`arn:aws:s3:::bucket` and
`arn:aws:s3:::bucket/*`). Without ListBucket, a missing object is also answered with 403.

Temporary credentials expire after 1 to 12 hours. They need their session token, which the store has in the
environment as `session_token` or in `credentials`.");

    TOKEN_EXPIRED = Entry::new("houseplan::store::token_expired", "the session token of the store `{store}` has expired{?why}")
        .help("give the store a newer one (houseplan reads its source when it starts, and a file or a command again near the end of the token), and take the run up with `houseplan resume`")
        .explained("
Credentials with a session token are temporary. houseplan knows their end from `expires` in the environment, or
from `Expiration` in the answer of STS. Ten minutes before it, it reads their source again: a command or a file may
give newer ones, and then the named collections on the servers get those. An environment variable does not change
in a running process.

A BACKUP or RESTORE that is at work keeps the credentials that it began with, whatever comes after them. If they
end under it, it fails; a new attempt of a backup goes to a new path. Ask for a token that lasts longer than the
longest step.");

    TOKEN_ENDS_TOO_EARLY = Entry::new("houseplan::store::token_ends_too_early", "the session token of the store `{store}` ends before the backup could{?why}")
        .help("ask for a token that lasts longer (for a role: `--duration-seconds` of `aws sts assume-role`, up to the limit of the role), or back up in parts")
        .explained("
A BACKUP keeps the credentials that it began with until its end. houseplan compares the bytes of the tables with
the time that is left, at the plan's max_backup_bandwidth or at 25 Gbit/s, which is faster than most stores. So a
token that passes may still be too short. Nothing was sent.");

    TOKEN_NOT_SENT = Entry::new("houseplan::store::token_not_sent", "{member} does not send the session token in BACKUP and RESTORE")
        .cause("with the same named collection, its table function `s3` is let into the store, and RESTORE is denied")
        .help("upgrade the server to ClickHouse 26.7 or newer; or use a lasting access key, or the own role of the servers (no keys in the environment)")
        .explained("
A session token reaches BACKUP and RESTORE only through a named collection. ClickHouse 26.1 to 26.5 take one that
was made by a statement and leave its `session_token` out, so that the store denies the access. 26.7 and 26.9 send
it. houseplan does not go by version numbers, for patches change this: it made the collection, let the table
function list with it, and let RESTORE look for a backup that does not exist. The collection is dropped again, and
nothing else was done.");

    COLLECTION_NOT_USABLE = Entry::new("houseplan::store::collection_not_usable", "on {member}, BACKUP and RESTORE do not know named collections that a statement has made")
        .cause("this server looks for them in its configuration file only")
        .help("upgrade the server (26.7 or newer for a session token; for `named_collection` 26.1, or 25.8.16, 25.10.6, 25.11.8, 25.12.5); or use a lasting access key without `named_collection`, or the own role of the servers")
        .explained("
A session token reaches BACKUP and RESTORE only through a named collection, and houseplan makes one for the run.
Older servers take only collections of their configuration there. houseplan asked the server by a RESTORE from a
collection that does not exist: it answers that there is none in its configuration. No secret was sent, and nothing
was made.");

    COLLECTION_NOT_MADE = Entry::new("houseplan::store::collection_not_made", "the named collection for the store `{store}` was not made on {member}")
        .help("a run makes it when it begins; outside of a run there is none")
        .explained("
The environment lets the servers into this store by a named collection that exists only while a run goes on. A
check of `render --check` that reads the store through a server cannot be read before.");

    RIGHT_MISSING = Entry::new("houseplan::store::right_missing", "the key of the store `{store}` lacks the right {rights}")
        .help("add it to the policy of the key; `houseplan iam-policy PLAN --env ENVIRONMENT` prints the least policy, and which step uses which right")
        .explained("
A store answers 403 and does not say which right is missing. So houseplan tried to put, get, list and delete a
small object with the same key, at the path of the probe: what it names here was denied, and the rest was not. An
object that it put and could not delete is still there, as `.right` below the path of the probe.

s3:ListBucket is a right on the bucket, the others are rights on its objects. Without ListBucket, an object that
does not exist is answered with 403 as well.");

    NO_SUCH_BUCKET = Entry::new("houseplan::store::no_such_bucket", "the bucket does not exist")
        .help("create the bucket, or correct the `url` of the store in the environment (it contains the name of the bucket)")
        .signs(&[words(499, "specified bucket does not exist"), words(499, "NoSuchBucket"), words(499, "NO_SUCH_BUCKET")])
        .explained("
The store has no bucket with that name, in this region, at this address. houseplan does not create buckets. A RESTORE
from a bucket that does not exist fails like one from a backup that does not exist (599 BACKUP_NOT_FOUND).");

    UNREACHABLE = Entry::new("houseplan::store::unreachable", "{member} cannot reach the store")
        .cause("perhaps the store is down, or its address cannot be reached from the server")
        .help("check the `url` of the store: the server connects to it, not this machine")
        .temporary()
        .signs(&[
            words(499, "NETWORK_CONNECTION"),
            words(499, "Connection refused"),
            words(499, "Timeout"),
            words(499, "Host not found"),
            words(499, "Not found address of host"),
        ])
        .explained("
The server could not connect to the store. An address such as 127.0.0.1, or a name inside the cluster, means something
else there than on this machine.

By default a BACKUP tries 1,000 times, up to 5 s each, and seems to hang: the only sign is that nothing changes. To
shorten this, set backup_restore_s3_retry_attempts, backup_restore_s3_retry_initial_backoff_ms and
backup_restore_s3_retry_max_backoff_ms, not s3_retry_attempts.");

    UNREACHABLE_FROM_HERE = Entry::new("houseplan::store::unreachable_from_here", "this machine cannot reach the store")
        .cause("perhaps the store is down, or only the servers have a way to it")
        .help("check the `url` or the `endpoint` of the store from this machine; or say `through: <a ClickHouse target>`, so that a server reads it")
        .temporary()
        .explained("
Without `through`, houseplan reads the store itself, so this machine needs a way to it. Servers inside a cluster
often reach a store by a name that means nothing here. `remove` always needs a way from here: ClickHouse has no
statement that deletes an object.");

    FAILED = Entry::new("houseplan::store::failed", "the store refused a request of {member}")
        .help("read what the store said: if it expects another region, write that as `region` of the store; if there were too many requests, try again later")
        .temporary()
        .signs(&[code(499), code(693)])
        .explained("
S3 answered with an error that houseplan does not know. The message of the server has the code of the store and the
HTTP status. 503 `Slow Down` means too many requests: lower max_backup_bandwidth, or back up at another time.");

    NO_CREDENTIALS = Entry::new("houseplan::store::no_credentials", "this machine has no access key for the store")
        .help("give the store an access key in the environment, or say `through: <a ClickHouse target>`")
        .explained("
Servers reach a store without an access key with credentials of their own (a role). This machine has none. To read or
change something there, say `through` a server.");

    URL = Entry::new("houseplan::store::url", "the URL of the store has no bucket")
        .help("write it as https://BUCKET.s3.REGION.amazonaws.com/folder, as https://host:port/BUCKET/folder, or as s3://BUCKET/folder with `endpoint`")
        .explained("
A URL names its bucket in one of two ways. Where `s3` follows in the host, the bucket is what comes before it
(https://BUCKET.s3.eu-central-1.amazonaws.com/folder). Otherwise it is the first part of the path
(https://host:port/BUCKET/folder). The folder may be left out. ClickHouse reads URLs in the same way, so houseplan and
the servers always use the same bucket. s3://BUCKET/folder stands for AWS in the `region` of the store, or for the
service at `endpoint`; `force_path_style` chooses the way.");

    PATH = Entry::new("houseplan::store::path", "this path in the store cannot be used")
        .help("choose a path that is not empty, and write only letters, digits and `-_.=+@:,;~!&'()` between its `/`")
        .explained("
A path in a store must not be empty: houseplan removes or inspects nothing at the root of a store. It must not
contain what means something else in a URL or in a pattern of ClickHouse (`%#?*{}[]$` and quotes), blanks, control
characters, `//`, `.` or `..`. Servers decode a `%41` of a path, cut it off at `#` and take `{a,b}` for two paths,
so a backup would lie elsewhere than it says.");

    UNKNOWN_OBJECT = Entry::new("houseplan::store::unknown_object", "an object in the store has a name that houseplan does not understand")
        .help("look at the object; rename or remove it, or use a path where no such objects are")
        .explained("
houseplan leaves out no object that it finds below a path: it would then say that a file of a backup is missing, or
that everything was removed. A name such as `a//b`, or one outside of the path that was asked for, stops it.");

    NOT_FOUND = Entry::new("houseplan::store::not_found", "the object does not exist")
        .help("list what is there with `s3: { list: … }`")
        .explained("
The store has no object with that key. Paths are below the URL that the environment gives the store, and upper and
lower case differ.");

    CANNOT_DELETE = Entry::new("houseplan::store::cannot_delete", "{member} could not delete its object `.lock` in the store")
        .help("give the access key the right s3:DeleteObject")
        .explained("
BACKUP writes an object `.lock` and removes it at its end, so it needs the right to delete. The probe let the server
write a small backup, and its `.lock` is still there.");

    NOT_READABLE = Entry::new("houseplan::store::not_readable", "{member} cannot find in the store what it has just written there")
        .help("check that the access key has the rights s3:GetObject and s3:ListBucket, and that nothing deletes objects there")
        .explained("
Before anything else, the probe lets the server write a small backup and read it again. It was written, and was not
complete when it was read. A later restore would fail in the same way. Nothing else was done.");
}
