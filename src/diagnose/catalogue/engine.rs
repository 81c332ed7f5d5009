//! What the engine itself finds: steps and tasks, the run's folder and its journal, and mistakes of houseplan's own.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "houseplan::run::unknown",
        title: "there is no such run here",
        cause: None,
        help: "`houseplan status` lists the runs; --state-dir says where they are kept",
        temporary: false,
        signs: &[],
        explanation: "
A run is a folder with its journal, below --state-dir (HOUSEPLAN_STATE_DIR, or houseplan in XDG_STATE_HOME, or
~/.local/state/houseplan). There is none with this id. Runs are known only to the machine and the user that
began them. When a run's folder is lost, `houseplan abandon RUN --env FILE` gives its claim on the targets back.",
    },
    Entry {
        code: "houseplan::run::folder",
        title: "the run's folder cannot be used",
        cause: None,
        help: "see that the folder can be written to and is whole; --state-dir names another",
        temporary: false,
        signs: &[],
        explanation: "
A run keeps its journal, copies of the documents that it began with, and a lock in a folder of its own.
Something there could not be read or written, or is not what it was: the copies are never changed by houseplan,
and one that was changed is refused, because nobody could say what the run has been doing. Put it back as it
was.",
    },
    Entry {
        code: "houseplan::run::locked",
        title: "another process of this machine is at work",
        cause: None,
        help: "it is at work now; `houseplan status` tells how far it is",
        temporary: true,
        signs: &[],
        explanation: "
While a process drives a run it holds a lock on the run's folder and one on each ClickHouse target. The lock is
the kernel's: it goes with the process, however that ends, so there is never one to remove by hand. Wait, or
stop the process that is named (Ctrl-C or SIGTERM leave the run so that it can be resumed).",
    },
    Entry {
        code: "houseplan::run::refused",
        title: "the run does not allow this now",
        cause: None,
        help: "`houseplan status RUN` shows what the run waits for",
        temporary: false,
        signs: &[],
        explanation: "
`settle`, `approve` and `abandon` add a record to the run's journal, and only where it can follow from those
before it: a task that is not in doubt cannot be settled, one that waits for no approval cannot be approved, an
approval is for what was shown and nothing else, and a run that has ended stays as it is. Nothing was written.",
    },
    Entry {
        code: "houseplan::run::digest",
        title: "what would run is not what was reviewed",
        cause: Some("the plan, the environment, an input or a file that they name is not as it was"),
        help: "`houseplan render` prints what would run now, and its digest",
        temporary: false,
        signs: &[],
        explanation: "
The digest stands for the plan, the plans and procedures that it includes, the inputs, the environment without
its secrets, certificates, and the files that commands name by a relative path (`render` says which). What is only
known while running stays a symbol in it, so it is the same tomorrow. `run --digest` refuses anything else than what
has that digest. Nothing was begun.",
    },
    Entry {
        code: "houseplan::run::changed",
        title: "files have changed since the run began",
        cause: None,
        help: "`--accept-changes` goes on with them as they are now, `--as-begun` as they were; or put them back",
        temporary: false,
        signs: &[],
        explanation: "
A run goes on with the plan, the inputs and the environment that it began with; their copies are in its folder.
The files they were copied from say something else now. That may be what you want (a mistake was mended) or not
(somebody works on the next version), so houseplan tells what differs and asks. With --accept-changes a step
that has begun, that was expanded into tasks or that was settled must not have changed.

A file that a command names, a script, is run from its place, and the run has no copy of it: where one has changed
that a step still needs, only --accept-changes goes on, whether the step has begun or not. Where the plan has changed
too and is to be as it was, --as-begun --accept-changes goes on with the documents as they were and with scripts as
they are. An abandoned run takes a script as it is.",
    },
    Entry {
        code: "houseplan::run::changed_steps",
        title: "a step that has begun was changed",
        cause: None,
        help: "go on as the run began with `houseplan resume RUN --as-begun` (a script that has changed as well takes `--as-begun --accept-changes`), or abandon it",
        temporary: false,
        signs: &[],
        explanation: "
What a step did is on record. If the step said something else afterwards, the record would be a lie, and what
needs the step would build on it. So only steps that have not begun, were not expanded and were not settled may
change in a run.",
    },
    Entry {
        code: "houseplan::run::ended",
        title: "the run has ended",
        cause: None,
        help: "to do it again, begin a new run",
        temporary: false,
        signs: &[],
        explanation: "
A run ends once: when all its steps are done, or when it was abandoned. Its `finally` steps have run and its
claim was given back, so the world may have moved on since. `houseplan report RUN` tells what it did.",
    },
    Entry {
        code: "houseplan::run::secret_in_name",
        title: "a secret stands in what the run goes by",
        cause: None,
        help: "choose another secret, or another name or path; a secret as short or as plain as this is found everywhere",
        temporary: false,
        signs: &[],
        explanation: "
What is a secret is replaced before anything is kept or shown. Where the same letters stand in an input, a path or the
name of a target, the journal would hold another name than the one that was meant, and a resume would go by that.",
    },
    Entry {
        code: "houseplan::run::elsewhere",
        title: "another machine has the run",
        cause: None,
        help: "take it up there, or say that it is gone from there: `houseplan resume RUN --gone-from HOST`",
        temporary: false,
        signs: &[],
        explanation: "
The claim of a run, in the comment of the database `houseplan_claim`, says which machine has the run. Here it is
another one than this, so the run's folder is a copy. Locks on files do not reach from machine to machine: a process
over there may be at work, and the copy does not know what it has done since.

Where no process there is at work for the run, or will be, and nothing that it started (`exec`) still runs there, say so
with `--gone-from HOST`, to `resume` or `abandon`: the claim is made this machine's, and there the run is refused from
then on. A process that is at work there is not stopped by it, and cannot be seen from here.",
    },
    Entry {
        code: "houseplan::run::no_claim_to_lend",
        title: "the run has no claim to lend",
        cause: None,
        help: "a suspended run of this machine lends its claim while it stands still; `houseplan status` lists the runs",
        temporary: false,
        signs: &[],
        explanation: "
`run --under RUN` works on servers that a suspended run has claimed, in its stead. That run has to be on this machine,
must not have ended, and no process may have it in hand: its folder is locked meanwhile, so that nothing resumes it.",
    },
    Entry {
        code: "houseplan::run::inconsistent",
        title: "the run's journal does not follow from itself",
        cause: Some("the plan has changed in a step that has begun, or the journal was edited"),
        help: "put the journal back as houseplan wrote it; or abandon the run and begin another",
        temporary: false,
        signs: &[],
        explanation: "
All state of a run is a fold over its journal. Each record was replayed, and one of them cannot have come after
those before it, with this plan. houseplan does not guess what has really been done; it has done nothing.",
    },
    Entry {
        code: "houseplan::run::unknown_member",
        title: "the run has no such member, or several",
        cause: None,
        help: "give the name of one of the members that are listed, or `target/member` where several have that name",
        temporary: false,
        signs: &[],
        explanation: "
`houseplan abandon RUN --without MEMBER` gives a run up without a server that is gone for good, or that another one
has replaced: the steps of `finally` pass over it, its claim is left there, and a task that is in doubt on it stays
so, for nobody can be asked what became of it. All else of `finally` is done. A step of `finally` that acts on a
target as a whole, or whose checks read one, is passed over where no member of that target is left.",
    },
    Entry {
        code: "houseplan::run::still_there",
        title: "a server that a run is to be given up without answers",
        cause: None,
        help: "give the run up with it: the same command without that member",
        temporary: false,
        signs: &[],
        explanation: "
`--without MEMBER` is for a server that is gone for good, or that another one has replaced. This one answers, and is
the one that the run began with. Were it passed over, what `finally` puts back there (merges that were stopped,
writers) would stay as it is. Where a step of `finally` fails on it, do by hand what it does, and say so:
`houseplan settle RUN TASK --attempt N --as done`.",
    },
    Entry {
        code: "houseplan::run::no_member",
        title: "a member that a task was made for is no longer in the environment",
        cause: None,
        help: "put the member back into the environment, then `houseplan resume RUN`",
        temporary: false,
        signs: &[],
        explanation: "
Which tasks a step has was decided, and put on record, when the step was expanded: one for each member of its
target. The environment that the run was resumed with does not have this member any more.",
    },
    Entry {
        code: "houseplan::run::no_target",
        title: "the environment has no such target",
        cause: None,
        help: "add the target to the environment, then `houseplan resume RUN --accept-changes`",
        temporary: false,
        signs: &[],
        explanation: "
A step acts on a target by a name, and the environment has none of that name and kind. Validation finds this
before a run begins; here it was found at work, so the environment was changed since.",
    },
    Entry {
        code: "houseplan::journal::unusable",
        title: "the run's journal cannot be used",
        cause: None,
        help: "do what is said of the line that is named; never edit a journal",
        temporary: false,
        signs: &[],
        explanation: "
Every record of a journal bears a number and a checksum, and is on disk before anything is done about it. An end
that a crash has torn is cut off (and kept beside it) without a word of yours; anything else that is not as it
was written is refused, with its line: a byte was changed, a line is missing or stands there twice. So is a
journal that another version has written: end that run with the houseplan that began it. And when the disk is
full or broken, nothing more is written, and nothing more is begun.",
    },
    Entry {
        code: "houseplan::step::same_task",
        title: "two tasks of a step would bear the same name",
        cause: Some("two items of its `for_each` are called the same"),
        help: "make the items of `for_each` differ in what they are called by",
        temporary: false,
        signs: &[],
        explanation: "
A task is known by its step, its item and its member, in the journal and on every statement that it sends. An
item that is a map is called by its `name`. Two that are called the same could not be told apart after a crash.
Nothing was begun.",
    },
    Entry {
        code: "houseplan::step::secret_name",
        title: "a task's name would hold a secret",
        cause: None,
        help: "`for_each` over something that is not secret; names stand in the journal",
        temporary: false,
        signs: &[],
        explanation: "
A task is called by the item of `for_each` that it is for, and that name stands in the journal, on the screen,
and in a comment of each statement it sends. One of the items is, or contains, a secret. Nothing was begun.",
    },
    Entry {
        code: "houseplan::task::timeout",
        title: "no answer came within the step's `timeout`",
        cause: None,
        help: "`houseplan resume RUN` finds out what became of it; a larger `timeout:` gives it longer",
        temporary: true,
        signs: &[],
        explanation: "
A timeout ends our waiting and nothing else: houseplan stops nothing on a server. So the task is in doubt until
it is known what became of it: a statement that still runs is waited for, a BACKUP or RESTORE is followed by its
id, what may be repeated is repeated, and for the rest you are asked.",
    },
    Entry {
        code: "houseplan::task::not_again",
        title: "either it was done, or the world has changed since: it must not be sent again unseen",
        cause: None,
        help: "look at what it should have changed, then `houseplan settle RUN TASK --attempt N --as done` (or `--as not-done`)",
        temporary: false,
        signs: &[],
        explanation: "
The step destroys something or cannot be taken back, and what became of it is unknown: the connection, or houseplan
itself, was lost before an answer came. It may be repeated, so houseplan would send it again; but what the plan wants
to hold before it does not hold any more. Two things can be behind that. It was done, and that is its effect: then it
is `done`. Or it was never done, and something has changed there since, which would be lost: then mend that first, and
it is `not-done`. It is never sent before its preconditions hold.",
    },
    Entry {
        code: "houseplan::internal",
        title: "a mistake of houseplan's own",
        cause: None,
        help: "please report it, with the message and the plan",
        temporary: false,
        signs: &[],
        explanation: "
Something came about that validation should have refused, or that cannot be. The task did not begin, and the run
can be resumed or abandoned as after any failure.",
    },
    Entry {
        code: "houseplan::internal::panic",
        title: "houseplan broke while it did this",
        cause: None,
        help: "please report it; `houseplan resume RUN` finds out what became of the task",
        temporary: false,
        signs: &[],
        explanation: "
The code of an action panicked. The rest of the run was not touched by that. What the task had sent before is
not known, so it is in doubt and is settled as after a crash.",
    },
    Entry {
        code: "houseplan::internal::no_answer",
        title: "an action ended without an answer",
        cause: None,
        help: "please report it; `houseplan resume RUN` finds out what became of the task",
        temporary: false,
        signs: &[],
        explanation: "
The code of an action was ended without a result, which does not happen by itself. What the task had sent before
is not known, so it is in doubt and is settled as after a crash.",
    },
];
