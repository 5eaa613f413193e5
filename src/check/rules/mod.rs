//! One rule a file.

pub mod alias_unmatched;
pub mod arch_specific_url;
pub mod base_exists;
pub mod base_platform;
pub mod cudnn_mismatch;
pub mod dead_match;
pub mod dead_rule;
pub mod dead_when;
pub mod drift;
pub mod end_of_life;
pub mod expectation_failed;
pub mod floating_base;
pub mod minimum_driver;
pub mod missing_target;
pub mod own_dockerfile;
pub mod parent_ignored;
pub mod release_baked;
pub mod secret_in_image;
pub mod tag_lies;
pub mod undeclared_arg;
pub mod unused_name;
pub mod unused_value;
