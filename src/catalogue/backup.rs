//! BACKUP, and backups as such.

use super::{
    Entry,
    sign::{Activity, code, during, words, words_during},
};

const BACKUPS: &[Activity] = &[Activity::Backup, Activity::Restore, Activity::Inspect];
const RESTORE: &[Activity] = &[Activity::Restore];

entries! {
    ALREADY_EXISTS = Entry::new("houseplan::backup::already_exists", "the path of the backup is already in use")
        .cause("an earlier backup is there, or the file `.lock` of an attempt that failed")
        .help("use another path for each backup, as in `clickhouse-backup/{{ run.id }}`")
        .signs(&[code(598)])
        .explained("
A backup never overwrites another one. Either a complete backup is there (`.backup`), or an attempt that crashed left
its `.lock`; then every later BACKUP to this path is refused. Do not delete anything unless you know that nobody needs
it: choose another path.");

    NOT_FOUND = Entry::new("houseplan::backup::not_found", "there is no backup at that path")
        .cause("perhaps the path or the bucket is wrong, or the backup was never completed")
        .help("list the store below the path: a complete backup has a file `.backup` there")
        .signs(&[code(599)])
        .explained("
The server looked for `.backup` at the path and found none. The path is wrong, the bucket does not exist (a RESTORE
gives the same error), the backup was cancelled or failed before its end (`.backup` is written last), or the base of
an incremental backup is gone.");

    BASE_BY_COLLECTION = Entry::new("houseplan::backup::base_by_collection", "a backup cannot build on another one in the store `{store}`, which servers reach by a named collection of the run")
        .help("leave `base` out; or use a lasting access key without `named_collection`")
        .explained("
A backup that builds on another one names it in its `.backup` file, with the named collection where there is one.
The collection of a run is dropped when the run ends, so that nobody could restore the backup by its own account:
RESTORE would fail with `There is no named collection` *(run, 26.9)*. Nothing was sent.");

    S3_ARGUMENTS = Entry::new("houseplan::backup::s3_arguments", "S3() takes one or three arguments")
        .cause("S3(…) of BACKUP and RESTORE takes no session token")
        .help("S3('url') with the credentials of the server, S3('url', 'key', 'secret'), or a named collection, which can have a session_token")
        .signs(&[words(42, "Backup S3 requires")])
        .explained("
`S3('url')`, or `S3('url', 'access key', 'secret')`. A fourth argument is refused. `session_token = '…'` as a named
argument is worse: the server accepts it and does not send the token. The environment of the client has no effect,
because the server makes the connection. A session token works in one way only:

    CREATE NAMED COLLECTION c AS url = '…', access_key_id = '…', secret_access_key = '…', session_token = '…'
    BACKUP … TO S3(c, 'path')");

    SESSION_TOKEN = Entry::new("houseplan::backup::session_token", "there is no setting for a session token")
        .cause("neither BACKUP nor the server has such a setting")
        .help("put the token into a named collection (`session_token = …`) and write S3(collection, 'path')")
        .signs(&[words(115, "session_token"), words(115, "use_environment_credentials")])
        .explained("
Neither `s3_session_token` nor `session_token` is a setting of ClickHouse. A session token is sent only from a named
collection: CREATE NAMED COLLECTION … session_token = '…' (in SQL since 26.1, 25.12.5, 25.11.8, 25.10.6, 25.8.16).
Create it for the run, drop it in `finally`. It also keeps the id of the access key out of system.backups and the
process list.");

    SETTINGS_ORDER = Entry::new("houseplan::backup::settings_order", "SETTINGS of a BACKUP or RESTORE must be before ASYNC")
        .cause("after ASYNC the server reads SETTINGS as settings of the query, and those have no such name")
        .help("write `… SETTINGS id = '…' ASYNC`")
        .signs(&[
            words(115, "'id'"),
            words(115, "'structure_only'"),
            words(115, "'allow_non_empty_tables'"),
            words(115, "'allow_different_table_def'"),
            words(115, "'base_backup'"),
        ])
        .explained("
`BACKUP … TO S3(…) ASYNC SETTINGS id = 'x'` fails with 115 UNKNOWN_SETTING, `… SETTINGS id = 'x' ASYNC` works: what
follows ASYNC belongs to the query, not to the backup.");

    ID_TAKEN = Entry::new("houseplan::backup::id_taken", "{member} already knows an operation with this id")
        .cause("the same attempt was sent before: it is running, or it has ended")
        .help("look at it: SELECT status, error FROM system.backups WHERE id = …")
        .signs(&[
            words(36, "another backup with the same ID"),
            words(36, "another restore with the same ID"),
            words(36, "with the same ID"),
        ])
        .explained("
Each attempt has its own id, and a server accepts an id once, until it restarts. This prevents doing the same twice.
houseplan gets this error when it returns to an operation that it no longer followed, and then follows it. A restart
empties system.backups, and the id can be used again.");

    DESTINATION = Entry::new("houseplan::backup::destination", "the server does not understand the destination of the backup")
        .help("the `url` of the store must look like https://bucket.s3.region.amazonaws.com/folder or http://host:9000/bucket/folder")
        .signs(&[words(36, "Failed to parse S3"), words(36, "Bucket name ")])
        .explained("
The server finds no bucket in the URL in S3(…). houseplan makes this URL from the `url` of the store and the path.");

    NAMED_COLLECTION = Entry::new("houseplan::backup::named_collection", "{member} has no such named collection")
        .help("create it on every server that backs up or restores (`SHOW NAMED COLLECTIONS`)")
        .signs(&[words(36, "There is no named collection"), code(669)])
        .explained("
S3(collection, 'path') takes the address and the credentials from a named collection of the server. Collections are
not replicated: each server needs its own, unless they are stored in Keeper.");

    ARCHIVE = Entry::new("houseplan::backup::archive", "this archive format does not work on S3")
        .help("omit the file extension (then it is a folder of files), or use `.tar.gz` or `.tar.zst`")
        .signs(&[words(36, "Zip archive format is not supported"), words(344, "rchive")])
        .explained("
ClickHouse refuses Zip on S3, also to read an old archive, because Zip needs to seek. `.tar.gz` and `.tar.zst` work.
With ON CLUSTER no archive works (344). houseplan can check the files of a backup one by one only in a plain folder.");

    PASSWORD = Entry::new("houseplan::backup::password", "a backup on S3 cannot have a password")
        .help("omit `password`, and encrypt the bucket (SSE) instead")
        .signs(&[words(36, "Password is not applicable"), words(48, "Setting a password")])
        .explained("
Neither a folder nor a tar archive can be encrypted, and Zip is refused on S3. Besides, the server writes SETTINGS
password = '…' into its log as plain text.");

    PLACE_NOT_ALLOWED = Entry::new("houseplan::backup::place_not_allowed", "{member} does not allow backups at that place")
        .help("set `backups.allowed_path` or `backups.allowed_disk` in the configuration of the server, or use a store")
        .signs(&[words(36, "is not allowed for backups"), words(318, "backups.allowed")])
        .explained("
File('…') and Disk('…', '…') write only where the configuration of the server allows it.");

    SETTINGS = Entry::new("houseplan::backup::settings", "the server does not understand the value of a setting of BACKUP or RESTORE")
        .help("put words in quotes: create_table = 'must exist'; write 0 and 1 without quotes")
        .signs(&[code(653), words(36, "Initial retry delay must not exceed")])
        .explained("
A setting of BACKUP or RESTORE has a value that it does not accept. `create_table` takes 'must exist', 0 or 1, but not
false. A mistake in the name of a setting gives 115 instead.");

    DAMAGED = Entry::new("houseplan::backup::damaged", "the backup is damaged")
        .cause("a file is missing, or has another size or checksum than the list of the backup says")
        .help("do not delete anything; take another backup if the source still exists, otherwise restore the complete tables, one by one")
        .signs(&[
            code(601),
            code(600),
            words_during(499, "HTTP response code: 404", RESTORE),
            words_during(499, "specified key does not exist", RESTORE),
            words_during(499, "NoSuchKey", RESTORE),
        ])
        .explained("
The list of the backup (`.backup`) and its files differ. Objects may have been deleted (by a lifecycle rule?), or
overwritten by another backup to the same path. If an object is gone, the server says only 499 S3_ERROR with 404.
RESTORE is not a transaction: tables that it has finished stay. Table by table it restores those whose files are
complete.");

    WRONG_BASE = Entry::new("houseplan::backup::wrong_base", "the base of the incremental backup is not the right one")
        .help("keep the base where it is: an incremental backup is useless without it")
        .signs(&[code(602), code(603)])
        .explained("
An incremental backup has only what changed since its base. To restore it, the base must be at the same place, with
the same id.");

    ENTRY_NOT_FOUND = Entry::new("houseplan::backup::entry_not_found", "the backup does not contain {table}")
        .help("look at what it contains: its folders are metadata/<database>/<table>.sql")
        .signs(&[code(605)])
        .explained("
The backup does not contain what was asked for. The table inside a materialized view (`.inner_id.<uuid>`) is never
there under its own name: restore the view, and its rows are restored with it.");

    CANCELLED = Entry::new("houseplan::backup::cancelled", "the BACKUP or RESTORE was cancelled on {member}")
        .cause("perhaps somebody killed it, or the server was shut down")
        .help("find out who cancelled it; then start a new attempt, at a new path")
        .signs(&[during(394, BACKUPS), during(236, BACKUPS)])
        .explained("
KILL QUERY or a shutdown ended it. Files may stay in the store, without `.backup`. KILL does not interrupt the copy of
a file: an operation that was killed can still end as BACKUP_CREATED, so look at its status again.");

    NO_SUCH_DATABASE = Entry::new("houseplan::backup::no_such_database", "{member} has no such database")
        .help("see SHOW DATABASES on that server; a run cannot change its inputs: for another `database`, abandon it and start a new run")
        .signs(&[during(81, BACKUPS)])
        .explained("
This server does not have the database to back up. The name is wrong (upper and lower case differ), or the environment
has the address of another server for this target.");

    HOST_FAILED = Entry::new("houseplan::backup::host_failed", "a host of the cluster did not take part in the BACKUP or RESTORE")
        .cause("perhaps a host of the ON CLUSTER statement did not answer, or failed first")
        .help("look at system.backups on every host; the first error is the reason, the others follow from it")
        .temporary()
        .signs(&[code(655)])
        .explained("
BACKUP and RESTORE with ON CLUSTER wait for all hosts at each stage, through Keeper. If a host is down or fails, the
operation fails on all hosts after some time.");

    UNKNOWN_STATEMENT = Entry::new("houseplan::backup::unknown_statement", "the server does not recognise the BACKUP or RESTORE statement")
        .cause("the statement has a mistake: then the parser takes BACKUP for the name of a column")
        .help("compare it with `houseplan render`; the order is BACKUP … TO … SETTINGS … ASYNC")
        .signs(&[
            words(47, "identifier BACKUP"),
            words(47, "identifier RESTORE"),
            words(47, "`BACKUP`"),
            words(47, "'BACKUP'"),
            words(47, "'RESTORE'"),
        ])
        .explained("
A mistake in a BACKUP or RESTORE statement gives 47 UNKNOWN_IDENTIFIER instead of SYNTAX_ERROR.");

    NO_TABLES = Entry::new("houseplan::backup::no_tables", "there is nothing to back up: the list of tables is empty")
        .help("name at least one table, or the whole database")
        .explained("
The list of tables for a `backup` is empty. A backup of nothing would look like a good one. Nothing was sent.");

    SETTING_REFUSED = Entry::new("houseplan::backup::setting_refused", "a plan may not set this setting of BACKUP or RESTORE")
        .help("remove it; `into` and `base` say what is meant")
        .explained("
houseplan itself sets the settings that decide whether something can happen twice (`id`, `async`, `create_table`,
`allow_different_table_def`, `allow_non_empty_tables`, `structure_only`, `base_backup`). `password` is refused,
because ClickHouse writes it into its log as plain text, and no format on S3 accepts one. Other values must be text,
numbers or booleans.");

    ARCHIVE_IN_DOUBT = Entry::new("houseplan::backup::archive_in_doubt", "it is unknown whether the archive is complete")
        .cause("{member} restarted while it wrote an archive, and the content of an archive cannot be checked from outside")
        .help("try a restore of it elsewhere and settle the task as done, or remove it and `houseplan settle {run} {task} --attempt {attempt} --as not-done`")
        .explained("
A backup that ends in .tar.gz, .tar.zst or the like is one object. Its list of files is inside, so houseplan cannot
see from outside whether it is complete. A backup in a folder does not have this problem.");
}
