//! Plans as documents.

use super::Entry;

entries! {
    INVALID = Entry::new("houseplan::plan::invalid", "the plan has mistakes")
        .help("mend what is pointed at; `houseplan validate PLAN` shows it again, `houseplan schema --docs` has every key")
        .explained("
A plan is read as a whole, and everything that is wrong with it is told in one go, each with its place: a key
that does not exist or stands there twice, a value of the wrong type, a name that nothing bears, a step that
uses another without needing it, a cycle, a template that cannot be read, a placeholder inside quotes in SQL.
Where a name is close to one that exists, that one is named.

`houseplan validate` finds the same without connecting to anything, and `schemas/plan.v1.json` lets an editor
find most of it while you write. The exit code is 2, and nothing was begun.");

    UNREADABLE = Entry::new("houseplan::plan::unreadable", "a document cannot be had")
        .help("give a path that exists, or a shipped plan's name; `houseplan plans` lists those")
        .explained("
A plan or an environment, or a plan that one of them includes, could not be read from disk: it is not there, it
may not be read, it is no UTF-8, or it is larger than a document may be. A name without a slash and without an
ending is looked for among the plans that are shipped; everything else is a path. A path inside a document
begins at that document's folder.");
}
