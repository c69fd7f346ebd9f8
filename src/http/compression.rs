//! Answers in fewer bytes, for who takes them so: brotli or gzip.

use actix_http::encoding::Encoder;
use actix_web::HttpMessage;
use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, ETAG, Encoding,
    HeaderMap, HeaderValue, VARY,
};
use actix_web::middleware::Next;

use super::etag::encoded;

/// What answers are sent in. Of what a client likes alike, brotli comes first.
const ENCODINGS: [Encoding; 3] = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];

/// What is smaller, in bytes, fits into one packet as it is.
const LEAST: u64 = 1_400;

/// Middleware that compresses what gets smaller by it. Answers that nobody on the way may keep are left alone: they have
/// secrets in them, and the size of what is compressed tells something of what it holds.
pub async fn compress<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<Encoder<B>, B>>, actix_web::Error> {
    let accepted = request.get_header::<AcceptEncoding>();
    let mut response = next.call(request).await?;
    if !gets_smaller(response.headers(), response.response().body().size()) {
        return Ok(response.map_into_right_body());
    }
    let chosen = accepted.and_then(|accepted| accepted.negotiate(ENCODINGS.iter()));
    let Some(Encoding::Known(encoding @ (ContentEncoding::Brotli | ContentEncoding::Gzip))) = chosen else {
        vary(response.headers_mut());
        return Ok(response.map_into_right_body());
    };
    let mut response =
        response.map_body(|head, body| EitherBody::left(Encoder::response(encoding, head, body)));
    let headers = response.headers_mut();
    vary(headers);
    let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok());
    if let Some(Ok(tag)) = tag.map(|tag| HeaderValue::from_str(&encoded(tag, encoding.as_str()))) {
        headers.insert(ETAG, tag);
    }
    Ok(response)
}

/// Whether a client takes answers in an encoding, such as `br`.
pub fn takes(accepted: Option<&AcceptEncoding>, encoding: &str) -> bool {
    let Ok(encoding) = encoding.parse::<Encoding>() else {
        return false;
    };
    accepted.is_some_and(|accepted| accepted.negotiate([&encoding].into_iter()).as_ref() == Some(&encoding))
}

fn gets_smaller(headers: &HeaderMap, size: BodySize) -> bool {
    let is_large = match size {
        BodySize::None => false,
        BodySize::Sized(bytes) => bytes >= LEAST,
        BodySize::Stream => true,
    };
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let is_secret = text(CACHE_CONTROL).is_some_and(|value| value.contains("no-store"));
    is_large
        && !is_secret
        && !headers.contains_key(CONTENT_ENCODING)
        && text(CONTENT_TYPE).is_some_and(is_text)
}

/// Whether a media type is of texts; workbooks, for one, are compressed already.
fn is_text(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/")
        || ["json", "xml", "yaml", "javascript"]
            .iter()
            .any(|ending| essence.ends_with(ending))
}

/// Says that the answer depends on what the client takes, in one field with what else it depends on.
fn vary(headers: &mut HeaderMap) {
    let name = "Accept-Encoding";
    let told: Vec<String> = headers
        .get_all(VARY)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.eq_ignore_ascii_case(name))
        .collect();
    if let Ok(value) = HeaderValue::from_str(&[told, vec![name.to_owned()]].concat().join(", ")) {
        headers.insert(VARY, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn accepted(field: &str) -> Option<AcceptEncoding> {
        let request = TestRequest::default().insert_header(("Accept-Encoding", field));
        request.to_http_request().get_header()
    }

    #[test]
    fn an_encoding_is_taken_if_it_is_named_and_not_refused() {
        let both = accepted("gzip, br;q=0.5");
        assert!(takes(both.as_ref(), "gzip") && takes(both.as_ref(), "br"));
        assert!(!takes(accepted("br, gzip;q=0").as_ref(), "gzip"));
        assert!(!takes(accepted("identity").as_ref(), "br"));
        assert!(!takes(both.as_ref(), "zstd") && !takes(both.as_ref(), "nonsense") && !takes(None, "gzip"));
    }

    #[test]
    fn texts_get_smaller() {
        for (media_type, is) in [
            ("application/json", true),
            ("application/problem+json", true),
            ("text/csv; charset=utf-8", true),
            ("image/svg+xml", true),
            ("application/x-ndjson", true),
            (
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                false,
            ),
            ("image/png", false),
        ] {
            assert_eq!(is_text(media_type), is, "{media_type}");
        }
    }
}
