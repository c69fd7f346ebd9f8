//! Answers in fewer bytes: brotli and gzip, only where it is worth it, never of secrets, each with a tag of its own.

use serde_json::json;

use crate::support::{Answer, Client, Coalition, PASSWORD, run_in_coalition};

async fn ask(client: &Client, path: &str, accepted: &str) -> Answer {
    let request = client.get(path).header("Accept-Encoding", accepted);
    request.send().await.expect(200)
}

/// An answer of some size: a row for each of forty years.
async fn large(coalition: &Coalition) -> String {
    let rows: Vec<_> = (1980..2020)
        .map(|year| json!({"measure": "VISITS", "period": year.to_string(), "value": year}))
        .collect();
    let path = coalition.path("/observations");
    let figures = json!({"observations": rows});
    coalition.partner.post(&path, figures).send().await.expect(201);
    coalition.path("/aggregates?measure=VISITS")
}

#[test]
fn the_same_answer_in_fewer_bytes() {
    run_in_coalition(async |_, coalition| {
        let path = large(&coalition).await;
        let client = &coalition.observer;
        let plain = client.get(&path).send().await.expect(200);
        assert_eq!(
            (plain.header("content-encoding"), plain.sent),
            (None, plain.body.len())
        );
        for (accepted, encoding) in [
            ("gzip", "gzip"),
            ("br", "br"),
            ("gzip, deflate, br", "br"),
            ("gzip, br;q=0.2", "gzip"),
            ("deflate, gzip;q=0.1", "gzip"),
        ] {
            let answer = ask(client, &path, accepted).await;
            assert_eq!(answer.header("content-encoding"), Some(encoding), "{accepted}");
            assert!(answer.sent * 3 < plain.sent, "{} of {}", answer.sent, plain.sent);
            assert_eq!(answer.body, plain.body);
            assert_eq!(
                answer.etag(),
                plain.etag().trim_end_matches('"').to_owned() + &format!("-{encoding}\"")
            );
            assert_eq!(answer.header("vary"), plain.header("vary"));
        }
        for accepted in [
            "identity",
            "deflate, zstd",
            "gzip;q=0",
            "*;q=0",
            "",
            "nonsense; here",
        ] {
            let answer = ask(client, &path, accepted).await;
            assert_eq!(answer.header("content-encoding"), None, "{accepted}");
            assert_eq!(answer.etag(), plain.etag());
        }
    });
}

#[test]
fn what_was_kept_compressed_still_holds_for_who_takes_it_so() {
    run_in_coalition(async |_, coalition| {
        let path = large(&coalition).await;
        let client = &coalition.observer;
        let again = async |tag: &str, accepted: &str| {
            let request = client.get(&path).header("If-None-Match", tag);
            request.header("Accept-Encoding", accepted).send().await
        };
        let plain = client.get(&path).send().await.expect(200).etag();
        let brotli = ask(client, &path, "br").await.etag();
        assert_eq!(again(&brotli, "gzip, br").await.expect(304).etag(), brotli);
        assert_eq!(again(&plain, "gzip, br").await.expect(304).etag(), plain);
        let gzip = again(&brotli, "gzip").await.expect(200);
        assert_eq!(
            gzip.header("content-encoding"),
            Some("gzip"),
            "brotli is of no use to it"
        );
        again(&brotli, "br;q=0, gzip").await.expect(200);
        // One that went through somebody who compresses, too.
        again(&format!("W/{plain}"), "gzip").await.expect(304);
    });
}

#[test]
fn a_change_may_name_the_tag_of_a_compressed_answer() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/measures/VISITS");
        let definition = json!({"definition": "Each time that somebody comes in. ".repeat(60)});
        let backbone = &coalition.backbone;
        backbone.patch(&path, definition).send().await.expect(200);
        let found = ask(backbone, &path, "gzip").await;
        assert_eq!(found.header("content-encoding"), Some("gzip"));
        assert_eq!(found.header("vary"), Some("Accept-Encoding"));
        let plain = backbone.get(&path).send().await.expect(200);
        assert_eq!(
            (plain.header("vary"), &plain.body),
            (Some("Accept-Encoding"), &found.body)
        );
        let patch = |name: &str| backbone.patch(&path, json!({"name": name}));
        patch("Coming in")
            .if_match(&found.etag())
            .send()
            .await
            .expect(200);
        patch("Again").if_match(&found.etag()).send().await.expect(412);
    });
}

#[test]
fn small_answers_and_secrets_are_left_as_they_are() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path("/aggregates?measure=VISITS");
        let answer = ask(&coalition.observer, &path, "gzip, br").await;
        assert_eq!(answer.header("content-encoding"), None, "{} bytes", answer.sent);
        let session = app
            .anonymous()
            .post(
                "/v1/sessions",
                json!({"email": coalition.partner.email(), "password": PASSWORD}),
            )
            .header("Accept-Encoding", "gzip, br")
            .send()
            .await
            .expect(200);
        assert_eq!(session.header("content-encoding"), None);
        assert_eq!(session.header("cache-control"), Some("no-store"));
        let new = json!({"name": "n".repeat(200), "scopes": ["schema:read"]});
        let key = coalition
            .backbone
            .post("/v1/organization/api-keys", new)
            .header("Accept-Encoding", "gzip, br");
        assert_eq!(key.send().await.expect(201).header("content-encoding"), None);
    });
}

#[test]
fn the_contract_and_the_templates_too_but_no_workbook() {
    run_in_coalition(async |app, coalition| {
        let contract = ask(&app.anonymous(), "/openapi.yaml", "br").await;
        assert_eq!(contract.header("content-encoding"), Some("br"));
        assert!(contract.sent * 4 < contract.body.len());
        let path = coalition.path("/template.xlsx?period=2025");
        let workbook = ask(&coalition.partner, &path, "br").await;
        assert_eq!(workbook.header("content-encoding"), None);
    });
}
