//! The action `retain`: what stays when the objects that hold it go.

mod claims;
mod objects;
mod prepare;
mod task;
mod volumes;
