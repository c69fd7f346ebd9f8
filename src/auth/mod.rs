//! Who is calling, and the proof of what they may do.
//!
//! Three values, each made in one module only, form a ladder: a [`Caller`] is a verified token or key; a [`Scope`]
//! adds a role in the caller's organization; a [`Coalition`] adds that organization's place in the coalition of the
//! path. The database takes the last two as tenants, so a query without a proof does not compile.

mod access;
mod api_key;
mod caller;
mod coalition;
mod password;
mod role;
mod scope;
mod secret;
mod sign_in;
mod signing_keys;
mod tenant;
mod token;

pub use access::{Access, ApiScope};
pub(crate) use api_key::basic;
pub use caller::{Actor, Caller, Credential, Identity};
pub use coalition::{Backbone, Coalition, Inside, Invited, Observer, Partner, Place, PlaceAtLeast};
pub use password::Passwords;
pub use role::{Admin, Editor, Role, RoleAtLeast, Viewer, WritingRole};
pub use scope::{Person, Scope};
pub use secret::Secret;
pub(crate) use sign_in::{Checked, check_password};
pub use signing_keys::SigningKeys;
pub use tenant::{InCoalition, InOrganization, MayWrite, Tenant};
pub use token::{LIFETIME, Subject, Tokens};
