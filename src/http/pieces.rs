//! A body that is sent while it is made.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::web::Bytes;
use futures_core::Stream;
use tokio::sync::mpsc::Receiver;

use crate::error::Result;

/// The pieces of a body, one after another. An error breaks the answer off.
pub struct Pieces {
    first: Option<Bytes>,
    rest: Receiver<Result<Bytes>>,
}

impl Pieces {
    /// The first piece, and those that are still being made.
    pub fn begin(first: Bytes, rest: Receiver<Result<Bytes>>) -> Self {
        Self {
            first: Some(first),
            rest,
        }
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(first))),
            None => self.rest.poll_recv(context),
        }
    }
}
