//! The action `echo`, which only tests have: it gives back what it is told.

mod prepare;
mod task;

#[cfg(test)]
mod tests;
