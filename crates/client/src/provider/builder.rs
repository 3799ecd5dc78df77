use super::{Provider, ProviderRole};
use crate::delegate::ProviderDelegate;
use crate::error::{Error, Fault, ServiceError};
use crate::line::{Line, read};
use crate::pending::REPLY_LIMIT;
use hookswitch_core::Configuration;
use hookswitch_core::words::{AppId, RegisterError};
use std::path::PathBuf;
use tokio::sync::oneshot;

/// `DO_NOT_QUEUE`: either the name is ours or another program has it.
const DO_NOT_QUEUE: u32 = 4;
const PRIMARY_OWNER: u32 = 1;

/// Makes a [`Provider`].
#[derive(Clone, Debug)]
pub struct ProviderBuilder {
    app: AppId,
    configuration: Configuration,
    address: Option<String>,
    ringtone: Option<PathBuf>,
}

impl ProviderBuilder {
    pub(super) fn new(app: AppId) -> Self {
        Self { app, configuration: Configuration::default(), address: None, ringtone: None }
    }

    /// What the provider says about itself. Default: one account, audio only, dials nothing.
    pub fn configuration(mut self, configuration: Configuration) -> Self {
        self.configuration = configuration;
        self
    }

    /// The sound that the app's calls ring with: Ogg Vorbis, FLAC, WAV or MP3, 0.2 to 60 s, at most 5 MiB. Default: the
    /// service's own, which is also played if this file is no ringtone; the service's log says why. What the user chose
    /// for the caller, or for the app, comes first. CallKit: `ringtoneSound`.
    pub fn ringtone_sound(mut self, file: impl Into<PathBuf>) -> Self {
        self.ringtone = Some(file.into());
        self
    }

    /// The bus to use. Default: the session bus.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// Connect, own the app id as a bus name, and register; the service is started if need be. The delegate hears
    /// `did_begin` then. To be called within a tokio runtime that has IO and time.
    ///
    /// # Errors
    /// There is no bus, the service is not on it, the app runs already, or the registration was refused as
    /// [`RegisterError`] says.
    pub async fn register(
        self,
        delegate: impl ProviderDelegate,
    ) -> Result<Provider, Error<RegisterError>> {
        let (line, stream) = Line::open(self.address.as_deref()).await?;
        let provider = Provider::new(self.app, self.configuration, self.ringtone, line);
        let (tell, told) = oneshot::channel();
        let role = ProviderRole::new(Box::new(delegate), provider.clone(), tell);
        // The delegate answers from here on, so the name may say that we are here.
        provider.line.listen(stream, role);
        let registered = begin(&provider, told).await;
        if registered.is_err() {
            provider.line.close();
        }
        registered.map(|()| provider)
    }
}

async fn begin(
    provider: &Provider,
    told: oneshot::Receiver<Result<(), Error<RegisterError>>>,
) -> Result<(), Error<RegisterError>> {
    own_name(provider).await?;
    provider.line.find_service().await?;
    match tokio::time::timeout(REPLY_LIMIT, told).await {
        Ok(Ok(registered)) => registered,
        Ok(Err(_)) => Err(ServiceError::BusLost.into()),
        Err(_) => Err(ServiceError::TimedOut(REPLY_LIMIT.as_secs()).into()),
    }
}

/// Own the app id as a bus name: it is how the service can tell who this is.
async fn own_name(provider: &Provider) -> Result<(), ServiceError> {
    let body = (provider.app().as_str(), DO_NOT_QUEUE);
    match provider.line.ask_bus("RequestName", &body).await {
        Ok(reply) => match read::<u32>(&reply)? {
            PRIMARY_OWNER => Ok(()),
            _ => Err(ServiceError::NameTaken),
        },
        Err(Fault::Service(error)) => Err(error),
        // A sandbox may forbid it, or the id is no name: the service shows the app as unverified, or refuses it.
        Err(Fault::Reply { name, .. }) => {
            tracing::warn!(error = name, "the app id cannot be owned on the bus");
            Ok(())
        }
    }
}
