//! Documents, inputs and templates, and calls that are wrong: what is found before anything is begun.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "houseplan::call",
        title: "the call is wrong",
        cause: None,
        help: "`houseplan --help`, and `houseplan COMMAND --help` with examples, say what there is",
        temporary: false,
        signs: &[],
        explanation: "
What was asked for does not exist, or cannot be had together. Nothing was read and nothing was done. The exit
code is 2.",
    },
    Entry {
        code: "houseplan::lint",
        title: "the plan does something that it should say it means",
        cause: None,
        help: "look at each warning: `houseplan explain` and the word in brackets says why it matters; mend the plan, or let \
               the step's `accepts` say why it is meant",
        temporary: false,
        signs: &[],
        explanation: "
The plan is valid, and would run. Each warning is about the order of steps, or about what a step destroys, fills
or repeats, and has a code of its own. `houseplan validate --strict` takes warnings for mistakes.",
    },
    Entry {
        code: "houseplan::plan::invalid",
        title: "the plan has mistakes",
        cause: None,
        help: "mend what is pointed at; `houseplan validate PLAN` shows it again, `houseplan schema --docs` has every key",
        temporary: false,
        signs: &[],
        explanation: "
A plan is read as a whole, and everything that is wrong with it is told in one go, each with its place: a key
that does not exist or stands there twice, a value of the wrong type, a name that nothing bears, a step that
uses another without needing it, a cycle, a template that cannot be read, a placeholder inside quotes in SQL.
Where a name is close to one that exists, that one is named.

`houseplan validate` finds the same without connecting to anything, and `schemas/plan.v1.json` lets an editor
find most of it while you write. The exit code is 2, and nothing was begun.",
    },
    Entry {
        code: "houseplan::plan::unreadable",
        title: "a document cannot be had",
        cause: None,
        help: "give a path that exists, or a shipped plan's name; `houseplan plans` lists those",
        temporary: false,
        signs: &[],
        explanation: "
A plan or an environment, or a plan that one of them includes, could not be read from disk: it is not there, it
may not be read, it is no UTF-8, or it is larger than a document may be. A name without a slash and without an
ending is looked for among the plans that are shipped; everything else is a path. A path inside a document
begins at that document's folder.",
    },
    Entry {
        code: "houseplan::environment::missing",
        title: "no environment is given",
        cause: Some("a plan says what, an environment says where"),
        help: "give one with `--env FILE`, or in HOUSEPLAN_ENV",
        temporary: false,
        signs: &[],
        explanation: "
A plan names the targets that it needs and never says where they are, so that one plan serves every
installation. The environment is the document that says it for one of them: addresses, where secrets come from,
and how each procedure is carried out. `validate` and `graph` do without; what runs or renders a plan needs one.",
    },
    Entry {
        code: "houseplan::environment::invalid",
        title: "the environment has mistakes",
        cause: None,
        help: "mend what is pointed at; `houseplan schema environment --docs` has every key",
        temporary: false,
        signs: &[],
        explanation: "
The environment was read with the plan, and all that is wrong is told in one go: keys that do not exist, a
procedure that says neither how nor by what, a secret that cannot be read from where it is said to be. The exit code
is 2, and nothing was begun.",
    },
    Entry {
        code: "houseplan::environment::unfit",
        title: "the plan and the environment do not fit together",
        cause: None,
        help: "say which target is meant with `--target TARGET=NAME`, or give the environment that is meant with `--env FILE`",
        temporary: false,
        signs: &[],
        explanation: "
The plan and the environment may each be whole, but the one needs what the other does not have under that name: a
target, or one of another kind, more or fewer members, a procedure. Where the environment calls a target otherwise,
`--target TARGET=NAME` says which is meant (and one that the plan does not know is told here, too). A shipped plan is
never the one to mend. The exit code is 2, and nothing was begun.",
    },
    Entry {
        code: "houseplan::environment::file",
        title: "a file that the environment or a command names cannot be read",
        cause: None,
        help: "put the file there, or mend its path or its rights; the environment's begin at its own folder",
        temporary: false,
        signs: &[],
        explanation: "
An environment names certificates by their files, and commands name scripts. They are read when the run begins, and
again on resume, before anything is connected; one of them is not there or may not be read.",
    },
    Entry {
        code: "houseplan::environment::connection",
        title: "a target's client cannot be made",
        cause: None,
        help: "mend the target's address or certificates in the environment",
        temporary: false,
        signs: &[],
        explanation: "
What the environment says of a target cannot be made into a client: the address is no URL, or a certificate or
key cannot be understood. No server was asked anything.",
    },
    Entry {
        code: "houseplan::inputs::invalid",
        title: "the plan's inputs are not as it needs them",
        cause: None,
        help: "give an input with `--set name=value`, with `--inputs FILE`, or as HOUSEPLAN_INPUT_NAME",
        temporary: false,
        signs: &[],
        explanation: "
An input that has no default is missing, has a value that is not of its type, or is none of the plan's. All of
them are told in one go. The first source that gives an input counts: --set, then --inputs, then the environment
variables.

A secret is never given with --set: the arguments of a process are seen by everyone on its machine, and stay in
the shell's history. Give it in a file or in a variable.",
    },
    Entry {
        code: "houseplan::inputs::unreadable",
        title: "the file of inputs has mistakes",
        cause: None,
        help: "write one map of names and values, in YAML",
        temporary: false,
        signs: &[],
        explanation: "
The file that --inputs names is no YAML, or holds something else than one map from the names of inputs to their
values. A name that stands there twice is a mistake, as in a plan.",
    },
    Entry {
        code: "houseplan::template::failed",
        title: "a template cannot be evaluated",
        cause: None,
        help: "mend the plan, then `houseplan resume RUN --accept-changes`; nothing was sent for this step",
        temporary: false,
        signs: &[],
        explanation: "
A template or an expression uses something that is not there at this point of the run: a column that a query did
not give, an output that a step does not have, an operation on a value of another type. What is undefined is an
error and never an empty text, for an empty text in a statement may mean everything.

What can be known without running was checked by `houseplan validate`; this was only known with the values.",
    },
    Entry {
        code: "houseplan::template::malformed",
        title: "a template cannot be read",
        cause: None,
        help: "mend the plan; `houseplan validate PLAN` points at the place",
        temporary: false,
        signs: &[],
        explanation: "
A template is not well formed, or a placeholder in SQL stands where no literal and no identifier can stand:
inside quotes, inside backticks, inside a comment. houseplan quotes values by itself, so write `{{ value }}`
without quotes around it.",
    },
    Entry {
        code: "houseplan::template::secret",
        title: "a secret would come to stand in the journal",
        cause: Some("what this template gives is kept on record, and it uses a secret"),
        help: "use the secret only in `sql` statements and in the `env` of `exec`",
        temporary: false,
        signs: &[],
        explanation: "
Paths, names and lists become part of the run's journal and of what is shown. A secret never does. Where a
template that gives such a value uses an input of `type: secret`, the step fails before it does anything.",
    },
    Entry {
        code: "houseplan::template::type",
        title: "a template gives a value of another kind than is needed here",
        cause: None,
        help: "give what is asked for: a list, or what an `inventory`, a `backup` or an `inspect` step gives, whole",
        temporary: false,
        signs: &[],
        explanation: "
A scalar that is one whole `{{ }}` keeps its type: `\"{{ steps.inventory }}\"` is the inventory itself, and with
anything beside it, a text. `tables`, `for_each` and `paths` need a list; `compare` needs an inventory;
`restore` and `inspect` need a path, or what a `backup` or `inspect` step gives.",
    },
];
