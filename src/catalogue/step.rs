//! Steps, before they have tasks.

use super::Entry;

entries! {
    DUPLICATE_TASK = Entry::new("houseplan::step::duplicate_task", "the step has two tasks with the name `{task}`")
        .cause("two items of `for_each` have the same name")
        .help("give the items of `for_each` different names")
        .explained("
A task is known by its step, its item and its member, in the journal and on every statement that it sends. The name of
an item that is a map is its `name`. After a crash, two tasks with one name could not be told apart. Nothing was
started.");

    SECRET_IN_TASK_NAME = Entry::new("houseplan::step::secret_in_task_name", "the name of a task contains a secret")
        .help("use `for_each` over values that are not secret; the names of tasks are in the journal")
        .explained("
A task is named after its item of `for_each`. That name is in the journal, on the screen and in a comment of each
statement that the task sends. One of the items is a secret or contains one. Nothing was started.");
}
