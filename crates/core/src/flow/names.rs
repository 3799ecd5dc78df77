use crate::words::{CallNumber, CallUuid, ProviderId, RequestId, SurfaceId};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};

/// What the parties and calls of a flow are called. Whatever has no name yet gets one made of its id.
#[derive(Clone, Debug, Default)]
pub struct Names {
    providers: BTreeMap<ProviderId, String>,
    surfaces: BTreeMap<SurfaceId, String>,
    calls: BTreeMap<CallUuid, String>,
    numbers: BTreeMap<CallNumber, CallUuid>,
    requests: BTreeMap<RequestId, String>,
}

impl Names {
    /// Call this provider so.
    pub fn name_provider(&mut self, id: ProviderId, name: impl Into<String>) {
        self.providers.insert(id, name.into());
    }

    /// Call this surface so.
    pub fn name_surface(&mut self, id: SurfaceId, name: impl Into<String>) {
        self.surfaces.insert(id, name.into());
    }

    /// Call the call of this id so.
    pub fn name_call(&mut self, uuid: CallUuid, name: impl Into<String>) {
        self.calls.insert(uuid, name.into());
    }

    /// The service gave the call of this id that number.
    pub fn number_call(&mut self, uuid: CallUuid, number: CallNumber) {
        self.numbers.insert(number, uuid);
    }

    /// Forget a call that is over.
    pub fn forget_call(&mut self, number: CallNumber) {
        if let Some(uuid) = self.numbers.remove(&number) {
            self.calls.remove(&uuid);
        }
    }

    /// The reply to this request goes to that party.
    pub fn name_request(&mut self, request: RequestId, party: impl Into<String>) {
        self.requests.insert(request, party.into());
    }

    /// The party a reply goes to; asked once for each request.
    pub fn take_request(&mut self, request: RequestId) -> String {
        self.requests.remove(&request).unwrap_or_else(|| String::from("somebody"))
    }

    /// The provider's name.
    pub fn provider(&self, id: ProviderId) -> String {
        self.providers.get(&id).cloned().unwrap_or_else(|| format!("app{id}"))
    }

    /// The surface's name.
    pub fn surface(&self, id: SurfaceId) -> String {
        self.surfaces.get(&id).cloned().unwrap_or_else(|| format!("ui{id}"))
    }

    /// The call's name.
    pub fn call(&self, uuid: CallUuid) -> String {
        self.calls.get(&uuid).cloned().unwrap_or_else(|| uuid.to_string())
    }

    /// The name of the call with that number.
    pub fn number(&self, number: CallNumber) -> String {
        match self.numbers.get(&number) {
            Some(uuid) => self.call(*uuid),
            None => format!("call{number}"),
        }
    }

    /// The number of the call with that id, if it has one.
    pub fn number_of(&self, uuid: CallUuid) -> Option<CallNumber> {
        let found = self.numbers.iter().rev().find(|(_, of)| **of == uuid);
        found.map(|(number, _)| *number)
    }
}
