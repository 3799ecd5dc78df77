//! The contract: what the service says of itself is what is installed, and every member can be called as it says.

use hookswitch_bus::names::{PATH, SERVICE};
use hookswitch_bus::xml;
use hookswitch_journeys::contract_words::methods;
use hookswitch_journeys::{Phone, soon};
use std::collections::HashMap;
use zbus::Variant;

#[tokio::test]
async fn introspection_is_the_contract() {
    let phone = Phone::new();
    let stranger = phone.stranger().await;
    let interface = Some("org.freedesktop.DBus.Introspectable");
    let asked = stranger.call_method(Some(SERVICE), PATH, interface, "Introspect", &());
    let reply = soon("the introspection", asked).await.unwrap();
    let text: String = reply.body().deserialize().unwrap();
    for file in xml::EXPORTED {
        assert!(text.contains(xml::interface_of(file)));
    }
    let version = stranger
        .call_method(
            Some(SERVICE),
            PATH,
            Some("org.freedesktop.DBus.Properties"),
            "GetAll",
            &"org.hookswitch.Service1",
        )
        .await
        .unwrap();
    let body = version.body();
    let all: HashMap<&str, Variant> = body.deserialize().unwrap();
    assert_eq!(all["Version"], Variant::from(1u32));
    assert!(all.contains_key("Features"));
}

/// No member answers UnknownMethod or InvalidArgs when it is called with the types the contract says.
#[tokio::test]
async fn every_member_takes_what_the_contract_says() {
    let phone = Phone::new();
    let stranger = phone.stranger().await;
    let mut called = 0;
    for method in methods() {
        let (interface, member, signature) =
            (method.interface.as_str(), method.name.as_str(), method.signature());
        let record: HashMap<&str, Variant> = HashMap::new();
        let records: Vec<HashMap<&str, Variant>> = Vec::new();
        let (target, path, face) = (Some(SERVICE), PATH, Some(interface));
        let name = member;
        let uuid = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
        let result = match signature.as_str() {
            "" => stranger.call_method(target, path, face, name, &()).await,
            "a{sv}" => stranger.call_method(target, path, face, name, &record).await,
            "u" => stranger.call_method(target, path, face, name, &1u32).await,
            "t" => stranger.call_method(target, path, face, name, &1u64).await,
            "s" => stranger.call_method(target, path, face, name, &uuid).await,
            "ss" => stranger.call_method(target, path, face, name, &(uuid, "busy")).await,
            "sa{sv}" => stranger.call_method(target, path, face, name, &(uuid, record)).await,
            "ta{sv}" => stranger.call_method(target, path, face, name, &(1u64, record)).await,
            "tss" => stranger.call_method(target, path, face, name, &(1u64, "c", "t")).await,
            "aa{sv}a{sv}" => {
                stranger.call_method(target, path, face, name, &(records, record)).await
            }
            "tsa{sv}" => {
                stranger.call_method(target, path, face, name, &(1u64, "end", record)).await
            }
            "tta{sv}" => {
                stranger.call_method(target, path, face, name, &(1u64, 2u64, record)).await
            }
            "tba{sv}" => {
                stranger.call_method(target, path, face, name, &(1u64, true, record)).await
            }
            other => panic!("{interface}.{member} takes {other}: teach this test to say that"),
        };
        called += 1;
        match result {
            Ok(_) => {}
            Err(zbus::Error::MethodError(error, text, _)) => {
                let text = text.unwrap_or_default();
                assert!(
                    error.as_str().starts_with("org.hookswitch.Error."),
                    "{interface}.{member}: {error}: {text}"
                );
            }
            Err(other) => panic!("{interface}.{member}: {other}"),
        }
    }
    let methods = xml::EXPORTED.iter().map(|file| file.matches("<method ").count());
    assert_eq!(called, methods.sum::<usize>(), "each method of each file");
}
