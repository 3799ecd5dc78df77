use crate::error::{Error, ServiceError};
use hookswitch_core::words::{Outcome, RequestError, TransactionId};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long the service has to answer.
pub(crate) const REPLY_LIMIT: Duration = Duration::from_secs(25);
/// How long a transaction may take: longer than the deadlines of all that can be in it one after the other.
const OUTCOME_LIMIT: Duration = Duration::from_secs(120);

type Answer<T, E> = Pin<Box<dyn Future<Output = Result<T, Error<E>>> + Send>>;

/// Something asked of the service. It is on its way already, in the order of the calls; await this for the answer, or
/// [`forget`](Self::forget) it.
///
/// Resolves within 25 seconds, to [`ServiceError::TimedOut`] if there is no answer by then. To be awaited within a
/// tokio runtime.
#[must_use = "it is asked already: await it for the answer, or `forget()` it"]
pub struct Pending<T, E> {
    answer: Answer<T, E>,
}

impl<T, E> Pending<T, E> {
    /// Not interested in the answer. What was asked happens all the same; a refusal is in the debug log.
    pub fn forget(self) {}

    pub(crate) fn new(answer: impl Future<Output = Result<T, Error<E>>> + Send + 'static) -> Self {
        Self { answer: Box::pin(answer) }
    }
}

impl<T, E> Future for Pending<T, E> {
    type Output = Result<T, Error<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.answer.as_mut().poll(cx)
    }
}

/// A transaction asked for. Await it for the service's decision, which is the transaction's id or a refusal; or await
/// [`outcome`](Self::outcome) for what became of it.
///
/// ```no_run
/// # async fn example(provider: hookswitch::Provider, call: hookswitch::CallUuid) -> Result<(), Box<dyn std::error::Error>> {
/// let controller = provider.controller();
/// controller.set_muted(call, true).await?; // accepted
/// let outcome = controller.end_call(call).outcome().await?; // and performed
/// # let _ = outcome; Ok(()) }
/// ```
#[must_use = "it is asked already: await it for the answer, or `forget()` it"]
pub struct Request {
    accepted: Pending<TransactionId, RequestError>,
    finished: oneshot::Receiver<Finish>,
}

/// How the waiting for a transaction ends.
pub(crate) type Finish = Result<Vec<Outcome>, ServiceError>;

impl Request {
    pub(crate) fn new(
        accepted: Pending<TransactionId, RequestError>,
        finished: oneshot::Receiver<Finish>,
    ) -> Self {
        Self { accepted, finished }
    }

    /// Not interested in the answer. What was asked happens all the same.
    pub fn forget(self) {}

    /// Wait until every action of the transaction is over: one outcome for each, in the order they were asked for.
    ///
    /// # Errors
    /// It was refused, or the service left before it was over. An action that failed is no error but an outcome.
    pub async fn outcome(self) -> Result<Vec<Outcome>, Error<RequestError>> {
        self.accepted.await?;
        match tokio::time::timeout(OUTCOME_LIMIT, self.finished).await {
            Ok(Ok(finish)) => Ok(finish?),
            Ok(Err(_)) => Err(ServiceError::Restarting.into()),
            Err(_) => Err(ServiceError::TimedOut(OUTCOME_LIMIT.as_secs()).into()),
        }
    }
}

impl Future for Request {
    type Output = Result<TransactionId, Error<RequestError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.accepted).poll(cx)
    }
}
