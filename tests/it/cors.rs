//! Pages of other sites: those that are named may read answers with a key in `Authorization`, others may not, and none
//! ever acts with what the browser knows.

use crate::support::{Answer, Client, run_in_coalition};

const DASHBOARD: &str = "https://dashboard.example";

async fn preflight(client: &Client, origin: &str, path: &str, method: &str, headers: &str) -> Answer {
    let request = client
        .request("OPTIONS", path)
        .off_contract("browsers ask beforehand");
    let request = request
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method);
    request
        .header("Access-Control-Request-Headers", headers)
        .send()
        .await
}

#[test]
fn a_named_site_reads_with_a_key() {
    run_in_coalition(async |app, coalition| {
        let open = app.allowing(DASHBOARD).await;
        let path = coalition.path("/aggregates?measure=PROGRAMS");
        let nobody = open.anonymous();
        let asked = preflight(&nobody, DASHBOARD, &path, "GET", "authorization, if-none-match")
            .await
            .expect(200);
        assert_eq!(asked.header("access-control-allow-origin"), Some(DASHBOARD));
        assert!(
            asked
                .header("access-control-allow-methods")
                .unwrap()
                .contains("GET")
        );
        let headers = asked.header("access-control-allow-headers").unwrap();
        assert!(headers.contains("authorization") && headers.contains("if-none-match"));
        assert_eq!(asked.header("access-control-max-age"), Some("3600"));
        assert!(asked.body.is_empty());

        let key = coalition.backbone.key(&["aggregates:read"], None).await;
        let key = nobody.with_authorization(&format!("Bearer {}", key.token()));
        let answer = key
            .get(&path)
            .header("Origin", DASHBOARD)
            .send()
            .await
            .expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(DASHBOARD));
        let exposed = answer
            .header("access-control-expose-headers")
            .unwrap()
            .to_lowercase();
        for name in ["etag", "link", "x-request-id"] {
            assert!(exposed.contains(name), "{exposed}");
        }
        assert!(answer.header("vary").unwrap().contains("Origin"));
        let same = key.get(&path).header("Origin", DASHBOARD);
        let same = same
            .header("If-None-Match", &answer.etag())
            .send()
            .await
            .expect(304);
        assert_eq!(same.header("access-control-allow-origin"), Some(DASHBOARD));
        for answer in [&asked, &answer] {
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
        // What went wrong is for the page too.
        let refused = nobody
            .get(&path)
            .header("Origin", DASHBOARD)
            .send()
            .await
            .expect(401);
        assert_eq!(refused.header("access-control-allow-origin"), Some(DASHBOARD));
    });
}

#[test]
fn other_sites_are_told_nothing() {
    run_in_coalition(async |app, coalition| {
        let open = app.allowing(DASHBOARD).await;
        let path = coalition.path("/aggregates?measure=PROGRAMS");
        let key = coalition.backbone.key(&["aggregates:read"], None).await;
        let key = open
            .anonymous()
            .with_authorization(&format!("Bearer {}", key.token()));
        for origin in [
            "https://dashboard.example.evil.example",
            "http://dashboard.example",
            "null",
        ] {
            let asked = preflight(&key, origin, &path, "GET", "authorization")
                .await
                .expect(403);
            assert_eq!(asked.header("access-control-allow-origin"), None);
            // Whoever is no browser is not kept out by where it says to come from.
            let answer = key.get(&path).header("Origin", origin).send().await.expect(200);
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
        for (method, headers) in [("TRACE", "authorization"), ("GET", "x-other")] {
            let asked = preflight(&key, DASHBOARD, &path, method, headers)
                .await
                .expect(403);
            assert_eq!(asked.header("access-control-allow-methods"), None);
        }
    });
}

#[test]
fn nobody_is_named_unless_told_so() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/aggregates?measure=PROGRAMS");
        let client = &coalition.observer;
        preflight(client, DASHBOARD, &path, "GET", "authorization")
            .await
            .expect(405);
        let answer = client
            .get(&path)
            .header("Origin", DASHBOARD)
            .send()
            .await
            .expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert!(!answer.header("vary").unwrap().contains("Origin"));
    });
}
