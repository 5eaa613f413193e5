//! Which outputs there are, and the context each template gets. One file per kind of output; decisions are taken here,
//! layout is the templates'.

mod adopt_image;
mod bake;
mod build_secrets;
mod buildkite;
mod catalog;
mod checkout;
mod cloud_build;
mod emitters;
mod files;
mod github;
mod gitlab;
mod jobs;
mod login;
mod own_step;
mod provider;
mod providers;
mod setup;
mod signing;
mod site;
mod split;
mod triggers;
mod work;

pub use adopt_image::{facts_beside, name_facts, put_machinery, restate, stated_images};
pub use bake::text as bake_text;
pub use cloud_build::build_configs;
pub use emitters::{Emission, emit, schema_text, setup, test_script};
use github::workflow_dialect;
pub use github::{
    ActionEdit, ActionEdits, Call, Unfit, adopt, all_permissions, calls, stated_pin, workflow_files,
};
pub use jobs::{Jobs, jobs};
pub(crate) use login::secrets as secrets_of;
pub use provider::{File, Layout, Provider};
pub use providers::{PROVIDERS, Providers};
pub use site::Site;
