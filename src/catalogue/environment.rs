//! The environment: the document that says where the targets are.

use super::Entry;

entries! {
    MISSING = Entry::new("houseplan::environment::missing", "no environment is given")
        .cause("a plan says what to do, an environment says where")
        .help("give one with `--env FILE`, or in HOUSEPLAN_ENV")
        .explained("
A plan names the targets that it needs, but not where they are, so that one plan serves every installation. The
environment is the document that says it for one installation: addresses, where secrets come from, and which steps
each procedure has. `validate` and `graph` work without one. To run or render a plan you need one.");

    UNREADABLE = Entry::new("houseplan::environment::unreadable", "the environment {path} cannot be read: {reason}")
        .cause("it is given with `--env`, or by HOUSEPLAN_ENV")
        .help("give an environment that exists and that you may read; the one of the sandbox is there once `houseplan sandbox up` has made the sandbox")
        .explained("
The environment is the document that says where the targets are. Its path comes from `--env FILE`, or from the variable
HOUSEPLAN_ENV if the option is not given. houseplan cannot read the file; the error of the system says why. If the
variable names the environment of the sandbox, the sandbox may have been removed: `houseplan sandbox up` makes it again.
Nothing was started.");

    INVALID = Entry::new("houseplan::environment::invalid", "the environment has mistakes")
        .help("fix what is marked; `houseplan schema environment --docs` describes every key")
        .explained("
houseplan reads the environment with the plan and shows everything that is wrong in one report: keys that do not
exist, a procedure without steps, a secret that cannot be read from the place that the environment names. The exit
code is 2. Nothing was started.");

    MISMATCH = Entry::new("houseplan::environment::mismatch", "the plan and the environment do not fit together")
        .help("say which target you mean with `--target TARGET=NAME`, or give another environment with `--env FILE`")
        .explained("
The plan and the environment may both be valid, but the plan needs something that the environment does not have under
that name: a target, a target of another kind, more or fewer members, a procedure. If the environment has the target
under another name, say so with `--target TARGET=NAME`. Do not change a shipped plan for this. The exit code is 2.
Nothing was started.");

    FILE_UNREADABLE = Entry::new("houseplan::environment::file_unreadable", "the file {path}, which {by} names, cannot be read: {reason}")
        .help("check the path and the permissions of the file; paths in an environment start at its own folder")
        .explained("
An environment names files of certificates, and commands name scripts. houseplan reads them when a run starts, and
again on resume, before it connects to anything. One of them does not exist, or you may not read it.");

    TARGET_INVALID = Entry::new("houseplan::environment::target_invalid", "the settings of a target cannot be used: {reason}")
        .help("fix the address or the certificates of the target in the environment")
        .explained("
houseplan cannot make a client from what the environment says about a target: the address is not a URL, or a
certificate or key is in a wrong format. Nothing was sent to any server.");
}
