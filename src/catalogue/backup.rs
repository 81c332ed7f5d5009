//! BACKUP, and backups as such.

use super::{
    Entry,
    sign::{Activity, code, during, words, words_during},
};

const BACKUPS: &[Activity] = &[Activity::Backup, Activity::Restore, Activity::Inspect];
const RESTORE: &[Activity] = &[Activity::Restore];

entries! {
    ALREADY_EXISTS = Entry::new("houseplan::backup::already_exists", "there is already something at the backup's path")
        .cause("an earlier backup, or what an aborted one left (`.lock`)")
        .help("use a path of its own for each backup, as in `clickhouse-backup/{{ run.id }}`")
        .signs(&[code(598)])
        .explained("
A backup is never written over another. A whole backup is there (`.backup`), or an attempt that crashed left its
`.lock`, and every later BACKUP to this path is refused. Do not delete what you do not know to be worthless: choose
another path.");

    NOT_FOUND = Entry::new("houseplan::backup::not_found", "there is no backup at that path")
        .cause("the path or the bucket is another one, or the backup never became whole")
        .help("list the store below the path: a whole backup has a file `.backup` there")
        .signs(&[code(599)])
        .explained("
The server looked for `.backup` at the path and found none. The path is wrong, the bucket does not exist (a RESTORE
does not tell the two apart), the backup was cancelled or failed before its end (`.backup` is written last), or the
base of an incremental backup is gone.");

    S3_ARGUMENTS = Entry::new("houseplan::backup::s3_arguments", "S3() takes one or three arguments")
        .cause("a session token has no place in S3(…) of BACKUP and RESTORE")
        .help("S3('url') with the server's own credentials, S3('url', 'key', 'secret'), or a named collection, which can hold a session_token")
        .signs(&[words(42, "Backup S3 requires")])
        .explained("
`S3('url')`, or `S3('url', 'access key', 'secret')`. A fourth argument is refused. `session_token = '…'` as a named
argument is worse: it is accepted, and the token is silently not sent. The environment of the client has no effect,
for the server makes the connection. A session token works in one way:

    CREATE NAMED COLLECTION c AS url = '…', access_key_id = '…', secret_access_key = '…', session_token = '…'
    BACKUP … TO S3(c, 'path')");

    SESSION_TOKEN = Entry::new("houseplan::backup::session_token", "there is no setting for a session token")
        .cause("a session token is no setting of BACKUP, and none of the server's")
        .help("put the token into a named collection (`session_token = …`) and write S3(collection, 'path')")
        .signs(&[words(115, "session_token"), words(115, "use_environment_credentials")])
        .explained("
Neither `s3_session_token` nor `session_token` is a setting of ClickHouse. A session token is sent only from a named
collection: CREATE NAMED COLLECTION … session_token = '…' (made by SQL since 26.1, 25.12.5, 25.11.8, 25.10.6,
25.8.16). Create it for the run, drop it in `finally`. It also keeps the access key's id out of system.backups and the
process list.");

    SETTINGS_ORDER = Entry::new("houseplan::backup::settings_order", "SETTINGS of a BACKUP or RESTORE stand before ASYNC")
        .cause("behind ASYNC the server reads SETTINGS as those of the query, and those have no such name")
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
follows ASYNC belongs to the query as such, not to the backup.");

    ID_TAKEN = Entry::new("houseplan::backup::id_taken", "{member} already knows an operation with this id")
        .cause("the same attempt was sent before: it is under way, or it has ended")
        .help("look at it: SELECT status, error FROM system.backups WHERE id = …")
        .signs(&[
        words(36, "another backup with the same ID"),
        words(36, "another restore with the same ID"),
        words(36, "with the same ID"),
    ])
        .explained("
Each attempt has an id of its own, and a server takes an id once, as long as it does not restart: that is the fence
against doing it twice. houseplan meets this when it takes up work that it lost sight of, and then follows it. A
restart empties system.backups, and the id can be used again.");

    DESTINATION = Entry::new("houseplan::backup::destination", "the server does not understand the backup's destination")
        .help("the store's url looks like https://bucket.s3.region.amazonaws.com/folder or http://host:9000/bucket/folder")
        .signs(&[words(36, "Failed to parse S3"), words(36, "Bucket name ")])
        .explained("
The URL in S3(…) is none that the server can take a bucket from. It is made of the store's `url` and the path.");

    NAMED_COLLECTION = Entry::new("houseplan::backup::named_collection", "{member} has no such named collection")
        .help("create it on every server that backs up or restores (`SHOW NAMED COLLECTIONS`)")
        .signs(&[words(36, "There is no named collection"), code(669)])
        .explained("
S3(collection, 'path') takes the address and the credentials from a named collection of the server. Collections are
not replicated: each server needs its own, unless they are stored in Keeper.");

    ARCHIVE = Entry::new("houseplan::backup::archive", "the archive's format does not work on S3")
        .help("leave the ending out (a folder of files), or use `.tar.gz` or `.tar.zst`")
        .signs(&[words(36, "Zip archive format is not supported"), words(344, "rchive")])
        .explained("
Zip needs to seek, which S3 does not do well, and ClickHouse refuses it there, for reading old ones too. `.tar.gz` and
`.tar.zst` work. With ON CLUSTER no archive works (344). A plain folder is the only form whose files houseplan can
check one by one.");

    PASSWORD = Entry::new("houseplan::backup::password", "a backup on S3 cannot have a password")
        .help("leave `password` out, and encrypt the bucket (SSE) instead")
        .signs(&[words(36, "Password is not applicable"), words(48, "Setting a password")])
        .explained("
Neither a folder nor a tar archive can be encrypted, and Zip is refused on S3. Besides, SETTINGS password = '…' is
written into the server's log in clear.");

    PLACE_NOT_ALLOWED = Entry::new("houseplan::backup::place_not_allowed", "{member} does not allow backups at that place")
        .help("set `backups.allowed_path` or `backups.allowed_disk` in the server's configuration, or use a store")
        .signs(&[words(36, "is not allowed for backups"), words(318, "backups.allowed")])
        .explained("
File('…') and Disk('…', '…') write where the server's configuration allows it, and nowhere else.");

    SETTINGS = Entry::new("houseplan::backup::settings", "the server does not understand a setting's value of BACKUP or RESTORE")
        .help("quote words: create_table = 'must exist'; 0 and 1 stand bare")
        .signs(&[code(653), words(36, "Initial retry delay must not exceed")])
        .explained("
A value of a setting of BACKUP or RESTORE is none that it takes. `create_table` takes 'must exist', 0 or 1, but not a
bare false; an error in the setting's name is 115 instead.");

    DAMAGED = Entry::new("houseplan::backup::damaged", "the backup is damaged")
        .cause("a file is missing, or has another size or checksum than the backup's list says")
        .help("do not delete anything; take another backup if the source is still there, else restore what is whole, table by table")
        .signs(&[
        code(601),
        code(600),
        words_during(499, "HTTP response code: 404", RESTORE),
        words_during(499, "specified key does not exist", RESTORE),
        words_during(499, "NoSuchKey", RESTORE),
    ])
        .explained("
The backup's own list (`.backup`) and what lies beside it do not agree: objects were deleted (a lifecycle rule?), or
written over by another backup to the same path. Where an object is gone, the server says no more than 499 S3_ERROR with
404. RESTORE is no transaction: tables that it has finished stay. Table by table it brings back those whose files are
whole.");

    WRONG_BASE = Entry::new("houseplan::backup::wrong_base", "the base of the incremental backup does not fit")
        .help("keep the base in place: an incremental backup is worthless without it")
        .signs(&[code(602), code(603)])
        .explained("
An incremental backup holds what changed since its base and needs the base, at the same place, with the same id, to
be restored.");

    ENTRY_NOT_FOUND = Entry::new("houseplan::backup::entry_not_found", "the backup does not hold {table}")
        .help("see what it holds: its folders are metadata/<database>/<table>.sql")
        .signs(&[code(605)])
        .explained("
What was asked for is not in the backup. The table inside a materialized view (`.inner_id.<uuid>`) is never there
under its own name: restore the view, and its rows come with it.");

    CANCELLED = Entry::new("houseplan::backup::cancelled", "the BACKUP or RESTORE was cancelled on {member}")
        .cause("somebody killed it, or the server was shut down")
        .help("find out who; then a new attempt, at a new path")
        .signs(&[during(394, BACKUPS), during(236, BACKUPS)])
        .explained("
KILL QUERY ended it. Files may stay in the store, without `.backup`. KILL does not interrupt a file that is being
copied: an operation that was killed can still end as BACKUP_CREATED, so look at its status again.");

    NO_SUCH_DATABASE = Entry::new("houseplan::backup::no_such_database", "{member} has no such database")
        .help("see SHOW DATABASES on that server; a run keeps its inputs, so for another `database` give this one up and begin another")
        .signs(&[during(81, BACKUPS)])
        .explained("
What is to be backed up is not on this server. Its name is another one (names are case sensitive), or the environment
points the target at another server.");

    HOST_FAILED = Entry::new("houseplan::backup::host_failed", "the hosts did not come together for the backup")
        .cause("a host of the ON CLUSTER statement did not answer, or failed first")
        .help("look at system.backups on every host; the first error is the reason, the others follow from it")
        .temporary()
        .signs(&[code(655)])
        .explained("
BACKUP and RESTORE with ON CLUSTER meet in Keeper at each stage. A host that is down, or that failed, ends it for all
of them after a while.");

    UNKNOWN_STATEMENT = Entry::new("houseplan::backup::unknown_statement", "the server does not read this as a BACKUP statement")
        .cause("a mistake in the statement: the parser then takes BACKUP for a column's name")
        .help("compare it with `houseplan render`; the order is BACKUP … TO … SETTINGS … ASYNC")
        .signs(&[
        words(47, "identifier BACKUP"),
        words(47, "identifier RESTORE"),
        words(47, "`BACKUP`"),
        words(47, "'BACKUP'"),
        words(47, "'RESTORE'"),
    ])
        .explained("
A slip in a BACKUP or RESTORE statement is not answered with SYNTAX_ERROR but with 47 UNKNOWN_IDENTIFIER.");

    NO_TABLES = Entry::new("houseplan::backup::no_tables", "there is nothing to back up")
        .help("name at least one table, or the whole database")
        .explained("The list of tables that a `backup` was given is empty. A backup of nothing would look like one of something.");

    SETTING_REFUSED = Entry::new("houseplan::backup::setting_refused", "a setting of BACKUP or RESTORE is not the plan's to set")
        .help("leave it out; `into` and `base` say what is meant")
        .explained("
houseplan sets the settings itself that decide whether something can happen twice (`id`, `async`, `create_table`,
`allow_different_table_def`, `allow_non_empty_tables`, `structure_only`, `base_backup`). `password` is refused, because
ClickHouse writes it into its log in clear, and no format on S3 takes one. Other values are text, numbers or booleans.");

    ARCHIVE_IN_DOUBT = Entry::new("houseplan::backup::archive_in_doubt", "whether the archive is whole cannot be read from outside")
        .cause("{member} restarted while it wrote an archive")
        .help("try a restore of it elsewhere and settle the task as done, or remove it and `houseplan settle RUN TASK --attempt N --as not-done`")
        .explained("
A backup that ends in .tar.gz, .tar.zst or the like is one object. Its list of files is inside, so houseplan cannot see
from outside whether it is whole. Backups in a folder do not have this trouble.");
}
