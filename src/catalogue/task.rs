//! One task of a step, and what a person says about it.

use super::Entry;

entries! {
    TIMEOUT = Entry::new("houseplan::task::timeout", "no answer within {timeout} (the step's `timeout`)")
        .help("`houseplan resume {run}` finds out what became of it; a larger `timeout:` in the plan gives it more time")
        .explained("
A timeout ends the waiting and nothing else: houseplan stops nothing on a server. The outcome of the task is unknown
until houseplan finds it out. It waits for a statement that still runs, follows a BACKUP or RESTORE by its id, and
repeats what may be repeated. For the rest it needs your decision.");

    INTERRUPTED = Entry::new("houseplan::task::interrupted", "houseplan was stopped while {member} worked")
        .help("`houseplan resume {run}` finds out what became of it")
        .temporary()
        .explained("
houseplan was stopped (Ctrl-C, SIGTERM) while a statement was running. It starts nothing new, waits a short time, and
then no longer follows the statement, which still runs on the server. The next `houseplan resume` waits until the
statement has ended and finds out what it did.");

    STILL_RUNNING = Entry::new("houseplan::task::still_running", "a statement of an earlier attempt still runs on {member}")
        .help("wait until it has ended, then `houseplan resume {run}`; houseplan stops nothing on a server")
        .temporary()
        .explained("
A statement whose answer was lost may still run on the server. houseplan sends nothing again while it does. It finds
its own statements in `system.processes` and in unfinished entries of `system.distributed_ddl_queue`: by the comment
that they start with (`/* houseplan RUN/TASK/ATTEMPT */`) or, if a secret hides that, by their setting `log_comment`.
It finds a BACKUP or RESTORE by its id in `system.backups`.

To see them: SELECT query_id, elapsed, query FROM system.processes WHERE query LIKE '%houseplan%' OR
Settings['log_comment'] LIKE 'houseplan%'. It is your decision whether to kill one.");

    MAY_BE_DONE = Entry::new("houseplan::task::may_be_done", "the outcome is unknown, and a precondition no longer holds: either it was done, or something else has changed")
        .help("look at what it should have changed. If it was done: `houseplan settle {run} {task} --attempt {attempt} --as done`. If not: fix what does not hold, then `houseplan settle {run} {task} --attempt {attempt} --as not-done`; it is sent again when the precondition holds")
        .explained("
The step destroys something or is irreversible, and its outcome is unknown: houseplan died, or lost the connection
before the answer came. The step may be repeated, so houseplan would send it again. But what must hold before it does
not hold now. There are two possible reasons:

- It was done, and this is its effect. Then settle it as `done`.
- It was not done, and something else has changed there, which it would destroy. Fix that first, then settle it as
  `not-done`. It is never sent while a precondition does not hold.");

    TARGET_MISSING = Entry::new("houseplan::task::target_missing", "the environment has no target `{target}` of this kind")
        .help("add the target to the environment, then `houseplan resume {run} --accept-changes`")
        .explained("
A step acts on a target by its name, and the environment has no target with this name and kind. Validation finds this
before a run starts. Here it was found during the run, so the environment has changed since.");

    MEMBER_MISSING = Entry::new("houseplan::task::member_missing", "target `{target}` in the environment no longer has the member `{member}`")
        .help("put the member back into the environment, then `houseplan resume {run}`")
        .explained("
When a step starts, houseplan records its tasks: one for each member of its target. The run was resumed with an
environment that no longer has this member.");

    SECRET_IN_OUTPUT = Entry::new("houseplan::task::secret_in_output", "a secret is part of what the task gives to later steps")
        .help("change the secret, or the path or name that contains it")
        .explained("
houseplan removes secrets from everything that it shows and stores. If a path, an id or the name of a table contains
the text of a secret (a password `clickhouse`, a path `clickhouse-backup/…`), the rest would name something else, and
later steps would act on that. Therefore the task fails, or its outcome is unknown. The same is true for rows, and for
what a process prints, if another step reads them.");

    UNKNOWN = Entry::new("houseplan::task::unknown", "the run has no task `{task}`")
        .help("`houseplan status {run}` shows the names of the tasks; put quotes around a name with brackets, for the shell")
        .explained("
`settle` and `approve` need the full name of a task, as in `restore[runs@replica1]`. Nothing was written to the
journal.");

    NOT_IN_DOUBT = Entry::new("houseplan::task::not_in_doubt", "the outcome of task `{task}` is not in doubt")
        .help("only a task whose outcome is unknown can be settled; `houseplan status {run}` shows its state")
        .explained("
`settle` tells houseplan what became of a task whose outcome is unknown (in doubt). The outcome of this task is known,
or the task has not started. Nothing was written to the journal.");

    NOT_CHECKED = Entry::new("houseplan::task::not_checked", "houseplan has not checked yet what became of task `{task}`, and does not know what it gives to later steps")
        .help("`houseplan resume {run}` finds out what can be found out; only if the task is still in doubt after that, settle it as done")
        .explained("
For some tasks houseplan can find out itself what became of them: it reads again, or follows a BACKUP by its id. Then
it also knows what the task gives to later steps, such as rows or a path. A person who settles the task as done would
have to give that too. Nothing was written to the journal.");

    OTHER_ATTEMPT = Entry::new("houseplan::task::other_attempt", "task `{task}` is at attempt {now}; {said}")
        .help("look at the outcome of attempt {now}, then repeat the command with `--attempt {now}`")
        .explained("
A task that was repeated has several attempts, and what is true for one of them may be wrong for another. From the
second attempt on you have to say which one you have looked at. Nothing was written to the journal.");

    NOT_WAITING = Entry::new("houseplan::task::not_waiting", "task `{task}` does not wait for an approval")
        .help("`houseplan status {run}` shows which tasks wait for an approval")
        .explained("
Only a task that waits for an approval can be approved. This one has not asked yet, was approved before, or is not an
`approve` step. Nothing was written to the journal.");

    DIGEST_NOT_GIVEN = Entry::new("houseplan::task::digest_not_given", "task `{task}` asks for the {asks}. time, and the command does not say which time it approves")
        .help("`houseplan status {run}` shows what the task asks now, and a digest of it; repeat the command with `--digest DIGEST`")
        .explained("
A task that is repeated asks again, and may show something else than before. An approval is for what was shown and for
nothing else. From the second time on the digest says which one you mean. Nothing was written to the journal.");

    OTHER_DIGEST = Entry::new("houseplan::task::other_digest", "the approval is for something else than task `{task}` shows now (digest {shown})")
        .help("`houseplan status {run}` shows what the task asks now; approve that")
        .explained("
An approval is for what was shown and for nothing else. The digest in the command is not that of what the task shows
now: something has changed since you looked at it. Nothing was written to the journal.");

    NOT_SENT = Entry::new("houseplan::task::not_sent", "houseplan was stopped before this was sent")
        .help("`houseplan resume {run}` sends it, after another look at its preconditions")
        .explained("
houseplan was stopped (Ctrl-C, SIGTERM) while it read the preconditions of the step once more. Nothing of this attempt
was sent.");
}
