//! One task of a step, and what a person says about it.

use super::Entry;

entries! {
    MEMBER_MISSING = Entry::new("houseplan::task::member_missing", "a member that a task was made for is no longer in the environment")
        .help("put the member back into the environment, then `houseplan resume RUN`")
        .explained("
Which tasks a step has was decided, and put on record, when the step was expanded: one for each member of its
target. The environment that the run was resumed with does not have this member any more.");

    TARGET_MISSING = Entry::new("houseplan::task::target_missing", "the environment has no such target")
        .help("add the target to the environment, then `houseplan resume RUN --accept-changes`")
        .explained("
A step acts on a target by a name, and the environment has none of that name and kind. Validation finds this
before a run begins; here it was found at work, so the environment was changed since.");

    TIMEOUT = Entry::new("houseplan::task::timeout", "no answer came within the step's `timeout`")
        .help("`houseplan resume RUN` finds out what became of it; a larger `timeout:` gives it longer")
        .temporary()
        .explained("
A timeout ends our waiting and nothing else: houseplan stops nothing on a server. So the task is in doubt until
it is known what became of it: a statement that still runs is waited for, a BACKUP or RESTORE is followed by its
id, what may be repeated is repeated, and for the rest you are asked.");

    MAY_BE_DONE = Entry::new("houseplan::task::may_be_done", "either it was done, or the world has changed since: it must not be sent again unseen")
        .help("look at what it should have changed, then `houseplan settle RUN TASK --attempt N --as done` (or `--as not-done`)")
        .explained("
The step destroys something or cannot be taken back, and what became of it is unknown: the connection, or houseplan
itself, was lost before an answer came. It may be repeated, so houseplan would send it again; but what the plan wants
to hold before it does not hold any more. Two things can be behind that. It was done, and that is its effect: then it
is `done`. Or it was never done, and something has changed there since, which would be lost: then mend that first, and
it is `not-done`. It is never sent before its preconditions hold.");

    SECRET_IN_OUTPUT = Entry::new("houseplan::task::secret_in_output", "a secret stands in what a task gives to later steps")
        .help("give the secret another value, or the thing another name")
        .explained("
houseplan takes secrets out of all that it shows and keeps. Where a path, an id or the name of a table holds the text
of a secret (a password `clickhouse`, a path `clickhouse-backup/…`), what is left of it would name another thing, and
later steps would act on that. So the task fails, or is in doubt, instead: nothing goes on with a name that was altered.
The same holds for all other that a task gives, rows and what a process prints, where another step reads it.");

    STILL_RUNNING = Entry::new("houseplan::task::still_running", "a statement of an earlier attempt still runs on {member}")
        .help("wait for it and resume; houseplan kills nothing on a server")
        .temporary()
        .explained("
A statement whose answer was lost may go on in the server. houseplan knows its statements again by the comment they
begin with (`/* houseplan RUN/TASK/ATTEMPT */`), or where a secret in them hides that by their setting `log_comment`,
and sends nothing again while one still runs, neither in `system.processes` nor as an unfinished entry of
`system.distributed_ddl_queue`. BACKUP and RESTORE are known by their id in `system.backups`.

Find it with: SELECT query_id, elapsed, query FROM system.processes WHERE query LIKE '%houseplan%' OR
Settings['log_comment'] LIKE 'houseplan%'. Whether to kill it is your decision.");

    INTERRUPTED = Entry::new("houseplan::task::interrupted", "the process was asked to end while {member} worked")
        .help("`houseplan resume RUN` finds out what became of it")
        .temporary()
        .explained("
houseplan was interrupted while a statement was under way. It starts nothing new, waits shortly for what is under
way, and then lets go of it: the statement goes on in the server. The next `houseplan resume` waits until it has
ended and settles it by its effect.");
}
