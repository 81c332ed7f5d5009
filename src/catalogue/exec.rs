//! Processes that a plan starts.

use super::Entry;

entries! {
    NOT_FOUND = Entry::new("houseplan::exec::not_found", "the program cannot be started")
        .help("name a program that is on the PATH, or its whole path; there is no shell, so no pipes, globs or built-ins")
        .explained("
`exec` starts a program with an argument list. It is looked for in PATH; the directory it is to run in has to exist.");

    FAILED = Entry::new("houseplan::exec::failed", "the process failed")
        .help("see its last lines; mend it, then `houseplan resume`")
        .explained("The process ended with another code than 0, or by a signal. Its last lines are shown.");

    SECRET_IN_ARGUMENTS = Entry::new("houseplan::exec::secret_in_arguments", "a secret stands in the argument list")
        .cause("arguments are seen by everyone on this machine (`ps`)")
        .help("pass it by `env:`")
        .explained("
The arguments of a process are public on its machine. A secret among them is refused before anything starts; processes
take secrets from their environment, or from files.");

    OUTPUT_CUT = Entry::new("houseplan::exec::output_cut", "the process printed more than can be given to another step")
        .help("let it print less, or write to a file that the other step reads")
        .explained("
Of what a process prints its last 64 KiB are kept, and no line that is longer. A step that reads `stdout` would act on a
part of it as though it were the whole. The process has done its work by then: with `effect: once` the task is in doubt.");

    IN_DOUBT = Entry::new("houseplan::exec::in_doubt", "what became of the process is unknown")
        .cause("houseplan ended, or let go of it, before it did, or could not write its journal; or it failed, and may have done part of its work")
        .help("look at what it should have changed; then `houseplan settle RUN TASK --attempt N --as done` (or `--as not-done`)")
        .explained("
A process is its own: it goes on when houseplan is killed, or when its time is up. What it came to is not known
then. With `effect: idempotent` houseplan waits until it is gone and starts it again by itself.

A process that must happen once (the default) and ends with an error is in doubt too: how much it had done before it
failed nobody knows. Its last lines are shown; a person looks, and says which it was.");

    STILL_RUNNING = Entry::new("houseplan::exec::still_running", "the process of an earlier attempt still runs")
        .help("wait for it (or end it), then `houseplan resume`")
        .temporary()
        .explained("
houseplan knows its processes again by HOUSEPLAN_TASK in their environment, and starts none beside them.");
}
