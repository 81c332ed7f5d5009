//! Small inputs that went wrong once, each of which stands for a kind: a folder holds what is put in, the file beside it says what
//! has to come out.

mod s3_addresses;
mod store_paths;
