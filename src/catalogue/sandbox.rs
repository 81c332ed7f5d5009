//! The sandbox: the local cluster of the real engine.

use super::Entry;

entries! {
    NOT_FOUND = Entry::new("houseplan::sandbox::not_found", "there is no sandbox in this folder")
        .help("`houseplan sandbox up` brings one up; --dir names another folder")
        .explained("
A sandbox is a folder with a `sandbox.json`, which says which servers it has and where. This one has none.");

    NOT_A_SANDBOX = Entry::new("houseplan::sandbox::not_a_sandbox", "the folder holds something else")
        .help("name an empty or a new folder with --dir")
        .explained("
`sandbox up` makes its servers' data in a folder of its own, and `sandbox down --purge` removes that folder. So
it takes none that holds something else. Nothing was touched.");

    STATE_UNREADABLE = Entry::new("houseplan::sandbox::state_unreadable", "the sandbox's state cannot be read")
        .cause("another version of houseplan wrote it, or it was damaged")
        .help("stop its processes with the version that made it, then remove the folder")
        .explained("
`sandbox.json` says which processes belong to the sandbox. Without understanding it, none is stopped or started.");

    DIFFERS = Entry::new("houseplan::sandbox::differs", "the sandbox is there already, and is another one")
        .help("`houseplan sandbox down --purge` removes it; or use another --dir beside it")
        .explained("
`sandbox up` on a sandbox that is there starts what does not run. It does not change how many replicas it has,
or its ports: their data would not fit.");

    MISSING_PROGRAM = Entry::new("houseplan::sandbox::missing_program", "a program that the sandbox is made of was not found")
        .help("install what is named, then `houseplan sandbox up` again")
        .explained("
The sandbox is made of real parts: the ClickHouse engine (Python's package of it), ZooKeeper (which needs Java),
and an S3 server that is inside houseplan. One of the programs that they need is not on the PATH.");

    ENGINE_SETUP = Entry::new("houseplan::sandbox::engine_setup", "the engine could not be installed")
        .help("it is installed once, with Python's own tools; it needs a network and about 1 GB of disk")
        .temporary()
        .explained("
The first `sandbox up` installs the ClickHouse engine into a cache of the user's, and later ones use it from
there.");

    PORTS_TAKEN = Entry::new("houseplan::sandbox::ports_taken", "the sandbox's ports are not all free")
        .cause("something else listens on 127.0.0.1, perhaps another sandbox")
        .help("choose others with --base-port, or leave it out to have free ones chosen")
        .temporary()
        .explained("
A sandbox takes a block of neighbouring ports, one or more for each server, so that its addresses stay the same.");

    START_FAILED = Entry::new("houseplan::sandbox::start_failed", "a server of the sandbox did not start")
        .help("its log says why; the last lines of it are shown")
        .temporary()
        .explained("
The process ended, or did not answer in time. Often the machine has too little memory for one more server:
`houseplan sandbox status` shows what each of them takes.");

    UNKNOWN_SERVER = Entry::new("houseplan::sandbox::unknown_server", "the sandbox has no such server")
        .help("`houseplan sandbox status` lists its servers")
        .explained("
The servers are called `source`, `replica1`, `replica2` and so on, `keeper` and `s3`; this name is none of them.");

    SOURCE_REMOVED = Entry::new("houseplan::sandbox::source_removed", "the source is gone for good")
        .cause("`sandbox migrate` removed it, as the real migration does")
        .help("`houseplan sandbox reset` brings back a fresh cluster with an empty source")
        .explained("
Where LangSmith is moved to a replicated cluster, its migrations run against the new servers and the old one is
deleted. The sandbox does the same, so that a plan which still needs the source then fails here, and not in
production.");

    UNREACHABLE = Entry::new("houseplan::sandbox::unreachable", "a server of the sandbox does not answer")
        .help("`houseplan sandbox status` shows what runs, `houseplan sandbox up` starts what is dead")
        .temporary()
        .explained("
The server was stopped, was killed (which is a good way to try a plan), or has not come up yet.");

    REFUSED = Entry::new("houseplan::sandbox::refused", "ClickHouse refused a statement of the sandbox's own")
        .help("the statement and the server's words are shown")
        .explained("
`sandbox load`, `migrate` and `reset` send statements of their own. The server refused one, and what came after
it was not sent.");

    DIRTY = Entry::new("houseplan::sandbox::dirty", "a migration began and did not end")
        .help("undo or finish it by hand, then mark it as not dirty in schema_migrations")
        .explained("
The sandbox migrates as golang-migrate does, which LangSmith uses: a version is marked as dirty before its
statements are sent and as clean after them. One that failed half-way stays dirty, and nothing goes on until
somebody has looked.");

    MIGRATION_INVALID = Entry::new("houseplan::sandbox::migration_invalid", "a migration's file cannot be used")
        .help("files are named `NNN_title.up.sql`, each version once, as golang-migrate has them")
        .explained("
A folder of migrations holds something that is no migration, or two of one version. None of them was sent.");

    ALREADY_LOADED = Entry::new("houseplan::sandbox::already_loaded", "the source holds data already")
        .help("`houseplan sandbox reset` empties the sandbox; `--append` loads on top")
        .explained("
`sandbox load` fills an empty source, so that what is in it is known. It does not add to what is there unless
you say so.");

    IO = Entry::new("houseplan::sandbox::io", "a file of the sandbox cannot be read or written")
        .help("see that the folder is yours and that its disk has room")
        .explained("
The file system refused something in the sandbox's folder. A sandbox with two replicas and a million rows takes
about a gigabyte.");
}
