//! A run as a whole: its folder, its documents, whether it may go on.

use super::Entry;

entries! {
    UNKNOWN = Entry::new("houseplan::run::unknown", "there is no run `{run}`")
        .help("`houseplan status` lists the runs; `--state-dir` sets the folder where they are kept. If the folder of the run is lost, `houseplan abandon {run} --env ENVIRONMENT` releases its lock")
        .explained("
A run is a folder with a journal. The folders are below --state-dir (or HOUSEPLAN_STATE_DIR, or `houseplan` in
XDG_STATE_HOME, or ~/.local/state/houseplan). No folder there has this id. A run is known only to the machine and the
user that started it.");

    EXISTS = Entry::new("houseplan::run::exists", "run `{run}` already exists")
        .help("start again; every run gets a new id")
        .explained("
The id of a run is its time and four random characters. A folder with the new id exists already. houseplan does not
write into it. Nothing was started.");

    FOLDER = Entry::new("houseplan::run::folder", "cannot {doing} {path}")
        .help("check that the folder exists, that you may write to it, and that its disk has space; `--state-dir` sets another folder")
        .explained("
A run keeps its journal, copies of its documents and a lock file in a folder. The file system refused to read or write
something there. The error of the system is shown with it.");

    NO_STATE_FOLDER = Entry::new("houseplan::run::no_state_folder", "there is no folder to keep runs in: HOUSEPLAN_STATE_DIR, XDG_STATE_HOME and HOME are not set")
        .help("set the folder with `--state-dir`")
        .explained("
houseplan keeps each run in a folder below --state-dir, HOUSEPLAN_STATE_DIR, `houseplan` in XDG_STATE_HOME, or
~/.local/state/houseplan, in this order. None of them is set. Nothing was started.");

    COPY_CHANGED = Entry::new("houseplan::run::copy_changed", "{path} was changed after the run started")
        .help("put the file back as it was; houseplan itself never changes the copies of a run")
        .explained("
A run keeps copies of the plan, the environment and all other documents that it started with, each with a checksum. The
checksum of this copy is wrong. houseplan refuses to go on, because nobody could say what the run has done.");

    COPY_MISSING = Entry::new("houseplan::run::copy_missing", "the folder of the run has no copy of {name}")
        .help("put the file back; houseplan itself never deletes the copies of a run")
        .explained("
A run keeps copies of the plan, the environment and all other documents that it started with. One of them is missing.
houseplan refuses to go on without it, because nobody could say what the run has done.");

    LOCKED = Entry::new("houseplan::run::locked", "{what} is in use by {holder}")
        .help("wait until that process ends; `houseplan status` shows how far it is")
        .temporary()
        .explained("
While a process works for a run, it holds a lock on the folder of the run and a lock for each ClickHouse target. The
operating system releases these locks when the process ends, whatever ends it. There is never a lock file to delete.

Wait, or stop the process that is named. After Ctrl-C or SIGTERM the run can be resumed.");

    LOCK_FAILED = Entry::new("houseplan::run::lock_failed", "cannot lock {what}")
        .help("check that you may write to the folder where runs are kept; `--state-dir` sets another folder")
        .explained("
houseplan locks files in the folder where runs are kept, so that two processes do not work for one run. The file
system refused that. The error of the system is shown with it. Nothing was started.");

    NEVER_BEGUN = Entry::new("houseplan::run::never_begun", "the run was never started: its journal is empty")
        .help("start a new run; this one has done nothing")
        .explained("
The folder of the run exists, but its journal has no record. The process died before it wrote the first record, so it
has sent nothing to any server.");

    DIGEST_MISMATCH = Entry::new("houseplan::run::digest_mismatch", "the plan to run is not the plan that was reviewed: its digest is {found}, not {expected}")
        .help("`houseplan render` prints what would run now, with its digest; review it again")
        .explained("
The digest covers the plan, the plans and procedures that it includes, the inputs, the environment without its
secrets, the certificates, and the files that commands name by a relative path (`render` lists them). Something of
that has changed since the review. Values that are known only during the run are symbols in the digest, so the digest
of an unchanged plan is the same tomorrow.

`run --digest` refuses to run anything that has another digest. Nothing was started.");

    FILES_CHANGED = Entry::new("houseplan::run::files_changed", "files of run {run} have changed since it started")
        .help("`houseplan resume {run} --accept-changes` goes on with the files as they are now; `houseplan resume {run} --as-begun{?accept}` goes on with the documents as they were; or put the old files back")
        .explained("
A run goes on with the plan, the inputs and the environment that it started with. It has copies of them in its folder.
The original files have changed. Perhaps somebody fixed a mistake, perhaps somebody works on the next version.
houseplan shows what differs and you decide.

With --accept-changes, steps that have started must not have changed. A script that a command names has no copy: where
one has changed that a step still needs, `--as-begun` alone is not enough. `--as-begun --accept-changes` goes on with
the documents as they were and the scripts as they are. `houseplan abandon` takes scripts as they are.");

    SCRIPTS_CHANGED = Entry::new("houseplan::run::scripts_changed", "files that commands of run {run} name have changed since it started")
        .help("`houseplan resume {run} {?as_begun}--accept-changes` goes on with these files as they are now; or put the old files back")
        .explained("
A command of the plan names a script or another file. The run keeps a checksum of it and no copy. The file has
changed, and a step that is not done needs it. Look at the file. If the change is right, accept it. The documents of
the run stay as they are.");

    CHANGED_FILES_INVALID = Entry::new("houseplan::run::changed_files_invalid", "files of run {run} have changed since it started, and now have mistakes")
        .help("go on with `houseplan resume {run} --as-begun{?accept}`, which takes the documents as they were; or fix the files first: `houseplan validate` shows the mistakes")
        .explained("
The original files of the run have changed, and they are not valid now. The run cannot go on with them. It has copies
of the documents that it started with, and can go on with these.");

    STEPS_CHANGED = Entry::new("houseplan::run::steps_changed", "the run cannot accept changes of what has started: {steps}")
        .help("`houseplan resume {run} --as-begun{?accept}` goes on with the documents as they were; or abandon the run")
        .explained("
The journal records what each step did. A step that has started or that was settled must not change, and a target that
the run has used must stay the same. Otherwise the record would be wrong, and later steps would depend on it. A step
that has sent nothing yet may change, also if its checks or its templates have failed; but if the run has entered it,
it must still need the same steps and act on the same items and members.

A target may have another address if it is the same: a server, if it proves to be the one that the run started with, and
a Keeper, because nothing is removed there before the servers have shown that it is theirs. A store that a step has
used must keep its address. The members of a cluster, their order and their shards must stay as they are.

Servers that the run did not begin with are not taken either: nobody has looked whether they are as the plan needs them,
and the journal does not say who they are. Start a new run for them.");

    CHANGES_REFUSED = Entry::new("houseplan::run::changes_refused", "files of run {run} have changed since it started, and not all changes can be accepted")
        .cause("these belong to what has started: {steps}")
        .help("put these back, or go on with the documents as they were: `houseplan resume {run} --as-begun{?accept}`, or abandon the run")
        .explained("
The original files of the run have changed in a step that has started, or in a target that the run has used. Such a
change cannot be accepted: see `houseplan explain houseplan::run::steps_changed`.");

    UNKNOWN_ROLE = Entry::new("houseplan::run::unknown_role", "the folder of the run keeps {document} as `{role}`, which this version of houseplan does not know")
        .help("go on with the version of houseplan that started the run")
        .explained("
A run keeps copies of its documents and what each of them is to the run. Another version of houseplan wrote something
there that this version does not know. It does not guess what it means.");

    ENDED = Entry::new("houseplan::run::ended", "run {run} has ended ({outcome}); it cannot be changed or resumed")
        .help("to do the same again, start a new run with `houseplan run`")
        .explained("
A run ends once: when all its steps are done, or when it was abandoned. Its `finally` steps have run and its locks
are released. Others may have changed the servers since. `houseplan report RUN` shows what the run did.");

    ENDING = Entry::new("houseplan::run::ending", "the run is ending")
        .help("`houseplan resume {run}` finds out what became of the task")
        .explained("
An action wanted to write a record into the journal while the process was ending. An action sends nothing before its
record is written. So what this record announces was not done.");

    SECRET_IN_NAME = Entry::new("houseplan::run::secret_in_name", "a secret is part of {what}")
        .help("choose another secret, or another name or path; a secret that is a common word is found in many texts")
        .explained("
houseplan removes secrets from everything that it shows and stores. Here the text of a secret is part of an input, a
path or the name of a target. The journal would hold a changed name, and a resume would use it. Nothing was started.");

    ON_ANOTHER_MACHINE = Entry::new("houseplan::run::on_another_machine", "run {run} belongs to the machine {host}: its lock on {member} says so, since {since}")
        .help("resume the run on {host}. Only if no process there works for the run, nothing that the run started there still runs, and nobody will resume it there: `houseplan resume {run} --gone-from {host}`")
        .explained("
The lock of a run (the comment of the database `houseplan_claim`) names the machine that has the run. This is another
machine, so the folder of the run here is a copy. A process on the first machine may still work for the run, and the
copy does not know what was done there. Two processes for one run would do twice what must happen once.

With `--gone-from HOST` (for `resume` or `abandon`) you say that the run is gone from that machine. The lock then
names this machine, and the other machine can no longer resume the run. A process that works there is not stopped by
this.");

    MEMBER_UNKNOWN = Entry::new("houseplan::run::member_unknown", "`{said}` is not one member of the run; it has {known}")
        .help("give the name of one of these members, or `target/member` if several have the same name")
        .explained("
`houseplan abandon RUN --without MEMBER` abandons a run without a server that is gone or was replaced. The steps of
`finally` skip that server, its lock is not released, and a task whose outcome is unknown there stays unknown. All
other steps of `finally` run. A step of `finally` that acts on a whole target, or whose checks read one, is skipped if
no member of the target is left.");

    MEMBER_REACHABLE = Entry::new("houseplan::run::member_reachable", "{members} can be reached, and is the server that the run started with")
        .help("nothing was done. Without this server, `finally` would not undo what the run stopped there. Abandon the run with it: `{command}`. If a step of `finally` fails there, do it by hand and settle it as done")
        .explained("
`--without MEMBER` is for a server that is gone or was replaced. This server answers, and it is the one that the run
started with. If `finally` skipped it, what the run stopped there (merges, writers) would stay stopped. Where a step of
`finally` fails on it, do by hand what the step does, then: `houseplan settle RUN TASK --attempt N --as done`.");

    ABANDON_WITHOUT = Entry::new("houseplan::run::abandon_without", "a server of the run cannot be reached, or is another one")
        .help("fix that, or abandon the run without it: `houseplan abandon {run} --without {members}`; `finally` skips it, and its lock is not released")
        .explained("
A run that is abandoned works on the servers that it started with, to undo there what it had stopped. One of them does
not answer, or was replaced. `--without` abandons the run without it: see `houseplan explain
houseplan::run::member_unknown`.");
}
