use crate::error::Error;
use crate::pending::Pending;
use crate::provider::Provider;
use hookswitch_bus::names::PROVIDER;
use hookswitch_bus::{ResultRecord, error_name};
use hookswitch_core::words::{
    ActionId, ActionKind, CallUuid, CompletionError, Date, TransactionId, TranslationEngine,
};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use zbus::Message;

/// Where the completing of an action is.
enum Stage {
    /// The perform is not answered: the answer can be the result.
    Asked(Message),
    /// The perform was answered with `deferred`.
    Deferred,
    /// Completed, or too late to complete.
    Over,
}

/// An action that is not completed yet, as [`Provider::pending_actions`] lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingAction {
    /// The action's own id.
    pub id: ActionId,
    /// The call.
    pub call: CallUuid,
    /// What.
    pub kind: ActionKind,
    /// After this moment it counts as failed.
    pub deadline: Instant,
    /// The app's own transaction it comes from.
    pub transaction: Option<TransactionId>,
    /// The transaction it is part of, whoever asked; `None`: it tells what is so already.
    pub part_of: Option<TransactionId>,
}

/// A transaction with actions that are not completed yet, as [`Provider::pending_transactions`] lists it. CallKit:
/// `CXTransaction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingTransaction {
    /// The service's id of it.
    pub id: TransactionId,
    /// What is left to complete, oldest first.
    pub actions: Vec<PendingAction>,
}

/// What the action and the provider share.
pub(crate) struct Slot {
    pub action: PendingAction,
    pub handing_over: bool,
    stage: Mutex<Stage>,
}

impl Slot {
    pub fn new(action: PendingAction, handing_over: bool, call: &Message) -> Arc<Self> {
        let stage = Mutex::new(Stage::Asked(call.clone()));
        Arc::new(Self { action, handing_over, stage })
    }

    /// Of a transaction that is offered as a whole: there is no perform to answer.
    pub fn offered(action: PendingAction, handing_over: bool) -> Arc<Self> {
        Arc::new(Self { action, handing_over, stage: Mutex::new(Stage::Deferred) })
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is too late to complete it.
    pub fn give_up(&self) {
        *self.stage() = Stage::Over;
    }

    /// The delegate's method returned: answer the perform, if the delegate has not completed it.
    pub fn defer(&self, provider: &Provider) {
        let mut stage = self.stage();
        if let Stage::Asked(call) = &*stage {
            let result = ResultRecord { deferred: Some(true), ..ResultRecord::default() };
            provider.line.send(Message::method_return(&call.header()).build(&result));
            *stage = Stage::Deferred;
        }
    }
}

/// The right to complete an action, once.
pub(crate) struct Ticket {
    slot: Arc<Slot>,
    provider: Provider,
}

impl Ticket {
    pub fn new(slot: Arc<Slot>, provider: Provider) -> Self {
        Self { slot, provider }
    }

    pub fn id(&self) -> ActionId {
        self.slot.action.id
    }

    pub fn deadline(&self) -> Instant {
        self.slot.action.deadline
    }

    pub fn transaction(&self) -> Option<TransactionId> {
        self.slot.action.transaction
    }

    pub fn part_of(&self) -> Option<TransactionId> {
        self.slot.action.part_of
    }

    pub fn handing_over(&self) -> bool {
        self.slot.handing_over
    }

    pub fn is_over(&self) -> bool {
        matches!(*self.slot.stage(), Stage::Over)
    }

    pub fn fulfill(self, date: Option<Date>) {
        let date = date.map(|date| date.0);
        self.fulfill_with(&ResultRecord { date, ..ResultRecord::default() });
    }

    pub fn fulfill_using(self, engine: TranslationEngine) {
        let engine = Some(engine.name().to_owned());
        self.fulfill_with(&ResultRecord { engine, ..ResultRecord::default() });
    }

    fn fulfill_with(&self, result: &ResultRecord) {
        self.complete(
            |call| Message::method_return(&call.header()).build(result),
            |provider, id| {
                let done: Pending<(), CompletionError> =
                    provider.line.ask(PROVIDER, "Fulfill", &(id.0, result), move |role, reply| {
                        let Err(fault) = reply else { return Ok(()) };
                        let error = Error::from(fault);
                        if error.reason() == Some(CompletionError::NoTranslationEngine) {
                            // The service waits still, and nobody can complete it any more.
                            fail(role.provider(), id, "There is no such translation engine.");
                        }
                        Err(error)
                    });
                done.forget();
            },
        );
    }

    pub fn fail(self, text: &str) {
        self.fail_with(text);
    }

    fn fail_with(&self, text: &str) {
        self.complete(
            |call| Message::error(&call.header(), error_name("Failed")).build(&text),
            |provider, id| fail(provider, id, text),
        );
    }

    fn complete(
        &self,
        answer: impl FnOnce(&Message) -> zbus::Result<Message>,
        call_back: impl FnOnce(&Provider, ActionId),
    ) {
        let mut stage = self.slot.stage();
        match std::mem::replace(&mut *stage, Stage::Over) {
            // Queued while the stage is locked: what the app reports next comes after it.
            Stage::Asked(call) => self.provider.line.send(answer(&call)),
            Stage::Deferred => call_back(&self.provider, self.id()),
            Stage::Over => return,
        }
        drop(stage);
        self.provider.forget_action(self.id());
    }
}

fn fail(provider: &Provider, id: ActionId, text: &str) {
    let body = (id.0, "failed", text);
    let done: Pending<(), CompletionError> =
        provider.line.ask(PROVIDER, "Fail", &body, |_, reply| Ok(reply.map(drop)?));
    done.forget();
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_over() {
            self.fail_with(
                "The app dropped the action without completing it. It must fulfill or fail each.",
            );
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "action {}", self.id())
    }
}
