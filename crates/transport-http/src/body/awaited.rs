//! [`Awaited`]: a request's body that tells when its rest is waited for.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};

use crate::crowd::BodyWait;

/// From the first piece that has not come yet to the last one, or until nobody reads any more, the client keeps the server waiting.
#[derive(Debug)]
pub(crate) struct Awaited {
    body: Body,
    wait: BodyWait,
    begun: bool,
}

impl Awaited {
    pub(crate) fn new(body: Body, wait: BodyWait) -> Self {
        Self { body, wait, begun: false }
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.begun) {
            self.wait.end();
        }
    }
}

impl HttpBody for Awaited {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Pending if !self.begun => {
                self.begun = true;
                self.wait.begin();
            }
            Poll::Pending => {}
            Poll::Ready(Some(Ok(_))) if !self.body.is_end_stream() => {}
            Poll::Ready(_) => self.end(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.end();
    }
}
