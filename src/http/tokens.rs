//! OAuth 2.0 client credentials (RFC 6749, section 4.4): an API key's id and secret for an access token. A token for
//! programs: it never becomes a session.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{Body, respond};
use crate::app::App;
use crate::auth::{ApiScope, Caller, Identity, LIFETIME, Subject, basic};
use crate::error::{Error, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    #[serde(rename = "grant_type")]
    _grant_type: GrantType,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
}

#[derive(Deserialize)]
enum GrantType {
    #[serde(rename = "client_credentials")]
    ClientCredentials,
}

#[derive(Serialize)]
struct Token {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    scope: String,
}

const REFUSED: Error =
    Error::Unauthenticated("send the id of an API key as client_id and its secret as client_secret");

/// `POST /oauth/token`.
pub async fn create(request: HttpRequest, body: Body, app: web::Data<App>) -> Result<HttpResponse> {
    let form: TokenRequest = body.form().await?;
    let (client_id, secret) = credentials(basic(&request), form.client_id, form.client_secret)?;
    let caller = Caller::with_secret(&app, &secret).await?.ok_or(REFUSED)?;
    let Identity::Key { id, scopes, .. } = caller.identity() else {
        return Err(REFUSED);
    };
    if *id != client_id {
        return Err(REFUSED);
    }
    let scopes = narrow(scopes, form.scope.as_deref().unwrap_or_default())?;
    let subject = Subject::Key {
        key: id.clone(),
        scopes: scopes.clone(),
    };
    let answer = Token {
        access_token: app.tokens.issue(caller.organization_id(), subject).await?,
        token_type: "Bearer",
        expires_in: LIFETIME,
        scope: words(&scopes),
    };
    respond::secret(StatusCode::OK, &answer)
}

/// The id and the secret, from the form or from Basic, but not from both (RFC 6749, section 2.3).
fn credentials(
    basic: Option<(String, String)>,
    id: Option<String>,
    secret: Option<String>,
) -> Result<(String, String)> {
    match (basic, id, secret) {
        (Some(_), _, Some(_)) => Err(Error::malformed(
            "/client_secret",
            "duplicate_credentials",
            "send the secret in the form or as HTTP Basic, not both",
        )),
        (Some((name, password)), id, None) if id.as_ref().is_none_or(|id| *id == name) => {
            Ok((name, password))
        }
        (None, Some(id), Some(secret)) => Ok((id, secret)),
        _ => Err(REFUSED),
    }
}

/// Those of the key's scopes that are asked for; all, if none are.
fn narrow(held: &[ApiScope], asked: &str) -> Result<Vec<ApiScope>> {
    let mut narrowed = Vec::new();
    for word in asked.split_ascii_whitespace() {
        let scope = ApiScope::parse(word).filter(|scope| held.contains(scope));
        narrowed.push(scope.ok_or_else(|| {
            Error::invalid(
                "/scope",
                "invalid_scope",
                format!(
                    "this API key does not have the scope '{word}'; it has {}",
                    words(held)
                ),
            )
        })?);
    }
    if narrowed.is_empty() {
        narrowed.extend(held);
    }
    narrowed.sort_unstable();
    narrowed.dedup();
    Ok(narrowed)
}

fn words(scopes: &[ApiScope]) -> String {
    let words: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ApiScope::{AggregatesRead, ObservationsRead, SchemaRead};

    fn some(text: &str) -> Option<String> {
        Some(text.into())
    }

    #[test]
    fn never_widens() {
        let held = [AggregatesRead, SchemaRead];
        assert_eq!(narrow(&held, "").unwrap(), [SchemaRead, AggregatesRead]);
        assert_eq!(narrow(&held, "schema:read  schema:read").unwrap(), [SchemaRead]);
        for asked in ["observations:read", "schema:read activities:write", "admin", "*"] {
            assert!(matches!(narrow(&held, asked), Err(Error::Invalid(_))), "{asked}");
        }
        assert!(!narrow(&held, "").unwrap().contains(&ObservationsRead));
    }

    #[test]
    fn takes_the_secret_from_one_place() {
        let basic = Some(("id".to_owned(), "secret".to_owned()));
        let pair = ("id".to_owned(), "secret".to_owned());
        assert_eq!(credentials(basic.clone(), None, None).unwrap(), pair);
        assert_eq!(credentials(basic.clone(), some("id"), None).unwrap(), pair);
        assert_eq!(credentials(None, some("id"), some("secret")).unwrap(), pair);
        assert!(credentials(basic.clone(), some("other"), None).is_err());
        assert!(matches!(
            credentials(basic, some("id"), some("secret")),
            Err(Error::Malformed(_))
        ));
        assert!(credentials(None, some("id"), None).is_err());
        assert!(credentials(None, None, None).is_err());
    }
}
