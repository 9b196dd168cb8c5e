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
use super::stream::Way;
use crate::call::{AskedBy, Unfetched};
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{Astray, Response};
use crate::object::Wire;

/// Answers a request to an object itself.
pub(super) async fn answer(shared: &Shared, request: HttpRequest, about: About) -> Result<HttpResponse, Problem> {
    let (head, body) = request.into_parts();
    let place = route::read_object(head.uri.path())?;
    let asker = shared.caller(&head).await?;
    shared.count_call(&asker)?;
    let class = class(&place.class)?;
    let way = Way::of(shared, &head).map_err(|error| Problem::of(&error))?;
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
    let (object, method) = (place.object, Some(method.name.into()));
    let asked_for = AskedFor { class: class.name(), object, method, request_id: about.id };
    let answer = match prepared.answering.await.map(|reply| reply.into_items(Wire::Json)) {
        Ok(Ok(items)) => return Ok(way.items(items, Wire::Json, asked_for.into_owned())),
        Ok(Err(reply)) => reply.to_response().and_then(|response| http(response, way)).map_err(Into::into),
        Err(refusal) => Err(refusal),
    };
    answer.map_err(|refusal| asked_for.problem(&refusal, &shared.objects, about.problems))
}

/// As it goes out. What a handler says that is no HTTP is the server's mistake.
fn http(response: Response, way: Way) -> Result<HttpResponse> {
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
    *out.body_mut() = match response.into_body() {
        Ok(bytes) => Body::from(bytes),
        Err(stream) => way.body(stream),
    };
    Ok(out)
}
