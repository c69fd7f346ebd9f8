//! The package of an organization: its people, invitations, keys, and the coalitions that it is in.

use actix_web::{HttpResponse, web};

use super::columns::{API_KEYS, COALITIONS, INVITATIONS, MEMBERS, ORGANIZATION};
use super::{ALL, Written, package};
use crate::app::App;
use crate::auth::{Admin, Scope};
use crate::clock::rfc3339;
use crate::error::Result;
use crate::formats::package::archive::Archive;
use crate::formats::package::descriptor;
use crate::formats::package::rows::write;
use crate::formats::package::table::Table;
use crate::http::api_keys::ApiKey;
use crate::http::coalitions::Coalition;
use crate::http::invitations::Invitation;
use crate::http::members::Member;
use crate::http::organizations::Organization;
use crate::store::{Read, api_keys, coalitions, invitations, members, organizations};

/// `GET /v1/organization/export`.
pub async fn find(scope: Scope<Admin>, app: web::Data<App>) -> Result<HttpResponse> {
    let (organization, tables) = app.db.read(&scope, tables).await?;
    let (described, made): (Vec<Table>, Vec<_>) = tables.into_iter().unzip();
    let name = format!("{}-organization", organization.code);
    let created = rfc3339(app.db.clock().now());
    let mut archive = Archive::begin();
    archive.add(
        descriptor::PATH,
        &descriptor::write(&name, &organization.name, &created, &described)?,
    )?;
    for (table, rows) in described.iter().zip(&made) {
        archive.add(&table.path(), rows)?;
    }
    Ok(package(&name).body(archive.end()?))
}

type Found = (organizations::Organization, Vec<Written>);

fn tables(tx: &mut Read<'_, Scope<Admin>>) -> Result<Found> {
    let organization = organizations::find(tx)?;
    let own = Table::new("organization", "The organization", ORGANIZATION);
    let people = Table::new("members", "Who belongs to it", MEMBERS);
    let invited = Table::new("invitations", "Who was asked to join it", INVITATIONS);
    let keys = Table::new("api_keys", "Its API keys, without their secrets", API_KEYS);
    let places = Table::new(
        "coalitions",
        "The coalitions that it is in or invited to",
        COALITIONS,
    );
    let all = ALL as i64;
    let members = members::list(tx, None, all)?.into_iter().map(Member::from);
    let invitations = invitations::list(tx, None, all)?
        .into_iter()
        .map(Invitation::from);
    let api_keys = api_keys::list(tx, None, all)?.into_iter().map(ApiKey::from);
    let coalitions = coalitions::list(tx, None, ALL)?.into_iter().map(Coalition::from);
    let rows = [
        write(&own, [Organization::from(organization.clone())])?,
        write(&people, members)?,
        write(&invited, invitations)?,
        write(&keys, api_keys)?,
        write(&places, coalitions)?,
    ];
    let tables = [own, people, invited, keys, places];
    Ok((organization, tables.into_iter().zip(rows).collect()))
}
