//! Pages in browsers: which of them may call, and what their browsers want to be told of it (CORS, as in the Fetch standard).

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HOST, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};
use axum::response::Response;

use super::problem::Problem;
use super::request::text;
use super::shared::Shared;
use crate::error::ErrorKind;

/// What a page may send besides what every page may, and read of the answer.
const SENT: HeaderValue =
    HeaderValue::from_static("authorization, content-type, idempotency-key, traceparent, x-deadline-ms, x-request-id");
const READ: HeaderValue = HeaderValue::from_static("retry-after, traceparent, x-request-id");

/// How long a browser may remember it, in seconds.
const REMEMBERED: HeaderValue = HeaderValue::from_static("600");

/// Where a request comes from.
pub(super) enum Page {
    /// No page, or one of the server's own.
    Own,
    /// A page of another origin, which is allowed.
    Friend(HeaderValue),
    /// A page of another origin.
    Stranger,
}

impl Page {
    /// From what a request says of it.
    pub(super) fn of(shared: &Shared, headers: &HeaderMap, uri: &Uri) -> Self {
        let Some(origin) = headers.get(ORIGIN) else { return Page::Own };
        let (Ok(Some(text)), Ok(host)) = (text(headers, &ORIGIN), host(headers, uri)) else { return Page::Stranger };
        if site(text).is_some_and(|site| host.is_some_and(|host| site.eq_ignore_ascii_case(host))) {
            return Page::Own;
        }
        match shared.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(text)) {
            true => Page::Friend(origin.clone()),
            false => Page::Stranger,
        }
    }

    /// Refuses what a page of another site sends: it acts with the rights of the person who looks at it.
    ///
    /// A server for this machine alone answers only under the machine's own names. Under another one comes a page whose site has let its name
    /// lead here (DNS rebinding): to its browser it is of the same origin.
    pub(super) fn check(&self, shared: &Shared, request: &Request) -> Result<(), Problem> {
        let denied = |sentence| Err(Problem::new(StatusCode::FORBIDDEN, ErrorKind::Denied, sentence));
        let host = host(request.headers(), request.uri())?;
        if host.is_none() && request.version() >= Version::HTTP_11 {
            return Err(Problem::malformed("the header `host` is missing"));
        }
        if let Some(host) = host
            && shared.loopback
            && !is_this_machine(host)
            && !shared.origins.iter().any(|allowed| site(allowed).is_some_and(|site| site.eq_ignore_ascii_case(host)))
        {
            return denied(
                "this server is for its own machine, as `localhost`: one with other names has `.origins(…)`, or says who calls",
            );
        }
        match self {
            Page::Own | Page::Friend(_) => Ok(()),
            Page::Stranger => denied("this origin may not call: the server allows others with `.origins(…)`"),
        }
    }

    /// The answer to a browser that asks what it may send, if this does.
    pub(super) fn preflight(&self, shared: &Shared, request: &Request) -> Option<Response> {
        let asks = request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !asks || !matches!(self, Page::Friend(_)) {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        // Any method: what there is not is a 405 all the same.
        headers.extend(
            request
                .headers()
                .get(ACCESS_CONTROL_REQUEST_METHOD)
                .map(|asked| (ACCESS_CONTROL_ALLOW_METHODS, asked.clone())),
        );
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, SENT);
        headers.insert(ACCESS_CONTROL_MAX_AGE, REMEMBERED);
        Some(self.let_read(shared, response))
    }

    /// Lets the page read the answer.
    ///
    /// Where some origins may read and others not, a cache has to tell the answers apart, those too that no origin asked for (Fetch, "CORS protocol and HTTP caches").
    pub(super) fn let_read(&self, shared: &Shared, mut response: Response) -> Response {
        let headers = response.headers_mut();
        if !shared.origins.is_empty() {
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
        if let Page::Friend(origin) = self {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, READ);
        }
        response
    }
}

/// The host and port that a request was sent to. What its target says comes before the header, and HTTP/2 says it there alone (RFC 9112, section 3.2.2).
fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Result<Option<&'a str>, Problem> {
    let header = text(headers, &HOST)?;
    Ok(uri.authority().map(|authority| authority.as_str()).or(header))
}

/// The host and port of an origin.
fn site(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, site)| site)
}

/// Whether a host, with or without a port, is a name of this machine.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn the_names_of_this_machine_are_known() {
        for host in [
            "localhost",
            "LOCALHOST:80",
            "localhost.",
            "app.localhost:8080",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:80",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "[::2]:80",
            "",
            ":80",
            "0.0.0.0",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
