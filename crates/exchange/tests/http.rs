//! Sessions and tokens over HTTP: who may make them and what is refused.

mod support;

use hookswitch_exchange::{Config, Exchange, Policy, StartError};
use hookswitch_platform::token::{ApiKeys, Claims, RoomGrant};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};
use support::{SECRET, exchange, key, room_token, soon};

struct Http {
    exchange: Exchange,
    client: reqwest::Client,
}

impl Http {
    async fn new() -> Self {
        Self { exchange: exchange(Policy::default()).await, client: reqwest::Client::new() }
    }

    async fn post(&self, path: &str, authorization: &str, body: &str) -> (u16, Value) {
        let request = self
            .client
            .post(format!("{}{path}", self.exchange.url()))
            .header("authorization", authorization)
            .header("content-type", "application/json")
            .body(body.to_owned());
        let answer = soon(path, request.send()).await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn get(&self, path: &str) -> (u16, Option<String>, String) {
        let answer = soon(path, self.client.get(format!("{}{path}", self.exchange.url())).send())
            .await
            .unwrap();
        let cors = answer.headers().get("access-control-allow-origin");
        let cors = cors.map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), cors, answer.text().await.unwrap())
    }
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
    )
}

#[tokio::test]
async fn only_who_has_the_secret_makes_sessions() {
    let http = Http::new().await;
    let admin = Claims::room("", RoomGrant::admin(), SystemTime::now(), Duration::from_secs(60));
    let admin = format!("Bearer {}", key().sign(&admin).unwrap());
    for authorization in [basic("test", SECRET), admin] {
        let (status, body) = http.post("/v1/sessions", &authorization, "{}").await;
        assert_eq!(status, 201);
        assert_eq!(body["session"].as_str().unwrap().len(), 36);
    }
    let room = format!("Bearer {}", room_token("r", "anna"));
    for authorization in [
        String::new(),
        basic("test", "wrong"),
        basic("other", SECRET),
        room,
        "Basic %%%".to_owned(),
    ] {
        let (status, body) = http.post("/v1/sessions", &authorization, "{}").await;
        assert_eq!((status, &body["code"]), (401, &json!("not_admin")), "{authorization}");
        assert!(body["message"].as_str().unwrap().contains(". "), "cause and next step");
        assert_eq!(
            http.post(
                "/v1/tokens",
                &authorization,
                r#"{"kind":"device","address":"a","device_id":"d"}"#
            )
            .await
            .0,
            401
        );
    }
}

#[tokio::test]
async fn a_session_is_made_once_per_key() {
    let http = Http::new().await;
    let make = |body: &'static str| http.post("/v1/sessions", const_basic(), body);
    let first = make(r#"{"idempotency_key":"k"}"#).await;
    assert_eq!(make(r#"{"idempotency_key":"k"}"#).await, first);
    assert_ne!(make(r#"{"idempotency_key":"l"}"#).await, first);
    assert_ne!(make("{}").await, make("{}").await);
    assert_eq!(make(r#"{"idempotency_key":""}"#).await.0, 400);
}

fn const_basic() -> &'static str {
    static TEXT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    TEXT.get_or_init(|| basic("test", SECRET))
}

#[tokio::test]
async fn tokens_say_what_was_asked_and_no_more() {
    let http = Http::new().await;
    let mint = async |body: Value| http.post("/v1/tokens", const_basic(), &body.to_string()).await;
    let (status, body) =
        mint(json!({"kind": "room", "session": "s", "identity": "anna", "can_publish": false, "valid_for_s": 60})).await;
    assert_eq!((status, &body["expires_in_s"]), (200, &json!(60)));
    let keys = ApiKeys::from(key());
    let claims = keys.verify(body["token"].as_str().unwrap(), SystemTime::now()).unwrap();
    assert_eq!(claims.may_join("s"), Ok(()));
    assert_eq!(claims.room.clone().unwrap().can_publish, Some(false));
    assert!(claims.may_administrate().is_err());
    let (_, body) = mint(
        json!({"kind": "device", "address": "anna", "device_id": "1", "valid_for_s": 9_999_999}),
    )
    .await;
    assert_eq!(body["expires_in_s"], 6 * 3600, "no longer than the policy says");
    let claims = keys.verify(body["token"].as_str().unwrap(), SystemTime::now()).unwrap();
    assert_eq!(claims.is_device("anna", "1"), Ok(()));
    assert_eq!(mint(json!({"kind": "room", "session": "", "identity": "anna"})).await.0, 400);
    assert_eq!(
        mint(json!({"kind": "room", "session": "s", "identity": "x".repeat(300)})).await.0,
        400
    );
    assert_eq!(mint(json!({"kind": "castle"})).await.0, 422);
    assert_eq!(http.post("/v1/tokens", const_basic(), "{").await.0, 400);
    assert_eq!(http.post("/v1/tokens", const_basic(), &"x".repeat(100_000)).await.0, 413);
}

#[tokio::test]
async fn validate_says_why_a_join_fails_to_any_origin() {
    let http = Http::new().await;
    let good = format!("/rtc/v1/validate?access_token={}", room_token("r", "anna"));
    assert_eq!(http.get(&good).await, (200, Some("*".to_owned()), "success".to_owned()));
    let (status, cors, text) = http.get("/rtc/v1/validate?access_token=noise").await;
    assert_eq!((status, cors.as_deref()), (401, Some("*")));
    assert!(text.contains("malformed"), "{text}");
    let (status, _, text) = http.get(&format!("{good}&join_request=%25%25")).await;
    assert_eq!(status, 400, "{text}");
}

#[tokio::test]
async fn the_page_is_there_and_says_what_it_lacks() {
    let http = Http::new().await;
    for (path, part) in [
        ("/", "Hookswitch peer"),
        ("/peer.js", "npm install livekit-client"),
        ("/peer.css", "main"),
    ] {
        let (status, _, text) = http.get(path).await;
        assert!(status == 200 && text.contains(part), "{path}");
    }
    assert_eq!(http.get("/assets/livekit-client.js").await.0, 404);
    assert_eq!(http.get("/assets/../Cargo.toml").await.0, 404);
}

#[tokio::test]
async fn an_exchange_that_cannot_start_says_why() {
    let started = Exchange::start(Config::new(ApiKeys::default())).await;
    assert!(matches!(started, Err(StartError::Keys(_))));
    let first = exchange(Policy::default()).await;
    let taken = Config { listen: first.http_address(), ..Config::new(ApiKeys::from(key())) };
    assert!(matches!(Exchange::start(taken).await, Err(StartError::Listen(..))));
    let everywhere =
        Config { udp: "0.0.0.0:0".parse().unwrap(), ..Config::new(ApiKeys::from(key())) };
    assert!(matches!(Exchange::start(everywhere).await, Err(StartError::NoAdvertisedAddress)));
    let nowhere = Config {
        store: Some("/nonexistent/directory/x.db".into()),
        ..Config::new(ApiKeys::from(key()))
    };
    assert!(matches!(Exchange::start(nowhere).await, Err(StartError::Store(_))));
}
