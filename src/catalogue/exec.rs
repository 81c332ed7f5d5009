//! Processes that a plan starts.

use super::Entry;

entries! {
    NOT_FOUND = Entry::new("houseplan::exec::not_found", "the program cannot be started{?why}")
        .help("give the name of a program on the PATH, or its full path; there is no shell, so no pipes, globs or built-in commands")
        .explained("
`exec` starts a program with a list of arguments. houseplan looks for it in PATH. The directory to run it in must
exist.

Before anything is changed a run looks for every program that a step may start, and so does `render --check`. A program
or a folder that an earlier command may make is looked for only when its turn comes.");

    FAILED = Entry::new("houseplan::exec::failed", "{program} failed{?how}")
        .help("read its last lines, fix the cause, then `houseplan resume {run}`")
        .explained("
The process ended with a code other than 0, or by a signal. Its last lines are shown.");

    SECRET_IN_ARGUMENTS = Entry::new("houseplan::exec::secret_in_arguments", "an argument of the command contains a secret")
        .cause("everybody on this machine can see the arguments of a process (`ps`)")
        .help("pass the secret with `env:`")
        .explained("
The arguments of a process are public on its machine. houseplan refuses a secret in them before it starts anything.
Processes read secrets from environment variables or from files.");

    OUTPUT_CUT = Entry::new("houseplan::exec::output_cut", "the process printed more than another step can read")
        .help("let the process print less, or write to a file that the other step reads")
        .explained("
houseplan keeps the last 64 KiB that a process prints, and no line that is longer. A step that reads `stdout` would
act on a part as if it were the whole. The process has already done its work: with `effect: once` the outcome of the
task is unknown.");

    IN_DOUBT = Entry::new("houseplan::exec::in_doubt", "it is unknown what {program} has done{?how}")
        .cause("perhaps houseplan ended before the process did, or no longer followed it, or could not write its journal; or the process failed after a part of its work")
        .help("{?first}look at what it should have changed. If it was done: `houseplan settle {run} {task} --attempt {attempt} --as done`. If nothing of it was done: `houseplan settle {run} {task} --attempt {attempt} --as not-done`; it is started again")
        .explained("
A process does not depend on houseplan: it goes on when houseplan is killed, or when its time is over. Then its result
is unknown. With `effect: idempotent` houseplan waits until the process has ended, and starts it again by itself.

If a process that must run once (the default) ends with an error, its outcome is unknown too: nobody knows how much it
had done before it failed. Its last lines are shown, and it needs your decision.");

    STILL_RUNNING = Entry::new("houseplan::exec::still_running", "the process of an earlier attempt still runs{?processes}")
        .help("wait for it (or end it), then `houseplan resume {run}`")
        .temporary()
        .explained("
houseplan recognises its processes by HOUSEPLAN_TASK in their environment. It does not start a second one beside them.");
}
