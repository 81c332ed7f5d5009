//! The sandbox: the local cluster of the real engine.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "houseplan::sandbox::not_found",
        title: "there is no sandbox in this folder",
        cause: None,
        help: "`houseplan sandbox up` brings one up; --dir names another folder",
        temporary: false,
        signs: &[],
        explanation: "
A sandbox is a folder with a `sandbox.json`, which says which servers it has and where. This one has none.",
    },
    Entry {
        code: "houseplan::sandbox::not_a_sandbox",
        title: "the folder holds something else",
        cause: None,
        help: "name an empty or a new folder with --dir",
        temporary: false,
        signs: &[],
        explanation: "
`sandbox up` makes its servers' data in a folder of its own, and `sandbox down --purge` removes that folder. So
it takes none that holds something else. Nothing was touched.",
    },
    Entry {
        code: "houseplan::sandbox::state",
        title: "the sandbox's state cannot be read",
        cause: Some("another version of houseplan wrote it, or it was damaged"),
        help: "stop its processes with the version that made it, then remove the folder",
        temporary: false,
        signs: &[],
        explanation: "
`sandbox.json` says which processes belong to the sandbox. Without understanding it, none is stopped or started.",
    },
    Entry {
        code: "houseplan::sandbox::differs",
        title: "the sandbox is there already, and is another one",
        cause: None,
        help: "`houseplan sandbox down --purge` removes it; or use another --dir beside it",
        temporary: false,
        signs: &[],
        explanation: "
`sandbox up` on a sandbox that is there starts what does not run. It does not change how many replicas it has,
or its ports: their data would not fit.",
    },
    Entry {
        code: "houseplan::sandbox::missing_program",
        title: "a program that the sandbox is made of was not found",
        cause: None,
        help: "install what is named, then `houseplan sandbox up` again",
        temporary: false,
        signs: &[],
        explanation: "
The sandbox is made of real parts: the ClickHouse engine (Python's package of it), ZooKeeper (which needs Java),
and an S3 server that is inside houseplan. One of the programs that they need is not on the PATH.",
    },
    Entry {
        code: "houseplan::sandbox::engine_setup",
        title: "the engine could not be installed",
        cause: None,
        help: "it is installed once, with Python's own tools; it needs a network and about 1 GB of disk",
        temporary: true,
        signs: &[],
        explanation: "
The first `sandbox up` installs the ClickHouse engine into a cache of the user's, and later ones use it from
there.",
    },
    Entry {
        code: "houseplan::sandbox::ports",
        title: "the sandbox's ports are not all free",
        cause: Some("something else listens on 127.0.0.1, perhaps another sandbox"),
        help: "choose others with --base-port, or leave it out to have free ones chosen",
        temporary: true,
        signs: &[],
        explanation: "
A sandbox takes a block of neighbouring ports, one or more for each server, so that its addresses stay the same.",
    },
    Entry {
        code: "houseplan::sandbox::start",
        title: "a server of the sandbox did not start",
        cause: None,
        help: "its log says why; the last lines of it are shown",
        temporary: true,
        signs: &[],
        explanation: "
The process ended, or did not answer in time. Often the machine has too little memory for one more server:
`houseplan sandbox status` shows what each of them takes.",
    },
    Entry {
        code: "houseplan::sandbox::unknown_server",
        title: "the sandbox has no such server",
        cause: None,
        help: "`houseplan sandbox status` lists its servers",
        temporary: false,
        signs: &[],
        explanation: "
The servers are called `source`, `replica1`, `replica2` and so on, `keeper` and `s3`; this name is none of them.",
    },
    Entry {
        code: "houseplan::sandbox::source_removed",
        title: "the source is gone for good",
        cause: Some("`sandbox migrate` removed it, as the real migration does"),
        help: "`houseplan sandbox reset` brings back a fresh cluster with an empty source",
        temporary: false,
        signs: &[],
        explanation: "
Where LangSmith is moved to a replicated cluster, its migrations run against the new servers and the old one is
deleted. The sandbox does the same, so that a plan which still needs the source then fails here, and not in
production.",
    },
    Entry {
        code: "houseplan::sandbox::unreachable",
        title: "a server of the sandbox does not answer",
        cause: None,
        help: "`houseplan sandbox status` shows what runs, `houseplan sandbox up` starts what is dead",
        temporary: true,
        signs: &[],
        explanation: "
The server was stopped, was killed (which is a good way to try a plan), or has not come up yet.",
    },
    Entry {
        code: "houseplan::sandbox::refused",
        title: "ClickHouse refused a statement of the sandbox's own",
        cause: None,
        help: "the statement and the server's words are shown",
        temporary: false,
        signs: &[],
        explanation: "
`sandbox load`, `migrate` and `reset` send statements of their own. The server refused one, and what came after
it was not sent.",
    },
    Entry {
        code: "houseplan::sandbox::dirty",
        title: "a migration began and did not end",
        cause: None,
        help: "undo or finish it by hand, then mark it as not dirty in schema_migrations",
        temporary: false,
        signs: &[],
        explanation: "
The sandbox migrates as golang-migrate does, which LangSmith uses: a version is marked as dirty before its
statements are sent and as clean after them. One that failed half-way stays dirty, and nothing goes on until
somebody has looked.",
    },
    Entry {
        code: "houseplan::sandbox::migration",
        title: "a migration's file cannot be used",
        cause: None,
        help: "files are named `NNN_title.up.sql`, each version once, as golang-migrate has them",
        temporary: false,
        signs: &[],
        explanation: "
A folder of migrations holds something that is no migration, or two of one version. None of them was sent.",
    },
    Entry {
        code: "houseplan::sandbox::already_loaded",
        title: "the source holds data already",
        cause: None,
        help: "`houseplan sandbox reset` empties the sandbox; `--append` loads on top",
        temporary: false,
        signs: &[],
        explanation: "
`sandbox load` fills an empty source, so that what is in it is known. It does not add to what is there unless
you say so.",
    },
    Entry {
        code: "houseplan::sandbox::io",
        title: "a file of the sandbox cannot be read or written",
        cause: None,
        help: "see that the folder is yours and that its disk has room",
        temporary: false,
        signs: &[],
        explanation: "
The file system refused something in the sandbox's folder. A sandbox with two replicas and a million rows takes
about a gigabyte.",
    },
];
