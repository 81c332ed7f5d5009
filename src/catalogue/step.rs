//! Steps, before they have tasks.

use super::Entry;

entries! {
    DUPLICATE_TASK = Entry::new("houseplan::step::duplicate_task", "two tasks of a step would bear the same name")
        .cause("two items of its `for_each` are called the same")
        .help("make the items of `for_each` differ in what they are called by")
        .explained("
A task is known by its step, its item and its member, in the journal and on every statement that it sends. An
item that is a map is called by its `name`. Two that are called the same could not be told apart after a crash.
Nothing was begun.");

    SECRET_IN_TASK_NAME = Entry::new("houseplan::step::secret_in_task_name", "a task's name would hold a secret")
        .help("`for_each` over something that is not secret; names stand in the journal")
        .explained("
A task is called by the item of `for_each` that it is for, and that name stands in the journal, on the screen,
and in a comment of each statement it sends. One of the items is, or contains, a secret. Nothing was begun.");
}
