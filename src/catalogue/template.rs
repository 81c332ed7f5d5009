//! Templates and expressions.

use super::Entry;

entries! {
    FAILED = Entry::new("houseplan::template::failed", "a template cannot be evaluated")
        .help("mend the plan, then `houseplan resume RUN --accept-changes`; nothing was sent for this step")
        .explained("
A template or an expression uses something that is not there at this point of the run: a column that a query did
not give, an output that a step does not have, an operation on a value of another type. What is undefined is an
error and never an empty text, for an empty text in a statement may mean everything.

What can be known without running was checked by `houseplan validate`; this was only known with the values.");

    MALFORMED = Entry::new("houseplan::template::malformed", "a template cannot be read")
        .help("mend the plan; `houseplan validate PLAN` points at the place")
        .explained("
A template is not well formed, or a placeholder in SQL stands where no literal and no identifier can stand:
inside quotes, inside backticks, inside a comment. houseplan quotes values by itself, so write `{{ value }}`
without quotes around it.");

    SECRET_NOT_ALLOWED = Entry::new("houseplan::template::secret_not_allowed", "a secret would come to stand in the journal")
        .cause("what this template gives is kept on record, and it uses a secret")
        .help("use the secret only in `sql` statements and in the `env` of `exec`")
        .explained("
Paths, names and lists become part of the run's journal and of what is shown. A secret never does. Where a
template that gives such a value uses an input of `type: secret`, the step fails before it does anything.");

    WRONG_TYPE = Entry::new("houseplan::template::wrong_type", "a template gives a value of another kind than is needed here")
        .help("give what is asked for: a list, or what an `inventory`, a `backup` or an `inspect` step gives, whole")
        .explained("
A scalar that is one whole `{{ }}` keeps its type: `\"{{ steps.inventory }}\"` is the inventory itself, and with
anything beside it, a text. `tables`, `for_each` and `paths` need a list; `compare` needs an inventory;
`restore` and `inspect` need a path, or what a `backup` or `inspect` step gives.");
}
