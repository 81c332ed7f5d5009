//! The integration tests: through the library and the binary, as a user, against real servers.

mod moving;
mod observe;
mod sandbox;
mod support;
