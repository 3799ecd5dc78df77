use core::fmt;

/// Error enums of one door each: a name for programs (CallKit's where it has one), and for people the cause and what to
/// do now.
macro_rules! errors {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $text] $(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// Every error of this door.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name on the wire, behind `org.hookswitch.Error.`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }

            /// The error of that name, if it is one of this door.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $(stringify!($variant) => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text,)+ })
            }
        }

        impl core::error::Error for $name {}
    };
}

errors!(
    /// Why a registration or a new configuration was refused. Nothing of it was kept.
    RegisterError {
        AlreadyRegistered => "This app is registered already, from another connection. Use that one, or let it go first.",
        NotRegistered => "This connection has not registered a provider. Call Provider1.Register first.",
        InvalidArgument => "A field of the configuration is missing or out of range. Compare it with the contract and send it again.",
        TooManyAccounts => "More accounts than one app may have. Register fewer.",
        DuplicateAccount => "Two accounts have the same id. Give each its own.",
    }
);

errors!(
    /// Why an incoming call was refused. It was never shown, never rang, and is not a call: drop it.
    IncomingCallError {
        Unknown => "The call was refused for a reason this version has no name for. Drop the call.",
        Unentitled => "This connection may not receive calls: it has no registered provider. Call Provider1.Register first.",
        InvalidArgument => "The call id is not a UUID, or a field is out of range. Compare the report with the contract.",
        CallUuidAlreadyExists => "A call with this id is live already. Nothing changed; report each call once, and adopt one that was answered before a restart.",
        FilteredByDoNotDisturb => "Do-not-disturb is on and this caller is not excepted. It is in recents as missed; drop the call.",
        FilteredByBlockList => "The user blocks this caller. It is in recents as blocked; drop the call.",
        UnknownAccount => "The provider has no account of this id. Name one that is registered.",
        MaximumRingingCallsReached => "As many calls ring already as may ring at once. It is in recents as missed; tell the caller the user is busy.",
        CallEndedAlready => "This call ended, or was cancelled, before it was reported. It is in recents; drop the call.",
        EmergencyCallInProgress => "An emergency call goes on. This one is in recents as missed; tell the caller the user is busy.",
        MaximumCallsReached => "The account has as many calls as it may have. End one first.",
    }
);

errors!(
    /// Why a report about a call was refused. Nothing changed.
    ReportError {
        NotRegistered => "This connection has not registered a provider. Call Provider1.Register first.",
        InvalidArgument => "The call id is not a UUID, or a field is out of range. Compare the report with the contract.",
        UnknownCallUuid => "This provider has no live call of this id: it ended, or was never admitted. Drop it.",
        InvalidAction => "The report does not fit the call's state. Ask for what the user did with a transaction; report only what happened elsewhere.",
        NotAdoptable => "The service remembers no such call from before its restart, or the time to adopt has passed. End the call in the app.",
        AudioNotActive => "This call does not have the audio, so nothing can be played in it. Wait for DidActivateAudioSession.",
    }
);

errors!(
    /// Why a request was refused. Nothing changed.
    RequestError {
        Unknown => "The request was refused for a reason this version has no name for. Nothing changed.",
        Unentitled => "This program may not do that. Surfaces need a desktop entry that says so; an app may act on its own calls only.",
        UnknownCallProvider => "No registered app of this id. Start the app, or name another.",
        EmptyTransaction => "The transaction has no actions. Add at least one.",
        UnknownCallUuid => "No live call of this id: it ended, or belongs to another app. Read again which calls there are.",
        CallUuidAlreadyExists => "A call with this id is live already. Start each call under a new id.",
        InvalidAction => "The action makes no sense in the call's present state. Read the call's choices and ask again.",
        InvalidArgument => "A field is missing or out of range. Compare the request with the contract.",
        MaximumCallGroupsReached => "There is no room for another call. End one first.",
        MaximumCallsPerCallGroupReached => "The group has as many calls as its app can have in one. Let one leave first.",
        MaximumOutgoingCallsReached => "Another call is being dialed. Wait until it is answered, or end it first.",
        CannotHold => "The active call cannot be held. End it first, or choose an answer that ends it.",
        WouldEndCall => "This would end a call, and only the user may do that, on a screen that names the loss. Let the user answer there.",
        ChoicesChanged => "The choices of this call changed since they were shown. Show the present ones and ask again.",
        TransactionInProgress => "Another change of the active call is under way. Ask again when it has finished.",
        EmergencyCallInProgress => "An emergency call goes on, and nothing else may start, be answered, resume or be muted. Wait until it has ended.",
        UnknownAccount => "The app has no account of this id. Name one that is registered.",
        TooManyRequests => "Too many requests of this program are pending. Wait for some to finish.",
        CallInProgress => "There is a call, whose ring must not be taken for a test. Wait until it is over.",
        RingUnavailable => "Nothing can be heard of a ring now. Read in the service's status why, and mend that.",
        EndpointUnavailable => "There is no such device to be heard on: it is gone, or there is no sound server. Read again which there are.",
    }
);

errors!(
    /// Why a completion of an action was refused. Each action is completed once, in time, by the app it was given to.
    CompletionError {
        UnknownAction => "No action of this id was ever given to this app. Use the id that came with the perform, not the call's.",
        NoTranslationEngine => "The system has no translator yet. Fulfill with the engine `custom`, or fail.",
        ActionAlreadyCompleted => "This action is over: it was completed before, ran out of time, or its call ended. Do nothing more for it.",
    }
);
