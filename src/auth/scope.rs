//! Second step: a role in the caller's own organization, and the person behind a session.

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_core::future::LocalBoxFuture;

use super::{Access, Caller, Identity, RoleAtLeast};
use crate::error::{Error, Result};

/// Proof that the caller has at least the role `R` in the organization that its token or key is for. Made here only,
/// from what the database says at each request.
#[derive(Clone, Debug)]
pub struct Scope<R> {
    caller: Caller,
    role: PhantomData<R>,
}

impl<R: RoleAtLeast> Scope<R> {
    pub(super) fn prove(caller: Caller) -> Result<Self> {
        if caller.role() < R::ROLE {
            return Err(too_small(R::ROLE));
        }
        Ok(Self {
            caller,
            role: PhantomData,
        })
    }

    /// Who it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

pub(super) fn too_small(role: super::Role) -> Error {
    Error::Forbidden(format!(
        "this takes the role {} in your organization",
        role.as_str()
    ))
}

impl<R: RoleAtLeast> FromRequest for Scope<R> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (caller, _) = Caller::identify(&request, None).await?;
            caller.may_use(&request)?;
            let scope = Self::prove(caller)?;
            Access::check_query(&request)?;
            Ok(scope)
        })
    }
}

/// Proof that the caller is a person in a session: for the person's own account.
#[derive(Clone, Debug)]
pub struct Person {
    account_id: i32,
    session: String,
}

impl Person {
    /// The account.
    pub fn account_id(&self) -> i32 {
        self.account_id
    }

    /// The session.
    pub fn session(&self) -> &str {
        &self.session
    }
}

impl FromRequest for Person {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (caller, _) = Caller::identify(&request, None).await?;
            caller.may_use(&request)?;
            Access::check_query(&request)?;
            match caller.identity() {
                Identity::Account { id, session } => Ok(Self {
                    account_id: *id,
                    session: session.clone(),
                }),
                Identity::Key { .. } | Identity::OnRecord(_) => {
                    Err(Error::Forbidden("an API key has no account".into()))
                }
            }
        })
    }
}
