//! The whole API on one screen. The application, the contract test and the tenancy sweep are all built from this
//! table; who may do what stands in each handler's signature.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, delete, get, patch, post, put};
use actix_web::{HttpRequest, ResponseError, Route, guard};

use super::*;
use crate::auth::ApiScope::{self, *};
use crate::auth::{Access, Terms};
use crate::error::Error;

/// One operation of `openapi.yaml`.
pub struct Operation {
    /// Its `operationId`.
    pub id: &'static str,
    /// Its method.
    pub method: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What an API key needs for it; `None` keeps keys out.
    pub key: Option<ApiScope>,
    route: fn() -> Route,
}

impl Operation {
    /// Whether it has query parameters: lists have pages, and some others have parameters of their own.
    pub fn takes_query(&self) -> bool {
        self.id.starts_with("list_")
            || self.id.ends_with("_chart")
            || self.id.starts_with("find_odata_")
            || matches!(
                self.id,
                "create_submission"
                    | "find_aggregates"
                    | "find_shared_aggregates"
                    | "find_template_workbook"
                    | "find_template_csv"
            )
    }
}

const fn op(
    id: &'static str,
    method: &'static str,
    path: &'static str,
    key: Option<ApiScope>,
    route: fn() -> Route,
) -> Operation {
    Operation {
        id,
        method,
        path,
        key,
        route,
    }
}

/// Every operation.
#[rustfmt::skip]
pub const OPERATIONS: &[Operation] = &[
    op("find_health", "GET", "/healthz", None, || get().to(operation::find_health)),
    op("find_readiness", "GET", "/readyz", None, || get().to(operation::find_readiness)),
    op("find_contract", "GET", "/openapi.yaml", None, || get().to(operation::find_contract)),

    op("create_organization", "POST", "/v1/organizations", None, || post().to(organizations::create)),
    op("find_organization_export", "GET", "/v1/organization/export", None, || get().to(export::find_organization)),
    op("find_organization", "GET", "/v1/organization", None, || get().to(organizations::find)),
    op("update_organization", "PATCH", "/v1/organization", None, || patch().to(organizations::update)),

    op("list_dimensions", "GET", "/v1/coalitions/{coalition}/dimensions", Some(SchemaRead), || get().to(dimensions::list)),
    op("create_dimension", "POST", "/v1/coalitions/{coalition}/dimensions", None, || post().to(dimensions::create)),
    op("find_dimension", "GET", "/v1/coalitions/{coalition}/dimensions/{dimension}", Some(SchemaRead), || get().to(dimensions::find)),
    op("update_dimension", "PATCH", "/v1/coalitions/{coalition}/dimensions/{dimension}", None, || patch().to(dimensions::update)),
    op("list_measures", "GET", "/v1/coalitions/{coalition}/measures", Some(SchemaRead), || get().to(measures::list)),
    op("create_measure", "POST", "/v1/coalitions/{coalition}/measures", None, || post().to(measures::create)),
    op("find_measure", "GET", "/v1/coalitions/{coalition}/measures/{measure}", Some(SchemaRead), || get().to(measures::find)),
    op("update_measure", "PATCH", "/v1/coalitions/{coalition}/measures/{measure}", None, || patch().to(measures::update)),
    op("list_measure_versions", "GET", "/v1/coalitions/{coalition}/measures/{measure}/versions", Some(SchemaRead), || get().to(measures::list_versions)),
    op("find_targets", "GET", "/v1/coalitions/{coalition}/measures/{measure}/targets", Some(SchemaRead), || get().to(reference_points::find_targets)),
    op("replace_targets", "PUT", "/v1/coalitions/{coalition}/measures/{measure}/targets", None, || put().to(reference_points::replace_targets)),
    op("find_baselines", "GET", "/v1/coalitions/{coalition}/measures/{measure}/baselines", Some(SchemaRead), || get().to(reference_points::find_baselines)),
    op("replace_baselines", "PUT", "/v1/coalitions/{coalition}/measures/{measure}/baselines", None, || put().to(reference_points::replace_baselines)),
    op("find_schema", "GET", "/v1/coalitions/{coalition}/schema", Some(SchemaRead), || get().to(schemas::find)),

    op("list_goals", "GET", "/v1/coalitions/{coalition}/goals", Some(SchemaRead), || get().to(goals::list)),
    op("create_goal", "POST", "/v1/coalitions/{coalition}/goals", None, || post().to(goals::create)),
    op("find_goal", "GET", "/v1/coalitions/{coalition}/goals/{goal}", Some(SchemaRead), || get().to(goals::find)),
    op("update_goal", "PATCH", "/v1/coalitions/{coalition}/goals/{goal}", None, || patch().to(goals::update)),
    op("adopt_goal", "POST", "/v1/coalitions/{coalition}/goals/{goal}/adopt", None, || post().to(goals::adopt)),
    op("find_goal_progress", "GET", "/v1/coalitions/{coalition}/goals/{goal}/progress", Some(AggregatesRead), || get().to(goal_progress::find)),

    op("list_activities", "GET", "/v1/coalitions/{coalition}/activities", Some(ActivitiesRead), || get().to(activities::list)),
    op("create_activity", "POST", "/v1/coalitions/{coalition}/activities", Some(ActivitiesWrite), || post().to(activities::create)),
    op("find_activity", "GET", "/v1/coalitions/{coalition}/activities/{activity}", Some(ActivitiesRead), || get().to(activities::find)),
    op("update_activity", "PATCH", "/v1/coalitions/{coalition}/activities/{activity}", Some(ActivitiesWrite), || patch().to(activities::update)),
    op("delete_activity", "DELETE", "/v1/coalitions/{coalition}/activities/{activity}", Some(ActivitiesWrite), || delete().to(activities::delete)),
    op("list_coalitions", "GET", "/v1/coalitions", None, || get().to(coalitions::list)),
    op("create_coalition", "POST", "/v1/coalitions", None, || post().to(coalitions::create)),
    op("find_coalition", "GET", "/v1/coalitions/{coalition}", None, || get().to(coalitions::find)),
    op("update_coalition", "PATCH", "/v1/coalitions/{coalition}", None, || patch().to(coalitions::update)),
    op("find_coalition_export", "GET", "/v1/coalitions/{coalition}/export", None, || get().to(export::find_coalition)),
    op("find_overview", "GET", "/v1/coalitions/{coalition}/overview", Some(AggregatesRead), || get().to(overview::find)),

    op("list_coalition_audit", "GET", "/v1/coalitions/{coalition}/audit", None, || get().to(audit::list_of_coalition)),

    op("list_partners", "GET", "/v1/coalitions/{coalition}/partners", None, || get().to(partners::list)),
    op("create_partner", "POST", "/v1/coalitions/{coalition}/partners", None, || post().to(partners::create)),
    op("find_partner", "GET", "/v1/coalitions/{coalition}/partners/{organization}", None, || get().to(partners::find)),
    op("update_partner", "PATCH", "/v1/coalitions/{coalition}/partners/{organization}", None, || patch().to(partners::update)),
    op("delete_partner", "DELETE", "/v1/coalitions/{coalition}/partners/{organization}", None, || delete().to(partners::delete)),
    op("accept_partner", "POST", "/v1/coalitions/{coalition}/partners/{organization}/accept", None, || post().to(joining::accept)),
    op("decline_partner", "POST", "/v1/coalitions/{coalition}/partners/{organization}/decline", None, || post().to(joining::decline)),
    op("leave_partner", "POST", "/v1/coalitions/{coalition}/partners/{organization}/leave", None, || post().to(joining::leave)),
    op("list_partner_levels", "GET", "/v1/coalitions/{coalition}/partners/{organization}/levels", None, || get().to(partners::list_levels)),

    op("list_observations", "GET", "/v1/coalitions/{coalition}/observations", Some(ObservationsRead), || get().to(observations::list)),
    op("create_submission", "POST", "/v1/coalitions/{coalition}/observations", Some(ObservationsWrite), || post().to(submissions::create)),
    op("find_template_workbook", "GET", "/v1/coalitions/{coalition}/template.xlsx", Some(ObservationsRead), || get().to(templates::find_workbook)),
    op("find_template_csv", "GET", "/v1/coalitions/{coalition}/template.csv", Some(ObservationsRead), || get().to(templates::find_csv)),
    op("list_submissions", "GET", "/v1/coalitions/{coalition}/submissions", Some(ObservationsRead), || get().to(submissions::list)),
    op("find_submission", "GET", "/v1/coalitions/{coalition}/submissions/{submission}", Some(ObservationsRead), || get().to(submissions::find)),
    op("delete_submission", "DELETE", "/v1/coalitions/{coalition}/submissions/{submission}", Some(ObservationsWrite), || delete().to(imports::delete)),
    op("replace_review", "PUT", "/v1/coalitions/{coalition}/submissions/{submission}/review", None, || put().to(reviews::replace)),
    op("list_submission_observations", "GET", "/v1/coalitions/{coalition}/submissions/{submission}/observations", Some(ObservationsRead), || get().to(submission_rows::list)),
    op("list_completeness", "GET", "/v1/coalitions/{coalition}/completeness", Some(AggregatesRead), || get().to(completeness::list)),
    op("find_aggregates", "GET", "/v1/coalitions/{coalition}/aggregates", Some(AggregatesRead), || get().to(aggregates::find)),
    op("find_chart", "GET", "/v1/coalitions/{coalition}/chart.svg", Some(AggregatesRead), || get().to(charts::find)),
    op("find_goal_chart", "GET", "/v1/coalitions/{coalition}/goals/{goal}/chart.svg", Some(AggregatesRead), || get().to(charts::find_goal)),
    op("find_odata_service", "GET", "/odata/{coalition}/", Some(AggregatesRead), || get().to(odata::service::find)),
    op("find_odata_metadata", "GET", "/odata/{coalition}/$metadata", Some(AggregatesRead), || get().to(odata::metadata::find)),
    op("list_odata_observations", "GET", "/odata/{coalition}/Observations", Some(ObservationsRead), || get().to(odata::observations::list)),
    op("find_odata_observation_count", "GET", "/odata/{coalition}/Observations/$count", Some(ObservationsRead), || get().to(odata::observations::count)),
    op("find_odata_aggregate_count", "GET", "/odata/{coalition}/{entity_set}/$count", Some(AggregatesRead), || get().to(odata::aggregates::count)),
    op("list_odata_aggregates", "GET", "/odata/{coalition}/{entity_set}", Some(AggregatesRead), || get().to(odata::aggregates::list)),
    op("list_share_links", "GET", "/v1/coalitions/{coalition}/share-links", None, || get().to(share_links::list)),
    op("create_share_link", "POST", "/v1/coalitions/{coalition}/share-links", None, || post().to(share_links::create)),
    op("find_share_link", "GET", "/v1/coalitions/{coalition}/share-links/{share_link}", None, || get().to(share_links::find)),
    op("delete_share_link", "DELETE", "/v1/coalitions/{coalition}/share-links/{share_link}", None, || delete().to(share_links::delete)),
    op("find_shared", "GET", "/v1/shared/{token}", None, || get().to(shared::find)),
    op("find_shared_aggregates", "GET", "/v1/shared/{token}/aggregates", None, || get().to(aggregates::find)),
    op("find_shared_goal_progress", "GET", "/v1/shared/{token}/goals/{goal}/progress", None, || get().to(goal_progress::find)),
    op("find_shared_chart", "GET", "/v1/shared/{token}/chart.svg", None, || get().to(charts::find)),
    op("find_shared_goal_chart", "GET", "/v1/shared/{token}/goals/{goal}/chart.svg", None, || get().to(charts::find_goal)),
    op("list_members", "GET", "/v1/organization/members", None, || get().to(members::list)),
    op("update_member", "PATCH", "/v1/organization/members/{email}", None, || patch().to(members::update)),
    op("delete_member", "DELETE", "/v1/organization/members/{email}", None, || delete().to(members::delete)),
    op("create_password_reset", "POST", "/v1/organization/members/{email}/password-reset", None, || post().to(password_resets::create)),
    op("accept_password_reset", "POST", "/v1/password-resets/accept", None, || post().to(password_resets::accept)),
    op("list_invitations", "GET", "/v1/organization/invitations", None, || get().to(invitations::list)),
    op("create_invitation", "POST", "/v1/organization/invitations", None, || post().to(invitations::create)),
    op("delete_invitation", "DELETE", "/v1/organization/invitations/{invitation}", None, || delete().to(invitations::delete)),
    op("accept_invitation", "POST", "/v1/invitations/accept", None, || post().to(invitations::accept)),
    op("list_organization_audit", "GET", "/v1/organization/audit", None, || get().to(audit::list_of_organization)),
    op("list_api_keys", "GET", "/v1/organization/api-keys", None, || get().to(api_keys::list)),
    op("create_api_key", "POST", "/v1/organization/api-keys", None, || post().to(api_keys::create)),
    op("delete_api_key", "DELETE", "/v1/organization/api-keys/{api_key}", None, || delete().to(api_keys::delete)),

    op("create_session", "POST", "/v1/sessions", None, || post().to(sessions::create)),
    op("refresh_session", "POST", "/v1/sessions/refresh", None, || post().to(sessions::refresh)),
    op("delete_session", "DELETE", "/v1/sessions", None, || delete().to(sessions::delete)),
    op("create_token", "POST", "/v1/oauth/token", None, || post().to(tokens::create)),
    op("find_account", "GET", "/v1/account", None, || get().to(account::find)),
    op("update_account", "PATCH", "/v1/account", None, || patch().to(account::update)),
    op("create_second_factor", "POST", "/v1/account/second-factor", None, || post().to(second_factors::create)),
    op("confirm_second_factor", "POST", "/v1/account/second-factor/confirm", None, || post().to(second_factors::confirm)),
    op("replace_recovery_codes", "POST", "/v1/account/second-factor/recovery-codes", None, || post().to(second_factors::replace_codes)),
    op("remove_second_factor", "POST", "/v1/account/second-factor/remove", None, || post().to(second_factors::remove)),
    op("erase_account", "POST", "/v1/account/erase", None, || post().to(account::erase)),
];

/// The template of the path that a request was routed to.
#[derive(Clone, Copy)]
pub struct Template(pub &'static str);

/// Puts every operation into an actix app.
pub fn configure(config: &mut web::ServiceConfig) {
    let mut by_path: BTreeMap<&'static str, Vec<&Operation>> = BTreeMap::new();
    for operation in OPERATIONS {
        by_path.entry(operation.path).or_default().push(operation);
    }
    for (path, operations) in by_path {
        let methods = operations.iter().map(|operation| operation.method);
        let allowed = methods
            .flat_map(|method| std::iter::once(method).chain((method == "GET").then_some("HEAD")))
            .collect::<Vec<_>>()
            .join(", ");
        let access = operations
            .iter()
            .filter_map(|operation| {
                Some(Terms {
                    method: Method::from_bytes(operation.method.as_bytes()).ok()?,
                    key: operation.key,
                    takes_query: operation.takes_query(),
                })
            })
            .collect();
        // What answers at an address with a slash at its end answers without it too.
        let paths: Vec<&str> = std::iter::once(path).chain(path.strip_suffix('/')).collect();
        let mut resource = web::resource(paths)
            .guard(guard::fn_guard(names_something))
            .app_data(Access(access))
            .app_data(Template(path));
        for operation in operations {
            resource = resource.route((operation.route)());
        }
        let resource = resource.default_service(web::to(move || {
            let allowed = allowed.clone();
            async move { Err::<&str, _>(Error::MethodNotAllowed(allowed)) }
        }));
        let resource = resource.wrap(from_fn(head::answer));
        if path.starts_with(odata::PREFIX) {
            config.service(resource.wrap(from_fn(odata::speak)));
        } else {
            config.service(resource);
        }
    }
    operation::configure_docs(config);
    config.default_service(web::to(|request: HttpRequest| async move {
        if request.path().starts_with(odata::PREFIX) {
            return odata::not_found();
        }
        Error::NotFound.error_response()
    }));
}

/// Nothing has a name with U+0000 in it, and PostgreSQL takes no text that has.
fn names_something(context: &guard::GuardContext<'_>) -> bool {
    !context.head().uri.path().contains("%00")
}
