//! Answers.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG, LINK, LOCATION};
use serde::Serialize;

use super::etag::etag;
use super::page::List;
use crate::error::Result;

/// 200 with a single resource and its entity tag.
pub fn found<T: Serialize>(resource: &T) -> Result<HttpResponse> {
    let body = serde_json::to_vec(resource)?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(&body)))
        .content_type("application/json")
        .body(body))
}

/// 201 with a new resource, its address and its entity tag.
pub fn created<T: Serialize>(location: &str, resource: &T) -> Result<HttpResponse> {
    let body = serde_json::to_vec(resource)?;
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, location))
        .insert_header((ETAG, etag(&body)))
        .content_type("application/json")
        .body(body))
}

/// 200 with something that is not a resource of its own.
pub fn answer<T: Serialize>(value: &T) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(serde_json::to_vec(value)?))
}

/// Something with a secret in it, which nobody on the way may keep.
pub fn secret<T: Serialize>(status: StatusCode, value: &T) -> Result<HttpResponse> {
    Ok(HttpResponse::build(status)
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(serde_json::to_vec(value)?))
}

/// 200 with a list; a further page is also named in `Link`.
pub fn list<T: Serialize>(list: &List<T>, path: &str, query: &str) -> Result<HttpResponse> {
    page(list, path, query, "application/json", serde_json::to_vec(list)?)
}

/// 200 with a list written in whatever format; a further page is named in `Link`.
pub fn page<T>(
    list: &List<T>,
    path: &str,
    query: &str,
    media_type: &'static str,
    body: Vec<u8>,
) -> Result<HttpResponse> {
    let mut response = HttpResponse::Ok();
    if let Some(cursor) = &list.next_cursor {
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="))
            .collect();
        let query = [kept, vec![&format!("cursor={cursor}")]].concat().join("&");
        response.insert_header((LINK, format!("<{path}?{query}>; rel=\"next\"")));
    }
    Ok(response.content_type(media_type).body(body))
}

/// 204.
pub fn nothing() -> HttpResponse {
    HttpResponse::NoContent().finish()
}
