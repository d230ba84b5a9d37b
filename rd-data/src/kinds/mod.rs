//! The kinds of resources of this slice, one file or folder each. The kinds of the secret are in `rd-secret`, that of
//! the log groups in `rd-log-group`.

pub mod database_secret;
pub mod db_instance;
pub mod db_parameter_group;
pub mod db_subnet_group;
