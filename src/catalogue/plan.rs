//! Plans as documents.

use super::Entry;

entries! {
    INVALID = Entry::new("houseplan::plan::invalid", "the plan has mistakes")
        .help("fix what is marked; `houseplan validate PLAN` shows it again, `houseplan schema --docs` describes every key")
        .explained("
houseplan reads the whole plan and shows everything that is wrong in one report, each mistake with its place: a key
that does not exist or is there twice, a value of the wrong type, a name that nothing has, a step that uses another
one without needing it, a cycle, a template that cannot be read, a placeholder inside quotes in SQL. If a name is
close to an existing one, the report names it.

`houseplan validate` finds the same without a connection to any server. With `schemas/plan.v1.json` an editor finds
most of it while you write. The exit code is 2. Nothing was started.");

    UNREADABLE = Entry::new("houseplan::plan::unreadable", "{path} cannot be read: {reason}")
        .help("give the path of a file that exists and that you may read, or the name of a shipped plan; `houseplan plans` lists those")
        .explained("
houseplan cannot read a plan, or a plan that a document includes. The error of the system says why. A
name without a slash and without an extension is the name of a shipped plan. Everything else is a path. A path inside
a document starts at the folder of that document.");

    UNKNOWN = Entry::new("houseplan::plan::unknown", "no shipped plan `{name}`{?near}")
        .help("`houseplan plans` lists the shipped plans; give a plan of your own by its path{?here}")
        .explained("
A name without a slash and without an extension is the name of a plan that is shipped with houseplan, and no shipped
plan has this name. Everything else is a path.");

    TOO_LARGE = Entry::new("houseplan::plan::too_large", "{path} is {size} MiB long, more than the {limit} MiB that houseplan reads")
        .help("check that it is a plan; for a generated plan, `--max-nodes` raises the limit")
        .explained("
houseplan limits the size of a document, so that a wrong file does not use all the memory. Generated plans may be
larger: `--max-nodes` raises the limit.");

    NOT_UTF8 = Entry::new("houseplan::plan::not_utf8", "{path} is not UTF-8 text: byte {byte}, in line {line}")
        .help("check that it is a plan, and save it as UTF-8")
        .explained("
Plans, environments and files of inputs are text in UTF-8. This file has a byte that is not. It may have been saved in
another encoding, or it is not a text file.");
}
