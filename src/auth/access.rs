//! What an API key may be used for, and what each route lets keys do.

use actix_web::http::Method;

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

/// The scope that a key needs for each method of a route; `None` keeps keys out. Attached to the route.
#[derive(Clone, Debug, Default)]
pub struct Access(pub Vec<(Method, Option<ApiScope>)>);

impl Access {
    /// What a key needs here; `None` where no key will do.
    pub fn for_key(&self, method: &Method) -> Option<ApiScope> {
        self.0
            .iter()
            .find(|(of, _)| of == method)
            .and_then(|(_, scope)| *scope)
    }
}
