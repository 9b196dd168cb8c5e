//! Plain HTTP to an object: from a request to a `#[fetch]` method, and from what it gives to the response.

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response as HttpResponse;

use super::page::check_origin;
use super::problem::Problem;
use super::request::{About, class, handed_on, whole_body};
use super::route;
use super::server::Shared;
use super::stream::{Told, Way};
use crate::call::{AskedBy, Refusal, Unfetched};
use crate::error::{ErrorKind, Result};
use crate::fetch::{Astray, Response};
use crate::object::Wire;

/// Answers a request to an object itself.
pub(super) async fn answer(shared: &Shared, request: HttpRequest, about: About) -> Result<HttpResponse, Problem> {
    let (head, body) = request.into_parts();
    let place = route::read_object(head.uri.path())?;
    check_origin(shared, &head)?;
    let caller = shared.caller(&head).await?;
    let class = class(&place.class)?;
    let way = Way::of(shared, &head).map_err(|error| Problem::of(&error))?;
    let body = whole_body(shared, body).await?;
    let method = format!("{} {}", head.method, place.rest);
    let request = handed_on(&head, place.rest, body);
    let by = AskedBy { caller, key: None, trace: about.trace, request_id: about.id, within: shared.limits.answer };
    let answering =
        class.fetch(shared.objects.home(), &place.object, request, by).map_err(|unfetched| match unfetched {
            Unfetched::Astray(Astray::Path) => Problem::not_found("this object has nothing at this path"),
            Unfetched::Astray(Astray::Verb(allowed)) => Problem::not_allowed(allowed),
            Unfetched::Refused(error) => Problem::of_request(&error),
        })?;
    let told = |refusal: Refusal| {
        let problem = Problem::of_refusal(&refusal, about.problems);
        if problem.is_ours() {
            let (class, error) = (class.name(), refusal.error());
            tracing::warn!(class, object = ?place.object, request_id = %about.id, %error, "a request failed");
        }
        problem
    };
    match answering.await.map_err(told)?.into_items(Wire::Json) {
        Ok(items) => Ok(way.items(items, Wire::Json, Told { class: class.name(), method, request_id: about.id })),
        Err(reply) => http(reply.to_response().map_err(|error| told(error.into()))?, way),
    }
}

/// As it goes out. What a handler says that is no HTTP is the server's mistake.
fn http(response: Response, way: Way) -> Result<HttpResponse, Problem> {
    let mistake = |what: String| {
        tracing::warn!(what, "a response of a `#[fetch]` method is no HTTP");
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorKind::Handler,
            "the handler failed: the server's log says why",
        )
    };
    let code = response.code();
    let mut out = HttpResponse::new(Body::empty());
    *out.status_mut() = match StatusCode::from_u16(code) {
        Ok(status) if !status.is_informational() => status,
        _ => return Err(mistake(format!("status {code}"))),
    };
    for (name, value) in response.headers() {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => out.headers_mut().append(name, value),
            _ => return Err(mistake(format!("header {name:?}"))),
        };
    }
    *out.body_mut() = match response.into_body() {
        Ok(bytes) => Body::from(bytes),
        Err(stream) => way.body(stream),
    };
    Ok(out)
}
