//! The sandbox: the local cluster of the real engine.

use super::Entry;

entries! {
    NOT_FOUND = Entry::new("houseplan::sandbox::not_found", "`{dir}` is not a sandbox: it has no `sandbox.json`")
        .help("create one with `houseplan sandbox up --dir {dir}`, or name another folder")
        .explained("
A sandbox is a folder with a file `sandbox.json`, which says which servers it has and where. This folder has none.");

    NOT_A_SANDBOX = Entry::new("houseplan::sandbox::not_a_sandbox", "`{dir}` is not empty and not a sandbox")
        .help("name an empty or a new folder with `--dir`")
        .explained("
`sandbox up` keeps the data of its servers in a folder of its own, and `sandbox down --purge` deletes that folder.
Therefore it does not use a folder with other files. Nothing was changed.");

    STATE_UNREADABLE = Entry::new("houseplan::sandbox::state_unreadable", "the state of the sandbox, `{file}`, cannot be read: {reason}")
        .cause("perhaps another version of houseplan wrote it, or it was damaged")
        .help("stop its processes with the version that created it, then delete the folder")
        .explained("
`sandbox.json` says which processes belong to the sandbox. Without it houseplan stops and starts none of them.");

    DIFFERS = Entry::new("houseplan::sandbox::differs", "the sandbox in `{dir}` has {existing}, not {wanted}")
        .help("`houseplan sandbox down --purge` deletes it; or use another `--dir`")
        .explained("
`sandbox up` on an existing sandbox starts the servers that do not run. It cannot change the number of replicas or the
ports, because the data of the servers depend on them.");

    ENGINE_DIFFERS = Entry::new("houseplan::sandbox::engine_differs", "{name} in the sandbox `{dir}` runs ClickHouse {runs}, not {wanted}")
        .help("`houseplan sandbox upgrade {name} {wanted} --dir {dir}` starts it as that version, on the same data")
        .explained("
`sandbox up` on an existing sandbox does not change the version of its servers. `sandbox upgrade` starts a server as a
newer version on its data, as an upgrade in production does.");

    ENGINE_TOO_NEW = Entry::new("houseplan::sandbox::engine_too_new", "{name} in the sandbox `{dir}` runs ClickHouse {runs}, which is newer than {wanted}")
        .help("use another `--dir`, or delete this sandbox with `houseplan sandbox down --purge --dir {dir}`; houseplan does not start a server as an older version on the data of a newer one")
        .explained("
`sandbox up` on an existing sandbox does not change the version of its servers. An older version of ClickHouse may not
be able to read the data of a newer one.");

    DOWNGRADE = Entry::new("houseplan::sandbox::downgrade", "{name} runs ClickHouse {runs}, and ClickHouse {wanted} may not be able to read its data; nothing was stopped")
        .help("a server can only be upgraded. For an older version create another sandbox: `houseplan sandbox up --engine {wanted} --dir FOLDER`; this one is in `{dir}`")
        .explained("
`sandbox upgrade` starts servers as another version of ClickHouse on their data. An older version may not be able to
read the data of a newer one, so houseplan refuses that before it stops anything.");

    MISSING_PROGRAM = Entry::new("houseplan::sandbox::missing_program", "the sandbox needs {what}, which was not found")
        .help("{remedy}")
        .explained("
The sandbox is made of real parts: the ClickHouse engine (a Python package), ZooKeeper (which needs Java), and an S3
server inside houseplan. A program that they need is not on the PATH. Install it, then `houseplan sandbox up` again.");

    ENGINE_SETUP = Entry::new("houseplan::sandbox::engine_setup", "`{command}` failed: {reason}")
        .cause("the engine could not be installed")
        .help("check that this machine has a network and 500 to 800 MB of free disk for each version of ClickHouse; then run the command again. An engine is installed once on a machine, with the tools of Python")
        .temporary()
        .explained("
The first `sandbox up` installs the ClickHouse engine into a cache of the user. Later ones use it from there.");

    PORTS_TAKEN = Entry::new("houseplan::sandbox::ports_taken", "ports {base} to {last} on 127.0.0.1 are not all free")
        .cause("another process uses them, perhaps another sandbox")
        .help("choose others with `--base-port`, or omit it: then houseplan chooses free ports")
        .temporary()
        .explained("
A sandbox uses a block of neighbouring ports, one or more for each server, so that its addresses stay the same.");

    START_FAILED = Entry::new("houseplan::sandbox::start_failed", "{name} did not start: {reason}")
        .help("its output is in `{log}`; the last lines:\n{tail}")
        .temporary()
        .explained("
The process ended, or did not answer in time. Often the machine has too little memory for one more server: `houseplan
sandbox status` shows how much each of them uses.");

    UNKNOWN_SERVER = Entry::new("houseplan::sandbox::unknown_server", "there is no server `{name}` in this sandbox")
        .help("it has: {known}")
        .explained("
The servers are `source`, `replica1`, `replica2` and so on, `keeper` and `s3`. `houseplan sandbox status` lists them.");

    SOURCE_REMOVED = Entry::new("houseplan::sandbox::source_removed", "the source is gone: `sandbox migrate` removed it, and it cannot be undone")
        .help("`houseplan sandbox reset` creates a fresh cluster with an empty source")
        .explained("
When LangSmith is moved to a replicated cluster, its migrations run against the new servers and the old server is
deleted. The sandbox does the same. So a plan that still needs the source after that fails here, and not in
production.");

    UNREACHABLE = Entry::new("houseplan::sandbox::unreachable", "{name} does not answer: {reason}")
        .help("`houseplan sandbox status` shows what runs, `houseplan sandbox up` starts what does not")
        .temporary()
        .explained("
The server was stopped, was killed (which is a good way to test a plan), or has not started yet.");

    REFUSED = Entry::new("houseplan::sandbox::refused", "{name} refused a statement: {text}")
        .help("the statement: {statement}")
        .explained("
`sandbox load`, `migrate` and `reset` send statements of their own. The server refused one of them. The statements
after it were not sent.");

    // The first sentence is that of golang-migrate, word for word.
    DIRTY = Entry::new("houseplan::sandbox::dirty", "Dirty database version {version}. Fix and force version.")
        .help("migration {version} started and did not end. Undo or finish it by hand, then mark it: INSERT INTO {database}.schema_migrations (version, dirty, sequence) VALUES ({version}, 0, toUInt64(toUnixTimestamp64Nano(now64(9))))")
        .explained("
The sandbox migrates as golang-migrate does, which LangSmith uses: it marks a version as dirty before its statements
and as clean after them. A migration that failed in the middle stays dirty, and nothing goes on until somebody has
looked.");

    MIGRATION_INVALID = Entry::new("houseplan::sandbox::migration_invalid", "migration `{file}`: {reason}")
        .help("name files `NNN_title.up.sql`, each version once, as golang-migrate does")
        .explained("
The folder of migrations has a file that is not a migration, or two files of one version. None of them was sent.");

    ALREADY_LOADED = Entry::new("houseplan::sandbox::already_loaded", "database `{database}` on the source already holds data")
        .help("`houseplan sandbox reset` empties the sandbox; `--append` adds to the data")
        .explained("
`sandbox load` fills an empty source, so that its content is known. It adds to existing data only if you say so.");

    IO = Entry::new("houseplan::sandbox::io", "cannot {doing} `{path}`")
        .help("check that you may write to the folder and that its disk has space")
        .explained("
The file system refused something in the folder of the sandbox. The error of the system is shown with it. A sandbox
with two replicas and a million rows needs about a gigabyte.");
}
