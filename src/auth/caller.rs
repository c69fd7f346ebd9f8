//! First step: a verified token or API key, and what the database says of it at this moment.

use std::fmt;
use std::str::FromStr;

use actix_web::HttpRequest;

use super::api_key::{Presented, presented};
use super::token::Subject;
use super::{Access, ApiScope, Role, Secret, ShareLink};
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::{Purpose, callers};

/// Somebody whose credentials hold: one account or key, in one organization. Made here only.
#[derive(Clone, Debug)]
pub struct Caller {
    organization_id: i32,
    role: Role,
    identity: Identity,
}

/// Who it is.
#[derive(Clone, Debug)]
pub enum Identity {
    /// A person, signed in.
    Account {
        /// The account.
        id: i32,
        /// Its session.
        session: String,
    },
    /// A program with an API key.
    Key {
        /// The key.
        id: String,
        /// What it may be used for.
        scopes: Vec<ApiScope>,
        /// The one coalition it is bound to, if it is.
        coalition_id: Option<i32>,
    },
    /// Whom no request names but a record does: the command line, or who sent what is applied later.
    OnRecord(Actor),
}

/// Who did something, as it is written down with what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// An account.
    Account(i32),
    /// An API key.
    Key(String),
    /// Whoever holds the database, at the command line.
    Operator,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Key(id) => write!(f, "key:{id}"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

impl FromStr for Actor {
    type Err = ();

    /// Reads what was written down.
    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        match text.split_once(':') {
            Some(("account", id)) => id.parse().map(Self::Account).map_err(|_| ()),
            Some(("key", id)) => Ok(Self::Key(id.to_owned())),
            None if text == "operator" => Ok(Self::Operator),
            _ => Err(()),
        }
    }
}

/// What is presented, before the database has been asked.
#[derive(Clone, Debug)]
pub enum Credential {
    /// An access token's account, session and organization.
    Session {
        /// The organization that the token is for.
        organization_id: i32,
        /// The account.
        account_id: i32,
        /// Its session.
        session: String,
    },
    /// An API key by its id, from an access token.
    Key {
        /// The key.
        id: String,
        /// The scopes that the token has, at most those of the key.
        scopes: Vec<ApiScope>,
    },
    /// An API key by the hash of its secret.
    KeyHash(String),
}

impl Credential {
    /// The organization that it says it is for, which the database has not confirmed.
    fn organization_id(&self) -> Option<i32> {
        match self {
            Self::Session { organization_id, .. } => Some(*organization_id),
            Self::Key { .. } | Self::KeyHash(_) => None,
        }
    }
}

impl Caller {
    /// Who is calling, and, where the path names a coalition, its organization's place there.
    pub(super) async fn identify(
        request: &HttpRequest,
        coalition: Option<String>,
    ) -> Result<(Self, Option<callers::FoundPlace>)> {
        let app = App::of(request)?;
        let credential = match presented(request)? {
            Presented::KeyHash(hash) => Credential::KeyHash(hash),
            Presented::Token(token) => Self::from_token(app, &token).await?,
            Presented::LinkHash(hash) => {
                ShareLink::presented(app, hash, coalition.as_deref()).await?;
                return Err(Error::Forbidden(
                    "a share link reads figures and nothing else: this is for those who have signed in"
                        .into(),
                ));
            }
        };
        let found = app
            .db
            .system_for(Purpose::Authenticate, credential.organization_id(), move |tx| {
                callers::find(tx, &credential, coalition.as_deref())
            })
            .await?;
        let (found, place) = found.ok_or(Error::Unauthenticated(
            "these credentials no longer hold: the session has ended, or the account, key or organization is suspended",
        ))?;
        app.limits.remember(request, found.organization_id);
        Ok((Self::from(found), place))
    }

    /// The API key of that secret, if it holds.
    pub(crate) async fn with_secret(app: &App, secret: &str) -> Result<Option<Self>> {
        let credential = Credential::KeyHash(Secret::hash_of(secret));
        let found = app
            .db
            .system(Purpose::Authenticate, move |tx| {
                callers::find(tx, &credential, None)
            })
            .await?;
        Ok(found.map(|(found, _)| Self::from(found)))
    }

    /// Somebody in the name of an organization, as a record says.
    pub(super) fn on_record(organization_id: i32, actor: Actor) -> Self {
        Self {
            organization_id,
            role: Role::Editor,
            identity: Identity::OnRecord(actor),
        }
    }

    fn from(found: callers::FoundCaller) -> Self {
        Self {
            organization_id: found.organization_id,
            role: found.role,
            identity: found.identity,
        }
    }

    async fn from_token(app: &App, token: &str) -> Result<Credential> {
        let (organization_id, subject) = app.tokens.verify(token).await?;
        Ok(match subject {
            Subject::Account { account, session } => Credential::Session {
                organization_id,
                account_id: account,
                session,
            },
            Subject::Key { key, scopes } => Credential::Key { id: key, scopes },
        })
    }

    /// Whether a key may be used on this route; asked once it is settled that the caller may know of what is there.
    pub(super) fn may_use(&self, request: &HttpRequest) -> Result<()> {
        let Identity::Key { scopes, .. } = &self.identity else {
            return Ok(());
        };
        let needed = Access::for_key(request);
        match needed {
            Some(scope) if scopes.contains(&scope) => Ok(()),
            Some(scope) => Err(Error::Forbidden(format!(
                "this API key lacks the scope {}",
                scope.as_str()
            ))),
            None => Err(Error::Forbidden(
                "API keys cannot be used here: sign in as a person".into(),
            )),
        }
    }

    /// Whether it may have what a scope stands for: a person always, a key if it was given that scope.
    pub fn has_scope(&self, scope: ApiScope) -> bool {
        match &self.identity {
            Identity::Key { scopes, .. } => scopes.contains(&scope),
            Identity::Account { .. } | Identity::OnRecord(_) => true,
        }
    }

    /// The organization.
    pub fn organization_id(&self) -> i32 {
        self.organization_id
    }

    /// The caller's role in it.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Who it is, as it is written down.
    pub fn actor(&self) -> Actor {
        match &self.identity {
            Identity::Account { id, .. } => Actor::Account(*id),
            Identity::Key { id, .. } => Actor::Key(id.clone()),
            Identity::OnRecord(actor) => actor.clone(),
        }
    }

    /// The one coalition that a key is bound to.
    pub(super) fn bound_to(&self) -> Option<i32> {
        match &self.identity {
            Identity::Key { coalition_id, .. } => *coalition_id,
            Identity::Account { .. } | Identity::OnRecord(_) => None,
        }
    }
}
