//! A run as a whole: its folder, its documents, whether it may go on.

use super::Entry;

entries! {
    UNKNOWN = Entry::new("houseplan::run::unknown", "there is no such run here")
        .help("`houseplan status` lists the runs; --state-dir says where they are kept")
        .explained("
A run is a folder with its journal, below --state-dir (HOUSEPLAN_STATE_DIR, or houseplan in XDG_STATE_HOME, or
~/.local/state/houseplan). There is none with this id. Runs are known only to the machine and the user that
began them. When a run's folder is lost, `houseplan abandon RUN --env FILE` gives its claim on the targets back.");

    FOLDER = Entry::new("houseplan::run::folder", "the run's folder cannot be used")
        .help("see that the folder can be written to and is whole; --state-dir names another")
        .explained("
A run keeps its journal, copies of the documents that it began with, and a lock in a folder of its own.
Something there could not be read or written, or is not what it was: the copies are never changed by houseplan,
and one that was changed is refused, because nobody could say what the run has been doing. Put it back as it
was.");

    LOCKED = Entry::new("houseplan::run::locked", "another process of this machine is at work")
        .help("it is at work now; `houseplan status` tells how far it is")
        .temporary()
        .explained("
While a process drives a run it holds a lock on the run's folder and one on each ClickHouse target. The lock is
the kernel's: it goes with the process, however that ends, so there is never one to remove by hand. Wait, or
stop the process that is named (Ctrl-C or SIGTERM leave the run so that it can be resumed).");

    REFUSED = Entry::new("houseplan::run::refused", "the run does not allow this now")
        .help("`houseplan status RUN` shows what the run waits for")
        .explained("
`settle`, `approve` and `abandon` add a record to the run's journal, and only where it can follow from those
before it: a task that is not in doubt cannot be settled, one that waits for no approval cannot be approved, an
approval is for what was shown and nothing else, and a run that has ended stays as it is. Nothing was written.");

    DIGEST_MISMATCH = Entry::new("houseplan::run::digest_mismatch", "what would run is not what was reviewed")
        .cause("the plan, the environment, an input or a file that they name is not as it was")
        .help("`houseplan render` prints what would run now, and its digest")
        .explained("
The digest stands for the plan, the plans and procedures that it includes, the inputs, the environment without
its secrets, certificates, and the files that commands name by a relative path (`render` says which). What is only
known while running stays a symbol in it, so it is the same tomorrow. `run --digest` refuses anything else than what
has that digest. Nothing was begun.");

    FILES_CHANGED = Entry::new("houseplan::run::files_changed", "files have changed since the run began")
        .help("`--accept-changes` goes on with them as they are now, `--as-begun` as they were; or put them back")
        .explained("
A run goes on with the plan, the inputs and the environment that it began with; their copies are in its folder.
The files they were copied from say something else now. That may be what you want (a mistake was mended) or not
(somebody works on the next version), so houseplan tells what differs and asks. With --accept-changes a step
that has begun, that was expanded into tasks or that was settled must not have changed.

A file that a command names, a script, is run from its place, and the run has no copy of it: where one has changed
that a step still needs, only --accept-changes goes on, whether the step has begun or not. Where the plan has changed
too and is to be as it was, --as-begun --accept-changes goes on with the documents as they were and with scripts as
they are. An abandoned run takes a script as it is.");

    STEPS_CHANGED = Entry::new("houseplan::run::steps_changed", "a step that has begun, or a target that it has used, was changed")
        .help("go on as the run began with `houseplan resume RUN --as-begun` (a script that has changed as well takes `--as-begun --accept-changes`), or abandon it")
        .explained("
What a step did is on record. If the step said something else afterwards, the record would be a lie, and what
needs the step would build on it. So only steps that have not begun, were not expanded and were not settled may
change in a run.

A target may be written otherwise where it is the same: a server at another address, if it proves to be the one that
the run began with, and a Keeper, for nothing is removed there before the servers have shown that it is theirs. A store
that a step has used stays where it is, and a cluster's members, their order and their shards stay as they are.");

    ENDED = Entry::new("houseplan::run::ended", "the run has ended")
        .help("to do it again, begin a new run")
        .explained("
A run ends once: when all its steps are done, or when it was abandoned. Its `finally` steps have run and its
claim was given back, so the world may have moved on since. `houseplan report RUN` tells what it did.");

    SECRET_IN_NAME = Entry::new("houseplan::run::secret_in_name", "a secret stands in what the run goes by")
        .help("choose another secret, or another name or path; a secret as short or as plain as this is found everywhere")
        .explained("
What is a secret is replaced before anything is kept or shown. Where the same letters stand in an input, a path or the
name of a target, the journal would hold another name than the one that was meant, and a resume would go by that.");

    ON_ANOTHER_MACHINE = Entry::new("houseplan::run::on_another_machine", "another machine has the run")
        .help("take it up there, or say that it is gone from there: `houseplan resume RUN --gone-from HOST`")
        .explained("
The claim of a run, in the comment of the database `houseplan_claim`, says which machine has the run. Here it is
another one than this, so the run's folder is a copy. Locks on files do not reach from machine to machine: a process
over there may be at work, and the copy does not know what it has done since.

Where no process there is at work for the run, or will be, and nothing that it started (`exec`) still runs there, say so
with `--gone-from HOST`, to `resume` or `abandon`: the claim is made this machine's, and there the run is refused from
then on. A process that is at work there is not stopped by it, and cannot be seen from here.");

    MEMBER_UNKNOWN = Entry::new("houseplan::run::member_unknown", "the run has no such member, or several")
        .help("give the name of one of the members that are listed, or `target/member` where several have that name")
        .explained("
`houseplan abandon RUN --without MEMBER` gives a run up without a server that is gone for good, or that another one
has replaced: the steps of `finally` pass over it, its claim is left there, and a task that is in doubt on it stays
so, for nobody can be asked what became of it. All else of `finally` is done. A step of `finally` that acts on a
target as a whole, or whose checks read one, is passed over where no member of that target is left.");

    MEMBER_REACHABLE = Entry::new("houseplan::run::member_reachable", "a server that a run is to be given up without answers")
        .help("give the run up with it: the same command without that member")
        .explained("
`--without MEMBER` is for a server that is gone for good, or that another one has replaced. This one answers, and is
the one that the run began with. Were it passed over, what `finally` puts back there (merges that were stopped,
writers) would stay as it is. Where a step of `finally` fails on it, do by hand what it does, and say so:
`houseplan settle RUN TASK --attempt N --as done`.");

    ENDING = Entry::new("houseplan::run::ending", "the run is ending")
        .help("`houseplan resume RUN` finds out what became of the task")
        .temporary()
        .explained("
An action wanted to write something into the run's journal, and the process was about to end. What the action had not
begun was not done.");
}
