//! Reads what is left of a refused request's body: a client that is still sending would see a broken connection instead of
//! the refusal.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};

/// No more is read: a larger body is somebody's mistake or malice.
const MOST: usize = 128 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(20);

/// A body that is lent out: what the borrower leaves can still be read.
pub(crate) struct Lent(Arc<Mutex<Body>>);

/// The lender's side.
pub(crate) struct Lender(Arc<Mutex<Body>>);

/// Lends a body out.
pub(crate) fn lend(body: Body) -> (Lent, Lender) {
    let body = Arc::new(Mutex::new(body));
    (Lent(body.clone()), Lender(body))
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}

impl Lender {
    /// Reads the rest.
    pub(crate) async fn drain(self) {
        let body = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let rest = async {
            let (mut body, mut read) = (body, 0);
            while let Some(Ok(frame)) = body.frame().await {
                read += frame.data_ref().map_or(0, Bytes::len);
                if read > MOST {
                    return;
                }
            }
        };
        // Whoever sends slower gets the broken connection.
        let _ = tokio::time::timeout(PATIENCE, rest).await;
    }
}
