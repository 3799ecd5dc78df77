use crate::border::{copy, guard, text};
use crate::configuration::Configuration;
use crate::delegate::Delegate;
use crate::error::{Error, Refusal};
use crate::event::Event;
use crate::shared::{Data, Forward, Shared};
use crate::thread::Thread;
use hookswitch::CallUuid;
use std::ffi::{c_char, c_int, c_void};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many things one dispatch tells, so that the app's event loop has its turn.
const TURN: c_int = 64;

/// The size of a call's id with its NUL, for `hookswitch_new_call`.
pub const HOOKSWITCH_CALL_SIZE: usize = 37;

/// An app's line to the call service. One for each app, for as long as it can take calls.
pub struct Provider {
    pub(crate) shared: Arc<Shared>,
    pub(crate) thread: Thread,
}

/// The answer to something the app asked. Called once, by `hookswitch_provider_dispatch`, with the `data` that was given
/// along. `error` is null if it was accepted, and valid during the call. `value` is the number of an admitted call, or the
/// id of an accepted transaction, or 0.
pub type Done = Option<unsafe extern "C" fn(data: *mut c_void, value: u64, error: *const Error)>;

/// Connect to the session bus, own the app id as a bus name, and register; the service is started if need be. Waits for
/// the service's answer, which takes milliseconds, but at most half a minute.
///
/// Null if it did not work; `error` (which may be null) has the reason then, for `hookswitch_error_free`. `data` is handed
/// back to each function of the delegate. Free it with `hookswitch_provider_free`. Not to be taken through a fork.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_provider_new(
    configuration: *const Configuration,
    delegate: *const Delegate,
    data: *mut c_void,
    error: *mut *mut Error,
) -> *mut Provider {
    let made = guard(Err(Refusal::internal()), || {
        // SAFETY: the header asks for null, or structs as large as they say with texts that end.
        let (configuration, delegate) = unsafe { (copy(configuration)?, copy(delegate)?) };
        // SAFETY: as above.
        let (app, address, configuration) = unsafe { configuration.read()? };
        let shared = Shared::new(delegate, data)
            .map_err(|error| Refusal::system("make an event descriptor", &error))?;
        let forward = Forward(shared.clone());
        let thread = Thread::start(app, address, configuration, forward)?;
        Ok(Provider { shared, thread })
    });
    match made {
        Ok(provider) => Box::into_raw(Box::new(provider)),
        Err(refusal) => {
            // SAFETY: the header asks for null, or a place for a pointer.
            guard((), || unsafe { refusal.give(error) });
            std::ptr::null_mut()
        }
    }
}

/// A descriptor that is readable while `hookswitch_provider_dispatch` has something to do: wait for it in the app's event
/// loop, for reading. Do not read or close it. It lives as long as the provider. -1 for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_provider_fd(provider: *const Provider) -> c_int {
    // SAFETY: the header asks for null, or a provider that is not freed.
    guard(-1, || unsafe { provider.as_ref() }.map_or(-1, |it| it.shared.wake.as_raw_fd()))
}

/// Call the app's functions for what happened, and return how many. Never waits. 0 if it is called from within one of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_provider_dispatch(provider: *mut Provider) -> c_int {
    guard(0, || {
        // SAFETY: the header asks for null, or a provider that is not freed.
        let Some(shared) = unsafe { provider.as_ref() }.map(|it| it.shared.clone()) else {
            return 0;
        };
        if shared.telling.swap(true, Ordering::Acquire) {
            return 0;
        }
        let telling = Telling(&shared.telling);
        shared.rest();
        let mut told = 0;
        // The app may free the provider in one of its functions: from then on only what is shared is ours.
        while told < TURN && !shared.freed.load(Ordering::Acquire) {
            let Some(event) = shared.next() else { break };
            // SAFETY: not freed, as just seen on the thread that frees.
            unsafe { event.tell(&shared, provider) };
            told += 1;
        }
        if told == TURN {
            shared.wake();
        }
        drop(telling);
        told
    })
}

/// That the app is being told something, until this is dropped.
struct Telling<'a>(&'a AtomicBool);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Be no provider any more: live calls end as failed, the bus name is given back. No function of the app's is called any
/// more. Waits for the service for at most five seconds. Null is ignored. The pointer is invalid from here on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_provider_free(provider: *mut Provider) {
    guard((), || {
        if provider.is_null() {
            return;
        }
        // SAFETY: `hookswitch_provider_new` made it of a box, and the app gives it back once.
        let provider = unsafe { Box::from_raw(provider) };
        provider.shared.freed.store(true, Ordering::Release);
        provider.thread.end();
    });
}

/// Write a new id for a call, never used before (a random UUID), to `id`, which has room for HOOKSWITCH_CALL_SIZE bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_new_call(id: *mut c_char) {
    guard((), || {
        if id.is_null() {
            return;
        }
        let text = hookswitch::new_call().to_string();
        debug_assert_eq!(text.len() + 1, HOOKSWITCH_CALL_SIZE);
        // SAFETY: the header asks for room for the text and its NUL.
        unsafe {
            text.as_ptr().copy_to_nonoverlapping(id.cast(), text.len());
            id.add(text.len()).write(0);
        }
    });
}

/// Complete an action: it worked, now. False: there is no such pending action (any more).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_fulfill(provider: *mut Provider, action: u64) -> bool {
    // SAFETY: the header asks for null, or a provider that is not freed.
    guard(false, || match unsafe { provider.as_ref() }.and_then(|it| it.shared.take(action)) {
        Some(pending) => {
            pending.fulfill(None);
            true
        }
        None => false,
    })
}

/// As `hookswitch_fulfill`, and it worked at `date`: milliseconds since 1970-01-01 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_fulfill_at(
    provider: *mut Provider,
    action: u64,
    date: i64,
) -> bool {
    // SAFETY: the header asks for null, or a provider that is not freed.
    guard(false, || match unsafe { provider.as_ref() }.and_then(|it| it.shared.take(action)) {
        Some(pending) => {
            pending.fulfill(Some(hookswitch::Date(date)));
            true
        }
        None => false,
    })
}

/// Complete an action: it did not work. `text` goes to the service's journal only; put no names or addresses in it. False:
/// there is no such pending action (any more).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_fail(
    provider: *mut Provider,
    action: u64,
    text: *const c_char,
) -> bool {
    guard(false, || {
        // SAFETY: the header asks for null, or a provider that is not freed.
        let pending = unsafe { provider.as_ref() }.and_then(|it| it.shared.take(action));
        let Some(pending) = pending else { return false };
        // SAFETY: the header asks for null, or text that ends.
        let text = unsafe { crate::border::text(text) }.ok().flatten();
        pending.fail(text.as_deref().unwrap_or("The app gave no reason."));
        true
    })
}

/// The id of a call that the app named.
pub(crate) fn call_uuid(call: &str) -> Result<CallUuid, Refusal> {
    call.parse().map_err(|_| {
        Refusal::argument("The call's id is not a UUID. Make one with hookswitch_new_call.")
    })
}

/// Ask something about one call, and have the answer told.
///
/// # Safety
/// `provider` is null or not freed; `call` is null or text that ends.
pub(crate) unsafe fn ask<T, E, A>(
    provider: *mut Provider,
    call: *const c_char,
    (done, data): (Done, *mut c_void),
    value: impl FnOnce(T) -> u64 + Send + 'static,
    asking: impl FnOnce(&hookswitch::Provider, CallUuid) -> Result<A, Refusal>,
) where
    A: Future<Output = Result<T, hookswitch::Error<E>>> + Send + 'static,
    Refusal: From<hookswitch::Error<E>>,
{
    guard((), || {
        // SAFETY: as the caller promises.
        let Some(provider) = (unsafe { provider.as_ref() }) else { return };
        let shared = provider.shared.clone();
        let data = Data(data);
        let tell = move |answer| shared.push(Event::Done { done, data, answer });
        // SAFETY: as the caller promises.
        let call = unsafe { text(call) }.and_then(|call| call_uuid(&call.unwrap_or_default()));
        match call.and_then(|call| asking(&provider.thread.provider, call)) {
            Ok(answer) => provider.thread.spawn(async move {
                tell(answer.await.map(value).map_err(Refusal::from));
            }),
            Err(refusal) => tell(Err(refusal)),
        }
    });
}
