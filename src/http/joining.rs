//! What an organization answers to an invitation, and how it leaves. It can only speak for itself.

use actix_web::{HttpResponse, web};

use super::partners::{Partner, record};
use super::{Body, respond};
use crate::app::App;
use crate::auth::{Admin, Coalition, InCoalition, Invited, Observer, PlaceAtLeast};
use crate::domain::audit::Action;
use crate::error::Result;
use crate::store::{Read, joining};

/// `POST …/partners/{organization}/accept`.
pub async fn accept(
    coalition: Coalition<Invited, Admin>,
    path: web::Path<(String, String)>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let code = own(&coalition, path, body, &app).await?;
    let accepted = app
        .db
        .write(&coalition, move |tx| {
            let before = own_place(tx, &code)?;
            let accepted = joining::accept(tx, &code)?;
            record(tx, Action::PartnerAccepted, &before, accepted)
        })
        .await?;
    respond::found(&accepted)
}

/// `POST …/partners/{organization}/decline`.
pub async fn decline(
    coalition: Coalition<Invited, Admin>,
    path: web::Path<(String, String)>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let code = own(&coalition, path, body, &app).await?;
    let declined = app
        .db
        .write(&coalition, move |tx| {
            let before = own_place(tx, &code)?;
            let declined = joining::decline(tx, &code)?;
            record(tx, Action::PartnerDeclined, &before, declined)
        })
        .await?;
    respond::answer(&declined)
}

/// `POST …/partners/{organization}/leave`.
pub async fn leave(
    coalition: Coalition<Observer, Admin>,
    path: web::Path<(String, String)>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let code = own(&coalition, path, body, &app).await?;
    let left = app
        .db
        .write(&coalition, move |tx| {
            let before = own_place(tx, &code)?;
            let left = joining::leave(tx, &code)?;
            record(tx, Action::PartnerLeft, &before, left)
        })
        .await?;
    respond::answer(&left)
}

fn own_place<S: InCoalition>(tx: &mut Read<'_, S>, code: &str) -> Result<Partner> {
    Ok(Partner::from(joining::find_own(tx, code)?))
}

/// The code in the path, with nothing in the body. That it is another organization's comes before what is wrong with
/// the body.
async fn own<P: PlaceAtLeast>(
    coalition: &Coalition<P, Admin>,
    path: web::Path<(String, String)>,
    body: Body,
    app: &App,
) -> Result<String> {
    let code = path.into_inner().1;
    if let Err(error) = body.empty().await {
        app.db
            .read(coalition, move |tx| joining::find_own(tx, &code))
            .await?;
        return Err(error);
    }
    Ok(code)
}
