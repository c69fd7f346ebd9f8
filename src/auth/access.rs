//! What an API key may be used for, and what each route lets keys do.

use actix_web::HttpRequest;
use actix_web::http::Method;

use crate::error::{Error, Result};

/// A part of the API that a key may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum ApiScope {
    /// The coalition, its schema, goals, baselines and targets.
    #[serde(rename = "schema:read")]
    SchemaRead,
    /// Observations and submissions.
    #[serde(rename = "observations:read")]
    ObservationsRead,
    /// Submitting observations.
    #[serde(rename = "observations:write")]
    ObservationsWrite,
    /// Aggregates and progress.
    #[serde(rename = "aggregates:read")]
    AggregatesRead,
    /// Activities.
    #[serde(rename = "activities:read")]
    ActivitiesRead,
    /// Writing activities.
    #[serde(rename = "activities:write")]
    ActivitiesWrite,
}

impl ApiScope {
    /// Every scope.
    pub const ALL: [Self; 6] = [
        Self::SchemaRead,
        Self::ObservationsRead,
        Self::ObservationsWrite,
        Self::AggregatesRead,
        Self::ActivitiesRead,
        Self::ActivitiesWrite,
    ];

    /// The scope's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SchemaRead => "schema:read",
            Self::ObservationsRead => "observations:read",
            Self::ObservationsWrite => "observations:write",
            Self::AggregatesRead => "aggregates:read",
            Self::ActivitiesRead => "activities:read",
            Self::ActivitiesWrite => "activities:write",
        }
    }

    /// Reads a scope's word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// What a route takes of each method. Attached to the route.
#[derive(Clone, Debug, Default)]
pub struct Access(pub Vec<Terms>);

/// What one operation takes.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Its method.
    pub method: Method,
    /// The scope that an API key needs; `None` keeps keys out.
    pub key: Option<ApiScope>,
    /// Whether it has query parameters.
    pub takes_query: bool,
}

impl Access {
    fn of(request: &HttpRequest) -> Option<&Terms> {
        let Self(all) = request.app_data::<Self>()?;
        all.iter().find(|terms| terms.method == request.method())
    }

    /// What an API key needs here; `None` where no key will do.
    pub fn for_key(request: &HttpRequest) -> Option<ApiScope> {
        Self::of(request).and_then(|terms| terms.key)
    }

    /// Refuses query parameters, by the first one's name, where there are none. Operations that have some read
    /// theirs themselves.
    pub fn check_query(request: &HttpRequest) -> Result<()> {
        let text = request.query_string();
        if text.is_empty() || Self::of(request).is_none_or(|terms| terms.takes_query) {
            return Ok(());
        }
        let name = text.split(['=', '&']).next().unwrap_or_default();
        let detail = format!("'{name}' is not known here: this takes no parameters");
        Err(Error::malformed(format!("?{name}"), "unknown_field", detail))
    }
}
