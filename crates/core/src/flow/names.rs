use crate::words::{CallNumber, CallUuid, ProviderId, RequestId, SurfaceId};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;

/// A name, shared by all who keep it.
pub(super) type Name = Arc<str>;

/// What the parties and calls of a flow are called. Whatever has no name yet gets one made of its id.
#[derive(Clone, Debug, Default)]
pub struct Names {
    providers: BTreeMap<ProviderId, Name>,
    surfaces: BTreeMap<SurfaceId, Name>,
    calls: BTreeMap<CallUuid, Name>,
    /// With the name at that time: ids of different providers may be the same.
    numbers: BTreeMap<CallNumber, (CallUuid, Name)>,
    requests: BTreeMap<RequestId, Name>,
}

impl Names {
    /// Call this provider so.
    pub fn name_provider(&mut self, id: ProviderId, name: impl Into<Arc<str>>) {
        self.providers.insert(id, name.into());
    }

    /// Call this surface so.
    pub fn name_surface(&mut self, id: SurfaceId, name: impl Into<Arc<str>>) {
        self.surfaces.insert(id, name.into());
    }

    /// Call the call of this id so.
    pub fn name_call(&mut self, uuid: CallUuid, name: impl Into<Arc<str>>) {
        self.calls.insert(uuid, name.into());
    }

    /// The service gave the call of this id that number.
    pub fn number_call(&mut self, uuid: CallUuid, number: CallNumber) {
        self.numbers.insert(number, (uuid, self.call(uuid)));
    }

    /// Forget a call that is over.
    pub fn forget_call(&mut self, number: CallNumber) {
        if let Some((uuid, _)) = self.numbers.remove(&number) {
            self.calls.remove(&uuid);
        }
    }

    /// Forget the name of a call that never had a number.
    pub fn forget_uuid(&mut self, uuid: CallUuid) {
        self.calls.remove(&uuid);
    }

    /// Forget a provider that is gone.
    pub fn forget_provider(&mut self, id: ProviderId) {
        self.providers.remove(&id);
    }

    /// Forget a surface that is gone.
    pub fn forget_surface(&mut self, id: SurfaceId) {
        self.surfaces.remove(&id);
    }

    /// The reply to this request goes to that party.
    pub fn name_request(&mut self, request: RequestId, party: impl Into<Arc<str>>) {
        self.requests.insert(request, party.into());
    }

    /// The party a reply goes to; asked once for each request.
    pub fn take_request(&mut self, request: RequestId) -> Arc<str> {
        self.requests.remove(&request).unwrap_or_else(|| "somebody".into())
    }

    /// The provider's name.
    pub fn provider(&self, id: ProviderId) -> Arc<str> {
        self.providers.get(&id).cloned().unwrap_or_else(|| format!("app{id}").into())
    }

    /// Whether this surface has a name of its own.
    pub fn knows_surface(&self, id: SurfaceId) -> bool {
        self.surfaces.contains_key(&id)
    }

    /// The surface's name.
    pub fn surface(&self, id: SurfaceId) -> Arc<str> {
        self.surfaces.get(&id).cloned().unwrap_or_else(|| format!("ui{id}").into())
    }

    /// The call's name.
    pub fn call(&self, uuid: CallUuid) -> Arc<str> {
        self.calls.get(&uuid).cloned().unwrap_or_else(|| uuid.to_string().into())
    }

    /// The name of the call with that number.
    pub fn number(&self, number: CallNumber) -> Arc<str> {
        match self.numbers.get(&number) {
            Some((_, name)) => name.clone(),
            None => format!("call{number}").into(),
        }
    }

    /// The number of the call with that id, if it has one.
    pub fn number_of(&self, uuid: CallUuid) -> Option<CallNumber> {
        let found = self.numbers.iter().rev().find(|(_, (of, _))| *of == uuid);
        found.map(|(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_is_called_by_its_id_again() {
        let (call, number) = (CallUuid(1), CallNumber(7));
        let mut names = Names::default();
        names.name_call(call, "anna");
        names.number_call(call, number);
        names.name_provider(ProviderId(2), "chat");
        names.name_surface(SurfaceId(3), "ui");
        assert_eq!((&*names.call(call), &*names.number(number)), ("anna", "anna"));
        assert_eq!(
            (&*names.provider(ProviderId(2)), &*names.surface(SurfaceId(3))),
            ("chat", "ui")
        );
        assert_eq!(
            (names.number_of(call), names.knows_surface(SurfaceId(3))),
            (Some(number), true)
        );
        names.forget_call(number);
        names.forget_provider(ProviderId(2));
        names.forget_surface(SurfaceId(3));
        assert_eq!(&*names.call(call), "00000000-0000-0000-0000-000000000001");
        assert_eq!((&*names.number(number), names.number_of(call)), ("call7", None));
        assert_eq!(
            (&*names.provider(ProviderId(2)), &*names.surface(SurfaceId(3))),
            ("app2", "ui3")
        );
        assert!(!names.knows_surface(SurfaceId(3)));
        names.name_call(call, "anna");
        names.forget_uuid(call);
        assert_ne!(&*names.call(call), "anna");
        names.name_request(RequestId(4), "chat");
        assert_eq!(
            (&*names.take_request(RequestId(4)), &*names.take_request(RequestId(4))),
            ("chat", "somebody")
        );
    }
}
