//! The metrics of a process, as Prometheus reads them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::problem::Problem;
use super::request::{about, finish};
use super::shared::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::observe::Exporter;

/// The text format, as Prometheus asks for it.
const MEDIA: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Where they are, and what they are read from.
pub(super) struct Scrape {
    path: String,
    exporter: Exporter,
}

impl Scrape {
    /// At a path.
    ///
    /// # Errors
    /// `conflict` if the program records metrics in another way.
    pub(super) fn at(path: String) -> Result<Self> {
        Ok(Scrape { path, exporter: Exporter::of_process()? })
    }

    /// Adds its path to a router.
    pub(super) fn served(self, router: Router<Arc<Shared>>) -> Router<Arc<Shared>> {
        let exporter = self.exporter;
        let answer = move |State(shared): State<Arc<Shared>>, request: Request| async move {
            finish(about(&shared.objects, request.headers()), read(&shared, request, exporter).await)
        };
        router.route(&self.path, get(answer))
    }
}

/// Who reads them needs credentials as who calls does: they say which classes there are, and how they are used.
async fn read(shared: &Shared, request: Request, exporter: Exporter) -> Result<Response, Problem> {
    let (head, _) = request.into_parts();
    shared.caller(&head).await?;
    let text = tokio::task::spawn_blocking(move || exporter.render());
    let text =
        text.await.map_err(|_| Problem::of(&Error::new(ErrorKind::Internal, "the metrics could not be read")))?;
    let headers = [(CONTENT_TYPE, MEDIA), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((headers, text).into_response())
}
