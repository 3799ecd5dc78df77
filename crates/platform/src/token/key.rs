//! API keys: a public id and a secret that signs.

use super::claims::unix_secs;
use super::{CLOCK_SKEW_SECS, Claims, MAX_TOKEN_LEN, TokenError};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

/// Fewest characters of an API secret. HS256 is only as strong as its secret.
pub const MIN_SECRET_LEN: usize = 32;

/// Why an API key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key's id is empty or too long, or has characters that do not fit a header.
    #[error(
        "the API key is not 1 to 128 visible ASCII characters without `:`. Choose another name for it."
    )]
    Id,
    /// The secret is too short to sign with.
    #[error(
        "the API secret has {len} characters, at least {MIN_SECRET_LEN} are needed. \
         Make one, for example with `openssl rand -hex 32`."
    )]
    SecretTooShort {
        /// Its length.
        len: usize,
    },
    /// No keys at all.
    #[error("no API key is set. Set one key and its secret.")]
    None,
    /// Signing failed inside the library.
    #[error("the token could not be signed. Check the API secret.")]
    Sign,
}

/// An API key and its secret. `Debug` never shows the secret.
#[derive(Clone)]
pub struct ApiKey {
    id: String,
    secret: String,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").finish_non_exhaustive()
    }
}

impl ApiKey {
    /// A key, unless the id or the secret is unusable.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Result<Self, KeyError> {
        let (id, secret) = (id.into(), secret.into());
        let visible = id.bytes().all(|b| b.is_ascii_graphic() && b != b':');
        if id.is_empty() || id.len() > 128 || !visible {
            return Err(KeyError::Id);
        }
        let len = secret.chars().count();
        if len < MIN_SECRET_LEN {
            return Err(KeyError::SecretTooShort { len });
        }
        Ok(Self { id, secret })
    }

    /// The public part.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether `secret` is this key's. Takes as long for a wrong one as for the right one.
    pub fn secret_is(&self, secret: &str) -> bool {
        let (a, b) = (self.secret.as_bytes(), secret.as_bytes());
        let differs = a.iter().enumerate().fold(a.len() ^ b.len(), |acc, (i, byte)| {
            acc | usize::from(byte ^ b.get(i).copied().unwrap_or(0))
        });
        differs == 0
    }

    /// Signs `claims` as this key; their `iss` is replaced by this key's id.
    pub fn sign(&self, claims: &Claims) -> Result<String, KeyError> {
        let claims = Claims { iss: self.id.clone(), ..claims.clone() };
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .map_err(|_| KeyError::Sign)
    }

    fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        // The library only checks algorithm and signature. Times are ours to check, because `now` is a parameter.
        let mut checks = Validation::new(Algorithm::HS256);
        checks.validate_exp = false;
        checks.validate_nbf = false;
        checks.validate_aud = false;
        checks.required_spec_claims.clear();
        let key = DecodingKey::from_secret(self.secret.as_bytes());
        match jsonwebtoken::decode::<Claims>(token, &key, &checks) {
            Ok(data) => Ok(data.claims),
            Err(error) => Err(match error.kind() {
                ErrorKind::InvalidSignature => TokenError::WrongKey,
                ErrorKind::InvalidAlgorithm
                | ErrorKind::InvalidAlgorithmName
                | ErrorKind::MissingAlgorithm => TokenError::Algorithm,
                _ => TokenError::Malformed("it cannot be read"),
            }),
        }
    }
}

/// The keys an exchange accepts, by id. Several live side by side while one is being replaced.
#[derive(Clone, Default)]
pub struct ApiKeys {
    by_id: BTreeMap<String, ApiKey>,
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys").field("count", &self.by_id.len()).finish()
    }
}

impl From<ApiKey> for ApiKeys {
    fn from(key: ApiKey) -> Self {
        let mut keys = Self::default();
        keys.add(key);
        keys
    }
}

impl ApiKeys {
    /// Adds a key; one with the same id is replaced.
    pub fn add(&mut self, key: ApiKey) {
        self.by_id.insert(key.id.clone(), key);
    }

    /// The key with this id.
    pub fn get(&self, id: &str) -> Option<&ApiKey> {
        self.by_id.get(id)
    }

    /// The key that signs new tokens: the first by id.
    pub fn signing(&self) -> Result<&ApiKey, KeyError> {
        self.by_id.values().next().ok_or(KeyError::None)
    }

    /// Checks who signed the token and whether its time is now. What it allows is for the caller to ask
    /// ([`Claims::may_join`], [`Claims::is_device`], [`Claims::may_administrate`]).
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Claims, TokenError> {
        if token.is_empty() {
            return Err(TokenError::Missing);
        }
        if token.len() > MAX_TOKEN_LEN {
            return Err(TokenError::Malformed("it is too long"));
        }
        // The issuer is read before the signature is checked, only to choose the key to check it with.
        let issuer = match jsonwebtoken::dangerous::insecure_decode::<Claims>(token) {
            Ok(data) => data.claims.iss,
            Err(_) if declares_no_hs256(token) => return Err(TokenError::Algorithm),
            Err(_) => return Err(TokenError::Malformed("it cannot be read")),
        };
        let claims = self.by_id.get(&issuer).ok_or(TokenError::WrongKey)?.verify(token)?;
        let now = unix_secs(now);
        if now >= claims.exp {
            return Err(TokenError::Expired { since_secs: now - claims.exp });
        }
        if claims.nbf > now.saturating_add(CLOCK_SKEW_SECS) {
            return Err(TokenError::NotYetValid { in_secs: claims.nbf - now });
        }
        if claims.sub.is_empty() && claims.may_administrate().is_err() {
            return Err(TokenError::Malformed("it names nobody"));
        }
        Ok(claims)
    }
}

/// Whether the header can be read and names another algorithm: `none` is not even a name to the library.
fn declares_no_hs256(token: &str) -> bool {
    use base64::Engine;
    #[derive(serde::Deserialize)]
    struct AlgorithmOnly {
        alg: String,
    }
    let header = token.split('.').next().unwrap_or_default();
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(header)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<AlgorithmOnly>(&bytes).ok())
        .is_some_and(|header| header.alg != "HS256")
}
