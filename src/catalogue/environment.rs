//! The environment: the document that says where the targets are.

use super::Entry;

entries! {
    MISSING = Entry::new("houseplan::environment::missing", "no environment is given")
        .cause("a plan says what, an environment says where")
        .help("give one with `--env FILE`, or in HOUSEPLAN_ENV")
        .explained("
A plan names the targets that it needs and never says where they are, so that one plan serves every
installation. The environment is the document that says it for one of them: addresses, where secrets come from,
and how each procedure is carried out. `validate` and `graph` do without; what runs or renders a plan needs one.");

    INVALID = Entry::new("houseplan::environment::invalid", "the environment has mistakes")
        .help("mend what is pointed at; `houseplan schema environment --docs` has every key")
        .explained("
The environment was read with the plan, and all that is wrong is told in one go: keys that do not exist, a
procedure that says neither how nor by what, a secret that cannot be read from where it is said to be. The exit code
is 2, and nothing was begun.");

    MISMATCH = Entry::new("houseplan::environment::mismatch", "the plan and the environment do not fit together")
        .help("say which target is meant with `--target TARGET=NAME`, or give the environment that is meant with `--env FILE`")
        .explained("
The plan and the environment may each be whole, but the one needs what the other does not have under that name: a
target, or one of another kind, more or fewer members, a procedure. Where the environment calls a target otherwise,
`--target TARGET=NAME` says which is meant (and one that the plan does not know is told here, too). A shipped plan is
never the one to mend. The exit code is 2, and nothing was begun.");

    FILE_UNREADABLE = Entry::new("houseplan::environment::file_unreadable", "a file that the environment or a command names cannot be read")
        .help("put the file there, or mend its path or its rights; the environment's begin at its own folder")
        .explained("
An environment names certificates by their files, and commands name scripts. They are read when the run begins, and
again on resume, before anything is connected; one of them is not there or may not be read.");

    TARGET_INVALID = Entry::new("houseplan::environment::target_invalid", "a target's client cannot be made")
        .help("mend the target's address or certificates in the environment")
        .explained("
What the environment says of a target cannot be made into a client: the address is no URL, or a certificate or
key cannot be understood. No server was asked anything.");
}
