//! Plain HTTP to an object: from a request to a `#[fetch]` method, and from what it gives to the response.

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response as HttpResponse;

use super::failure::AskedFor;
use super::problem::Problem;
use super::request::{About, class, handed_on, whole_body};
use super::route;
use super::shared::Shared;
use crate::call::{AskedBy, Unfetched};
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{Astray, Response};

/// Answers a request to an object itself.
pub(super) async fn answer(shared: &Shared, request: HttpRequest, about: About) -> Result<HttpResponse, Problem> {
    let (head, body) = request.into_parts();
    let place = route::read_object(head.uri.path())?;
    let asker = shared.caller(&head).await?;
    shared.count_call(&asker)?;
    let class = class(&place.class)?;
    let body = whole_body(shared, body).await?;
    let request = handed_on(&head, place.rest, body);
    let (caller, within) = (asker.caller.clone(), shared.limits.answer);
    let by = AskedBy { caller, key: None, trace: about.trace, request_id: about.id, within };
    let (method, prepared) =
        class.fetch(shared.objects.home(), &place.object, request, by).map_err(|unfetched| match unfetched {
            Unfetched::Astray(Astray::Path) => Problem::not_found("this object has nothing at this path"),
            Unfetched::Astray(Astray::Verb(allowed)) => Problem::not_allowed(allowed),
            Unfetched::Refused(error) => Problem::of_request(&error),
        })?;
    if !prepared.reads {
        shared.count_new(&asker, class, &place.object)?;
    }
    let response = prepared.answering.await.and_then(|reply| reply.to_response().and_then(http).map_err(Into::into));
    let (object, method) = (&place.object, Some(method.name));
    let asked_for = AskedFor { class: class.name(), object, method, request_id: about.id };
    response.map_err(|refusal| asked_for.problem(&refusal, about.problems))
}

/// As it goes out. What a handler says that is no HTTP is the server's mistake.
fn http(response: Response) -> Result<HttpResponse> {
    let mistake =
        |what| Error::new(ErrorKind::Handler, format!("a response of a `#[fetch]` method is no HTTP: {what}"));
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
    *out.body_mut() = Body::from(response.into_body());
    Ok(out)
}
