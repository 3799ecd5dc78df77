//! Tokens: each way in which one can be wrong, by name.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hookswitch_platform::token::{
    ApiKey, ApiKeys, Claims, KeyError, MAX_TOKEN_LEN, RoomGrant, TokenError,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const HOUR: Duration = Duration::from_secs(3600);

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn key() -> ApiKey {
    ApiKey::new("demo", SECRET).unwrap()
}

fn room_token(key: &ApiKey) -> String {
    key.sign(&Claims::room("anna", RoomGrant::join("s1"), now(), HOUR)).unwrap()
}

fn with_header(token: &str, header: &str) -> String {
    let rest = token.split_once('.').unwrap().1;
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

#[test]
fn a_token_says_who_may_join_what() {
    let keys = ApiKeys::from(key());
    let claims = keys.verify(&room_token(&key()), now()).unwrap();
    assert_eq!(claims.sub, "anna");
    assert_eq!(claims.iss, "demo");
    assert_eq!(claims.may_join("s1"), Ok(()));
}

#[test]
fn each_wrong_token_has_its_own_refusal() {
    let keys = ApiKeys::from(key());
    let good = room_token(&key());
    let other_secret = ApiKey::new("demo", "another secret of more than 32 characters").unwrap();
    let other_id = ApiKey::new("other", SECRET).unwrap();
    let mut tampered_parts: Vec<&str> = good.split('.').collect();
    let payload = URL_SAFE_NO_PAD.decode(tampered_parts[1]).unwrap();
    let payload = String::from_utf8(payload).unwrap().replace("anna", "evil");
    let payload = URL_SAFE_NO_PAD.encode(payload);
    tampered_parts[1] = &payload;
    let unsigned = with_header(&good, r#"{"alg":"none","typ":"JWT"}"#);
    let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);

    let after = Duration::from_secs(3600 + 5);
    let rows: Vec<(&str, String, SystemTime, TokenError)> = vec![
        ("none sent", String::new(), now(), TokenError::Missing),
        ("noise", "not a token".into(), now(), TokenError::Malformed("it cannot be read")),
        ("too long", "a".repeat(MAX_TOKEN_LEN + 1), now(), TokenError::Malformed("it is too long")),
        ("two parts", "aaaa.bbbb".into(), now(), TokenError::Malformed("it cannot be read")),
        ("other secret", room_token(&other_secret), now(), TokenError::WrongKey),
        ("unknown key", room_token(&other_id), now(), TokenError::WrongKey),
        ("tampered", tampered_parts.join("."), now(), TokenError::WrongKey),
        ("alg none", unsigned, now(), TokenError::Algorithm),
        ("alg RS256", with_header(&good, r#"{"alg":"RS256"}"#), now(), TokenError::Algorithm),
        ("alg HS384", with_header(&good, r#"{"alg":"HS384"}"#), now(), TokenError::Algorithm),
        ("expired", good.clone(), now() + after, TokenError::Expired { since_secs: 5 }),
        ("expires now", good.clone(), now() + HOUR, TokenError::Expired { since_secs: 0 }),
        ("too early", good.clone(), now() - HOUR, TokenError::NotYetValid { in_secs: 3600 }),
    ];
    for (name, token, at, refusal) in rows {
        assert_eq!(keys.verify(&token, at), Err(refusal), "{name}");
    }
    assert!(
        keys.verify(&good, now() - Duration::from_secs(59)).is_ok(),
        "a small difference of clocks is forgiven"
    );
}

#[test]
fn a_good_token_opens_only_its_own_door() {
    let keys = ApiKeys::from(key());
    let verify = |claims: Claims| keys.verify(&key().sign(&claims).unwrap(), now()).unwrap();
    let room = verify(Claims::room("anna", RoomGrant::join("s1"), now(), HOUR));
    let device = verify(Claims::device("anna", "phone", now(), HOUR));
    let admin = verify(Claims::room("", RoomGrant::admin(), now(), HOUR));

    assert_eq!(room.may_join("s2"), Err(TokenError::WrongRoom));
    assert_eq!(room.is_device("anna", "phone"), Err(TokenError::NotDevice));
    assert_eq!(room.may_administrate(), Err(TokenError::NotAdmin));
    assert_eq!(device.is_device("anna", "phone"), Ok(()));
    assert_eq!(device.is_device("bert", "phone"), Err(TokenError::ForeignDevice));
    assert_eq!(device.is_device("anna", "tablet"), Err(TokenError::ForeignDevice));
    assert_eq!(device.may_join("s1"), Err(TokenError::NoRoomJoin));
    assert_eq!(admin.may_administrate(), Ok(()));
    assert_eq!(admin.may_join("s1"), Err(TokenError::NoRoomJoin));
    let nobody = key().sign(&Claims::room("", RoomGrant::join("s1"), now(), HOUR)).unwrap();
    assert_eq!(keys.verify(&nobody, now()), Err(TokenError::Malformed("it names nobody")));
}

#[test]
fn weak_keys_are_refused() {
    assert_eq!(ApiKey::new("demo", "secret").unwrap_err(), KeyError::SecretTooShort { len: 6 });
    assert_eq!(
        ApiKey::new("demo", &SECRET[..31]).unwrap_err(),
        KeyError::SecretTooShort { len: 31 }
    );
    assert_eq!(ApiKey::new("", SECRET).unwrap_err(), KeyError::Id);
    assert_eq!(ApiKey::new("a:b", SECRET).unwrap_err(), KeyError::Id);
    assert!(key().secret_is(SECRET));
    assert!(!key().secret_is(&SECRET[..31]));
    assert!(!key().secret_is("0123456789abcdef0123456789abcdeF"));
}

#[test]
fn neither_key_nor_refusal_shows_a_secret() {
    let shown = format!("{:?} {:?}", key(), ApiKeys::from(key()));
    assert!(!shown.contains(SECRET) && !shown.contains("demo"), "{shown}");
    for error in [TokenError::WrongKey, TokenError::WrongRoom, TokenError::ForeignDevice] {
        assert!(!error.to_string().contains("anna"));
    }
}
