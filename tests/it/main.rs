//! houseplan through its library, as a user meets it.

mod documents;
