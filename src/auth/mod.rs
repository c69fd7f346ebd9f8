//! Who is calling, and the proof of what they may do.
//!
//! Three values, each made in one module only, form a ladder: a [`Caller`] is a verified token or key; a [`Scope`]
//! adds a role in the caller's organization; a [`Coalition`] adds that organization's place in the coalition of the
//! path. The database takes the last two as tenants, so a query without a proof does not compile. Beside the ladder stands
//! the [`Reader`]: an organization in a coalition, or a share link to it, which reads and is no organization.
//!
//! # What does not compile
//!
//! Each pair differs only in what is forbidden.
//!
//! A query needs a proof of who is asking:
//! ```
//! use cairn::{app::App, auth::{Scope, Viewer}, error::Result, store::organizations};
//! async fn name(asker: Scope<Viewer>, app: &App) -> Result<String> {
//!     app.db.read(&asker, |tx| Ok(organizations::find(tx)?.name)).await
//! }
//! ```
//! ```compile_fail,E0277
//! use cairn::{app::App, auth::{Scope, Viewer}, error::Result, store::organizations};
//! async fn name(asker: (), app: &App) -> Result<String> {
//!     app.db.read(&asker, |tx| Ok(organizations::find(tx)?.name)).await
//! }
//! ```
//!
//! Nobody outside `store` reaches the connection, and with it other tenants' rows:
//! ```
//! use cairn::{auth::{Scope, Viewer}, store::Read};
//! fn of(tx: &Read<'_, Scope<Viewer>>) { let _ = tx.tenant(); }
//! ```
//! ```compile_fail,E0616
//! use cairn::{auth::{Scope, Viewer}, store::Read};
//! fn of(tx: &Read<'_, Scope<Viewer>>) { let _ = tx.connection; }
//! ```
//!
//! Nor its tables:
//! ```
//! use cairn::store::organizations;
//! ```
//! ```compile_fail,E0603
//! use cairn::store::schema::organizations;
//! ```
//!
//! A caller does not become a scope elsewhere than here:
//! ```
//! use cairn::{auth::{Admin, Caller, Scope}, error::Result};
//! fn prove(of: Caller, made: fn(Caller) -> Result<Scope<Admin>>) -> Result<Scope<Admin>> { made(of) }
//! ```
//! ```compile_fail,E0624
//! use cairn::{auth::{Admin, Caller, Scope}, error::Result};
//! fn prove(of: Caller, made: fn(Caller) -> Result<Scope<Admin>>) -> Result<Scope<Admin>> { Scope::prove(of) }
//! ```
//!
//! Nor a coalition:
//! ```
//! use cairn::{auth::{Backbone, Caller, Coalition}, error::Result, store::callers::FoundPlace};
//! type Made = Result<Coalition<Backbone>>;
//! fn prove(of: Caller, made: fn(Caller, Option<FoundPlace>) -> Made) -> Made { made(of, None) }
//! ```
//! ```compile_fail,E0624
//! use cairn::{auth::{Backbone, Caller, Coalition}, error::Result, store::callers::FoundPlace};
//! type Made = Result<Coalition<Backbone>>;
//! fn prove(of: Caller, made: fn(Caller, Option<FoundPlace>) -> Made) -> Made { Coalition::prove(of, None) }
//! ```
//!
//! And nothing else becomes a tenant:
//! ```
//! use cairn::auth::{Scope, Tenant, Viewer};
//! fn is_tenant<T: Tenant>() {}
//! fn check() { is_tenant::<Scope<Viewer>>() }
//! ```
//! ```compile_fail,E0277
//! use cairn::auth::{Scope, Tenant, Viewer};
//! #[derive(Clone)]
//! struct Mine;
//! impl Tenant for Mine {}
//! ```
//!
//! A viewer does not write:
//! ```
//! use cairn::{app::App, auth::{Editor, Scope, Viewer}, error::Result, store::organizations};
//! async fn rename(asker: Scope<Editor>, app: &App) -> Result<()> {
//!     app.db.write(&asker, |tx| organizations::update(tx, "Riverside").map(|_| ())).await
//! }
//! ```
//! ```compile_fail,E0277
//! use cairn::{app::App, auth::{Editor, Scope, Viewer}, error::Result, store::organizations};
//! async fn rename(asker: Scope<Viewer>, app: &App) -> Result<()> {
//!     app.db.write(&asker, |tx| organizations::update(tx, "Riverside").map(|_| ())).await
//! }
//! ```
//!
//! An observer's place is not a partner's:
//! ```
//! use cairn::auth::{Coalition, Editor, Observer, Partner};
//! fn submit(asker: Coalition<Partner, Editor>) {}
//! fn ask(asker: Coalition<Partner, Editor>) { submit(asker) }
//! ```
//! ```compile_fail,E0308
//! use cairn::auth::{Coalition, Editor, Observer, Partner};
//! fn submit(asker: Coalition<Partner, Editor>) {}
//! fn ask(asker: Coalition<Observer, Editor>) { submit(asker) }
//! ```

//!
//! A share link reads, and does not write:
//! ```
//! use cairn::{app::App, auth::Reader, error::Result};
//! async fn ask(asker: Reader, app: &App) -> Result<()> { app.db.read(&asker, |_| Ok(())).await }
//! ```
//! ```compile_fail,E0277
//! use cairn::{app::App, auth::Reader, error::Result};
//! async fn ask(asker: Reader, app: &App) -> Result<()> { app.db.write(&asker, |_| Ok(())).await }
//! ```
//!
//! And it is no organization:
//! ```
//! use cairn::auth::{ReadsCoalition, Reader};
//! fn is<T: ReadsCoalition>() {}
//! fn check() { is::<Reader>() }
//! ```
//! ```compile_fail,E0277
//! use cairn::auth::{InOrganization, Reader};
//! fn is<T: InOrganization>() {}
//! fn check() { is::<Reader>() }
//! ```

mod access;
mod api_key;
mod attempts;
mod caller;
mod client_address;
mod coalition;
mod guessable;
mod password;
mod password_queue;
mod reader;
mod recovery_code;
mod role;
mod scope;
mod secret;
mod share_link;
mod sign_in;
mod signing_keys;
mod tenant;
mod token;

pub use access::{Access, ApiScope, Terms};
pub(crate) use api_key::basic;
pub(crate) use attempts::Attempt;
pub use attempts::Attempts;
pub use caller::{Actor, Caller, Credential, Identity};
pub use client_address::{ClientAddress, TrustedProxies};
pub use coalition::{Backbone, Coalition, Inside, Invited, Observer, Partner, Place, PlaceAtLeast};
pub use guessable::OwnWords;
pub use password::Passwords;
pub use reader::Reader;
pub use recovery_code::RecoveryCode;
pub use role::{Admin, Editor, Role, RoleAtLeast, Viewer, WritingRole};
pub use scope::{Person, Scope};
pub use secret::Secret;
pub(crate) use secret::random;
pub use share_link::ShareLink;
pub(crate) use sign_in::{Checked, Given, check_counted, check_password};
pub use signing_keys::SigningKeys;
pub use tenant::{InCoalition, InOrganization, MayWrite, ReadsCoalition, Tenant};
pub use token::{LIFETIME, Subject, Tokens};
