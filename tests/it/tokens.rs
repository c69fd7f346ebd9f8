//! Access tokens: a table of forgeries, none of which holds.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::support::{Client, TestApp, run};

/// What a forger works with: a token that holds, in parts, and the key that signed it.
struct Forge {
    header: Value,
    claims: Value,
    secret: Vec<u8>,
}

fn part(json: &str) -> String {
    URL_SAFE_NO_PAD.encode(json)
}

fn parsed(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("Base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn signed(header: &str, claims: &str, secret: &[u8], algorithm: Algorithm) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = sign(message.as_bytes(), &EncodingKey::from_secret(secret), algorithm);
    format!("{message}.{}", signature.expect("a signature"))
}

/// The secrets of the keys, oldest first.
fn secrets(app: &TestApp) -> Vec<Vec<u8>> {
    let column = if crate::support::database::is_postgres() {
        "encode(secret, 'hex')"
    } else {
        "hex(secret)"
    };
    let query = format!("SELECT {column} AS text FROM signing_keys ORDER BY created_at, kid");
    let rows = app.database().connect().texts(&query);
    rows.iter()
        .map(|hex| {
            (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"))
                .collect()
        })
        .collect()
}

impl Forge {
    fn new(app: &TestApp, token: &str) -> Self {
        let parts: Vec<&str> = token.split('.').collect();
        Self {
            header: parsed(parts[0]),
            claims: parsed(parts[1]),
            secret: secrets(app).pop().expect("a key"),
        }
    }

    /// Signed as it should be.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        signed(
            &header.to_string(),
            &claims.to_string(),
            &self.secret,
            Algorithm::HS256,
        )
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        self.sign(&changed(&self.header, name, Some(value)), &self.claims)
    }

    fn without_header(&self, name: &str) -> String {
        self.sign(&changed(&self.header, name, None), &self.claims)
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        self.sign(&self.header, &changed(&self.claims, name, Some(value)))
    }

    fn without_claim(&self, name: &str) -> String {
        self.sign(&self.header, &changed(&self.claims, name, None))
    }

    fn with_subject(&self, name: &str, value: Option<Value>) -> String {
        self.with_claim("subject", changed(&self.claims["subject"], name, value))
    }

    /// Signed with another algorithm, and saying so.
    fn with_algorithm(&self, name: &str, algorithm: Algorithm, secret: &[u8]) -> String {
        let header = changed(&self.header, "alg", Some(name.into()));
        signed(&header.to_string(), &self.claims.to_string(), secret, algorithm)
    }

    fn with_times(&self, begins: i64, ends: i64) -> String {
        let now = self.claims["iat"].as_i64().expect("a time");
        let mut claims = self.claims.clone();
        claims["iat"] = (now + begins).into();
        claims["nbf"] = (now + begins).into();
        claims["exp"] = (now + ends).into();
        self.sign(&self.header, &claims)
    }
}

fn changed(object: &Value, name: &str, value: Option<Value>) -> Value {
    let mut object = object.clone();
    let fields = object.as_object_mut().expect("an object");
    match value {
        Some(value) => fields.insert(name.to_owned(), value),
        None => fields.remove(name),
    };
    object
}

type Table = Vec<(String, String)>;

fn row(table: &mut Table, name: impl Into<String>, token: String) {
    table.push((name.into(), token));
}

fn headers(forge: &Forge, table: &mut Table) {
    let none = |alg: &str| {
        let header = changed(&forge.header, "alg", Some(alg.into()));
        format!(
            "{}.{}.",
            part(&header.to_string()),
            part(&forge.claims.to_string())
        )
    };
    for alg in ["none", "None", "nOnE", ""] {
        row(table, format!("alg '{alg}', unsigned"), none(alg));
        row(
            table,
            format!("alg '{alg}', signed"),
            forge.with_header("alg", alg.into()),
        );
    }
    for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        row(table, name, forge.with_algorithm(name, algorithm, &forge.secret));
    }
    for name in ["RS256", "PS256", "ES256", "EdDSA", "HS384", "hs256"] {
        let token = forge.with_algorithm(name, Algorithm::HS256, &forge.secret);
        row(table, format!("{name}, signed by HMAC"), token);
    }
    row(table, "no alg", forge.without_header("alg"));
    row(table, "no typ", forge.without_header("typ"));
    row(table, "no kid", forge.without_header("kid"));
    for value in [json!(null), json!(1), json!(["HS256"])] {
        row(table, format!("alg {value}"), forge.with_header("alg", value));
    }
    for value in [json!("JWT"), json!("at+JWT"), json!(null), json!(1)] {
        row(table, format!("typ {value}"), forge.with_header("typ", value));
    }
    for value in [
        json!(""),
        json!("unknown"),
        json!("../../../dev/null"),
        json!("' OR '1'='1"),
        json!("x' UNION SELECT 'AAAA' --"),
        json!("%"),
        json!("\u{2024}\u{202e}kid\u{1f511}"),
        json!("\u{0}"),
        json!(null),
        json!(0),
        json!([forge.header["kid"]]),
        json!({"$ne": ""}),
        json!("k".repeat(10_000)),
    ] {
        let name: String = value.to_string().chars().take(30).collect();
        row(table, format!("kid {name}"), forge.with_header("kid", value));
    }
    let own_key = b"a key that the forger brought along";
    let brought = json!({"kty": "oct", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode(own_key)});
    for (name, value) in [
        ("jwk", brought),
        ("jku", json!("https://forger.example/keys")),
        ("x5u", json!("https://forger.example/cert")),
        ("x5c", json!(["MIIB"])),
    ] {
        let header = changed(&forge.header, name, Some(value));
        let token = signed(
            &header.to_string(),
            &forge.claims.to_string(),
            own_key,
            Algorithm::HS256,
        );
        row(table, format!("a key in {name}"), token);
    }
    row(table, "crit", forge.with_header("crit", json!(["exp"])));
}

fn signatures(forge: &Forge, good: &str, table: &mut Table) {
    let (message, signature) = good.rsplit_once('.').expect("a token");
    let (header, _) = message.split_once('.').expect("a token");
    row(table, "no signature", format!("{message}."));
    row(table, "two parts", message.to_owned());
    row(table, "four parts", format!("{good}.{signature}"));
    let cut = &signature[..signature.len() - 4];
    row(table, "doubled dots", good.replace('.', ".."));
    row(table, "a dot before", format!(".{good}"));
    row(table, "a dot after", format!("{good}."));
    row(table, "padded", format!("{good}="));
    row(table, "truncated", good[..good.len() / 2].to_owned());
    row(table, "oversized", format!("{good}{}", "A".repeat(20_000)));
    row(
        table,
        "five parts, as if encrypted",
        format!("{header}..AAAA.AAAA.AAAA"),
    );
    row(table, "half a signature", format!("{message}.{cut}"));
    let other = changed(&forge.claims, "organization", Some(2.into()));
    let swapped = format!("{header}.{}.{signature}", part(&other.to_string()));
    row(table, "the signature of other claims", swapped);
    for secret in [&b""[..], b"secret", b"cairn", &[0; 32]] {
        let token = forge.with_algorithm("HS256", Algorithm::HS256, secret);
        row(table, format!("signed with {secret:?}"), token);
    }
    let kid = forge.header["kid"].as_str().expect("a name");
    let token = forge.with_algorithm("HS256", Algorithm::HS256, kid.as_bytes());
    row(table, "signed with the key's name", token);
    for (name, text) in [
        ("no JSON", "claims".to_owned()),
        ("a list", format!("[{}]", forge.claims)),
        ("null", "null".to_owned()),
        ("an expiry twice", {
            let text = forge.claims.to_string();
            format!("{{\"exp\":9999999999,{}", &text[1..])
        }),
    ] {
        let token = signed(&forge.header.to_string(), &text, &forge.secret, Algorithm::HS256);
        row(table, format!("claims: {name}"), token);
    }
}

fn claims(forge: &Forge, table: &mut Table) {
    for name in [
        "iss",
        "aud",
        "iat",
        "nbf",
        "exp",
        "jti",
        "organization",
        "subject",
    ] {
        row(table, format!("no {name}"), forge.without_claim(name));
        let right = &forge.claims[name];
        let mut wrong = vec![json!(null), json!([right]), json!({"value": right}), json!(true)];
        if right.is_number() {
            let number = right.as_i64().expect("a whole number");
            wrong.extend([json!(number.to_string()), json!(number as f64 + 0.5), json!(-1)]);
            wrong.extend([json!(i64::MIN), json!(u64::MAX), json!(-number)]);
        } else {
            wrong.extend([json!(""), json!(0), json!(1.5), json!(-1)]);
        }
        for value in wrong {
            let token = forge.with_claim(name, value.clone());
            row(table, format!("{name} {value}"), token);
        }
    }
    for (name, value) in [
        ("iss", json!("https://forger.example")),
        ("iss", json!("Cairn")),
        ("aud", json!("another-api")),
        ("aud", json!(["cairn-api", "another-api"])),
        ("role", json!("admin")),
        ("scope", json!("*")),
        ("exp", json!(i64::MAX)),
        ("nbf", json!(i64::MAX)),
        ("iat", json!(i64::MAX)),
    ] {
        row(
            table,
            format!("{name} {value}"),
            forge.with_claim(name, value.clone()),
        );
    }
    for (name, begins, ends) in [
        ("expired", -900, -5),
        ("long expired", -90_000, -89_100),
        ("not yet", 60, 900),
        ("for an hour", 0, 3600),
        ("for ever", 0, 1_000_000_000),
        ("ends before it begins", 0, -60),
    ] {
        row(table, name, forge.with_times(begins, ends));
    }
}

fn subjects(forge: &Forge, others: &Forge, table: &mut Table) {
    let theirs = &others.claims["subject"];
    row(
        table,
        "another account",
        forge.with_subject("account", Some(theirs["account"].clone())),
    );
    row(
        table,
        "another's session",
        forge.with_subject("session", Some(theirs["session"].clone())),
    );
    row(
        table,
        "another organization",
        forge.with_claim("organization", others.claims["organization"].clone()),
    );
    for name in ["kind", "account", "session"] {
        row(
            table,
            format!("no subject/{name}"),
            forge.with_subject(name, None),
        );
        for value in [json!(null), json!(-1), json!(1.5), json!("x"), json!(["x"])] {
            let token = forge.with_subject(name, Some(value.clone()));
            row(table, format!("subject/{name} {value}"), token);
        }
    }
    let account = forge.claims["subject"]["account"].to_string();
    row(
        table,
        "an account as a text",
        forge.with_subject("account", Some(account.into())),
    );
    row(
        table,
        "a field more",
        forge.with_subject("role", Some("admin".into())),
    );
    for (name, subject) in [
        (
            "an unknown key",
            json!({"kind": "key", "key": "x", "scopes": ["schema:read"]}),
        ),
        ("a key without scopes", json!({"kind": "key", "key": "x"})),
        (
            "an unknown scope",
            json!({"kind": "key", "key": "x", "scopes": ["*"]}),
        ),
        ("an unknown kind", json!({"kind": "system"})),
    ] {
        row(table, name, forge.with_claim("subject", subject));
    }
}

async fn status(client: &Client) -> u16 {
    client.get("/v1/account").send().await.status
}

#[test]
fn no_forgery_holds() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let stranger = app.organization("elsewhere").await;
        let forge = Forge::new(&app, ana.token());
        let others = Forge::new(&app, stranger.token());
        let nobody = app.anonymous();
        let bearer = |token: &str| nobody.with_authorization(&format!("Bearer {token}"));

        // The forger's way of signing is right: what it signs unchanged holds, so the table below shows something.
        let good = forge.sign(&forge.header, &forge.claims);
        assert_eq!(status(&bearer(&good)).await, 200);
        assert_eq!(status(&bearer(&forge.with_times(-300, 600))).await, 200);

        let mut table = Table::new();
        headers(&forge, &mut table);
        signatures(&forge, &good, &mut table);
        claims(&forge, &mut table);
        subjects(&forge, &others, &mut table);
        assert!(table.len() >= 40, "{} forgeries", table.len());
        let before = app.snapshot();
        let mut held = Vec::new();
        for (name, token) in &table {
            let answer = bearer(token).get("/v1/account").send().await;
            if answer.status != 401 || answer.header("www-authenticate").is_none() {
                held.push(format!("{name}: {}", answer.status));
            }
        }
        assert!(held.is_empty(), "{} of {}: {held:#?}", held.len(), table.len());
        before.assert_same(&app.snapshot(), "forged tokens");
    });
}

#[test]
fn nothing_else_is_taken_for_an_access_token() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let new = json!({"name": "n", "scopes": ["schema:read"]});
        let key = ana
            .post("/v1/organization/api-keys", new)
            .send()
            .await
            .expect(201)
            .json();
        let invitation = json!({"email": "ben@riverside.example", "role": "admin"});
        let invitation = ana
            .post("/v1/organization/invitations", invitation)
            .send()
            .await
            .expect(201)
            .json();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let secret = text(&key["secret"]);
        let session = Forge::new(&app, ana.token()).claims["subject"]["session"].clone();
        for authorization in [
            format!("Bearer {}", ana.credentials().refresh_token),
            format!("Bearer {}", text(&key["id"])),
            format!("Bearer {}", text(&key["prefix"])),
            format!("Bearer {}", text(&invitation["token"])),
            format!("Bearer {}", text(&session)),
            format!("Bearer {}x", secret),
            format!("Bearer {}", &secret[..secret.len() - 1]),
            format!("Bearer {}", secret.to_lowercase()),
            format!("Bearer {}", cairn::auth::Secret::hash_of(&secret)),
            format!("Token {}", ana.token()),
            format!("Bearer\t{}", ana.token()),
            format!("{} Bearer", ana.token()),
            format!("Bearer Bearer {}", ana.token()),
            ana.token().to_owned(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            "Basic ".to_owned(),
            "Basic !".to_owned(),
            format!(
                "Basic {}",
                URL_SAFE_NO_PAD.encode(format!("{}:{}", ana.email(), ana.token()))
            ),
            format!(
                "Basic {}",
                URL_SAFE_NO_PAD.encode(format!("{}:{}", ana.email(), crate::support::PASSWORD))
            ),
            String::new(),
        ] {
            let client = app.anonymous().with_authorization(&authorization);
            assert_eq!(status(&client).await, 401, "{authorization}");
        }
    });
}

#[test]
fn a_rotated_key_verifies_until_its_tokens_have_run_out() {
    run(async |app| {
        use cairn::store::{Purpose, signing_keys};
        let ana = app.organization("riverside").await;
        let old = Forge::new(&app, ana.token());
        let rotate = app
            .app()
            .db
            .system(Purpose::ChangeSigningKeys, signing_keys::rotate);
        let kid = rotate.await.expect("a new key");
        app.advance(61);
        assert_eq!(status(&ana).await, 200);
        let later = app.sign_in(ana.email()).await;
        assert_eq!(Forge::new(&app, later.token()).header["kid"], kid.as_str());

        // An hour later the old key signs nothing that holds, however fresh the claims are.
        app.advance(3600);
        let fresh = app.sign_in(ana.email()).await;
        let claims = Forge::new(&app, fresh.token()).claims;
        let forged = app
            .anonymous()
            .with_authorization(&format!("Bearer {}", sign_with_oldest(&app, &old, &claims)));
        assert_eq!(status(&fresh).await, 200);
        assert_eq!(status(&forged).await, 401);
    });
}

#[test]
fn a_new_key_signs_once_every_process_would_find_it() {
    run(async |app| {
        use cairn::store::{Purpose, signing_keys};
        let ana = app.organization("riverside").await;
        let old = Forge::new(&app, ana.token()).header["kid"].clone();
        let rotate = app
            .app()
            .db
            .system(Purpose::ChangeSigningKeys, signing_keys::rotate);
        let kid = rotate.await.expect("a new key");
        // Another process knows of it; this one has just read the keys, and reads them no sooner for an unknown one.
        let twin = app.twin().await;
        let early = twin.sign_in(ana.email()).await;
        assert_eq!(Forge::new(&app, early.token()).header["kid"], old);
        app.advance(5);
        let late = twin.sign_in(ana.email()).await;
        assert_eq!(Forge::new(&app, late.token()).header["kid"], kid.as_str());
        for client in [&ana, &early, &late] {
            let here = app
                .anonymous()
                .with_authorization(&format!("Bearer {}", client.token()));
            assert_eq!(status(&here).await, 200);
        }
    });
}

fn sign_with_oldest(app: &TestApp, old: &Forge, claims: &Value) -> String {
    let secret = secrets(app).swap_remove(0);
    signed(
        &old.header.to_string(),
        &claims.to_string(),
        &secret,
        Algorithm::HS256,
    )
}
