//! Routes as PipeWire says them: the parameters `EnumRoute` and `Route` of a device.

use crate::audio::route::Route;
use pipewire::spa::param::ParamType;
use pipewire::spa::pod::deserialize::PodDeserializer;
use pipewire::spa::pod::serialize::PodSerializer;
use pipewire::spa::pod::{Object, Pod, Property, Value, ValueArray};
use pipewire::spa::sys;
use std::io::Cursor;

/// A route that a device has, and the part of it that it is open for, if this is an open one.
pub fn read(pod: &Pod) -> Option<(Route, Option<i32>)> {
    let (_, value) = PodDeserializer::deserialize_any_from(pod.as_bytes()).ok()?;
    let Value::Object(object) = value else { return None };
    let mut route = Route::default();
    let (mut index, mut part) = (None, None);
    for property in object.properties {
        match (property.key, property.value) {
            (sys::SPA_PARAM_ROUTE_index, Value::Int(value)) => index = Some(value),
            (sys::SPA_PARAM_ROUTE_direction, Value::Id(id)) => {
                route.is_output = id.0 == sys::SPA_DIRECTION_OUTPUT;
            }
            (sys::SPA_PARAM_ROUTE_device, Value::Int(value)) => part = Some(value),
            (sys::SPA_PARAM_ROUTE_name, Value::String(text)) => route.name = text,
            (sys::SPA_PARAM_ROUTE_description, Value::String(text)) => route.description = text,
            (sys::SPA_PARAM_ROUTE_available, Value::Id(id)) => {
                route.available = match id.0 {
                    sys::SPA_PARAM_AVAILABILITY_no => Some(false),
                    sys::SPA_PARAM_AVAILABILITY_yes => Some(true),
                    _ => None,
                };
            }
            (sys::SPA_PARAM_ROUTE_info, Value::Struct(info)) => {
                if let Some(form) = form(&info) {
                    form.clone_into(&mut route.form);
                }
            }
            (sys::SPA_PARAM_ROUTE_devices, Value::ValueArray(ValueArray::Int(parts))) => {
                route.parts = parts;
            }
            _ => {}
        }
    }
    route.index = index?;
    Some((route, part))
}

/// How many pairs there are, and then the pairs.
fn form(info: &[Value]) -> Option<&str> {
    let pairs = info.get(1..)?.as_chunks::<2>().0;
    pairs.iter().find_map(|pair| match pair {
        [Value::String(key), Value::String(form)] if key == "port.type" && form != "unknown" => {
            Some(form.as_str())
        }
        _ => None,
    })
}

/// What opens a route for a part of its device. It is not kept: the session manager has its own opinion of what the user
/// wants after the call.
pub fn open(route: i32, part: i32) -> Option<Vec<u8>> {
    let object = Value::Object(Object {
        type_: sys::SPA_TYPE_OBJECT_ParamRoute,
        id: ParamType::Route.as_raw(),
        properties: vec![
            Property::new(sys::SPA_PARAM_ROUTE_index, Value::Int(route)),
            Property::new(sys::SPA_PARAM_ROUTE_device, Value::Int(part)),
            Property::new(sys::SPA_PARAM_ROUTE_save, Value::Bool(false)),
        ],
    });
    let (bytes, _) = PodSerializer::serialize(Cursor::new(Vec::new()), &object).ok()?;
    Some(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewire::spa::utils::Id;

    fn pod(properties: Vec<(u32, Value)>) -> Vec<u8> {
        let properties =
            properties.into_iter().map(|(key, value)| Property::new(key, value)).collect();
        let object = Object { type_: sys::SPA_TYPE_OBJECT_ParamRoute, id: 13, properties };
        let object = Value::Object(object);
        PodSerializer::serialize(Cursor::new(Vec::new()), &object).unwrap().0.into_inner()
    }

    fn text(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    /// As ALSA's devices say it: `spa/plugins/alsa/alsa-acp-device.c`, `build_route`.
    fn headphones() -> Vec<(u32, Value)> {
        let info = [("port.type", "headphones"), ("card.profile.port", "3")];
        let pairs = info.iter().flat_map(|(key, value)| [text(key), text(value)]);
        vec![
            (sys::SPA_PARAM_ROUTE_index, Value::Int(3)),
            (sys::SPA_PARAM_ROUTE_direction, Value::Id(Id(sys::SPA_DIRECTION_OUTPUT))),
            (sys::SPA_PARAM_ROUTE_name, text("analog-output-headphones")),
            (sys::SPA_PARAM_ROUTE_description, text("Headphones")),
            (sys::SPA_PARAM_ROUTE_priority, Value::Int(9900)),
            (sys::SPA_PARAM_ROUTE_available, Value::Id(Id(sys::SPA_PARAM_AVAILABILITY_yes))),
            (
                sys::SPA_PARAM_ROUTE_info,
                Value::Struct(std::iter::once(Value::Int(2)).chain(pairs).collect()),
            ),
            (sys::SPA_PARAM_ROUTE_profiles, Value::ValueArray(ValueArray::Int(vec![1, 2]))),
            (sys::SPA_PARAM_ROUTE_devices, Value::ValueArray(ValueArray::Int(vec![4, 5]))),
        ]
    }

    #[test]
    fn a_route_is_read_as_a_device_says_it() {
        let bytes = pod(headphones());
        let expected = Route {
            index: 3,
            name: "analog-output-headphones".to_owned(),
            description: "Headphones".to_owned(),
            form: "headphones".to_owned(),
            is_output: true,
            available: Some(true),
            parts: vec![4, 5],
        };
        assert_eq!(read(Pod::from_bytes(&bytes).unwrap()), Some((expected.clone(), None)));
        let mut more = headphones();
        more.push((sys::SPA_PARAM_ROUTE_device, Value::Int(5)));
        more.push((sys::SPA_PARAM_ROUTE_save, Value::Bool(true)));
        let bytes = pod(more);
        assert_eq!(read(Pod::from_bytes(&bytes).unwrap()), Some((expected, Some(5))));
    }

    #[test]
    fn what_is_odd_is_no_route() {
        let bytes = pod(vec![]);
        assert_eq!(read(Pod::from_bytes(&bytes).unwrap()), None);
        let info = Value::Struct(vec![Value::Int(9), text("port.type")]);
        let bytes = pod(vec![
            (sys::SPA_PARAM_ROUTE_index, Value::Int(0)),
            (sys::SPA_PARAM_ROUTE_info, info),
        ]);
        assert_eq!(read(Pod::from_bytes(&bytes).unwrap()), Some((Route::default(), None)));
    }

    #[test]
    fn what_opens_a_route_names_it_and_its_part() {
        let bytes = open(3, 5).unwrap();
        let (route, part) = read(Pod::from_bytes(&bytes).unwrap()).unwrap();
        assert_eq!((route.index, part), (3, Some(5)));
    }
}
