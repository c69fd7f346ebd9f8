//! What the sweep cannot generate: what an organization may not do inside a coalition of its own, because it is
//! another's, and what a body may not name, because it is of another coalition.

use serde_json::{Value, json};

use crate::support::{Client, TestApp, run_with_cast};

/// Sends each request and checks its status, and that nothing changed.
async fn refused(app: &TestApp, client: &Client, requests: &[(&str, String, Value, u16)]) {
    let before = app.snapshot();
    for (method, path, body, status) in requests {
        let request = client.request(method, path);
        let request = if body.is_null() {
            request
        } else {
            request.json(body)
        };
        let answer = request.send().await;
        assert_eq!(
            answer.status,
            *status,
            "{method} {path} {body}: {}",
            answer.text()
        );
        before.assert_same(&app.snapshot(), path);
    }
}

#[test]
fn what_another_partner_made_is_not_ones_own() {
    run_with_cast(async |app, cast| {
        let path = |rest: &str| cast.home.path(rest);
        let activity = path(&format!("/activities/{}", cast.home.activity));
        let submission = path(&format!("/submissions/{}", cast.home.submission));
        let partner = cast.home.partner.organization();
        let requests = [
            ("PATCH", activity.clone(), json!({"attendance": 1}), 403),
            ("DELETE", activity, Value::Null, 403),
            (
                "PATCH",
                path("/goals/quiet-rooms"),
                json!({"place": "elsewhere"}),
                403,
            ),
            (
                "PATCH",
                path("/goals/teens-belong"),
                json!({"place": "elsewhere"}),
                403,
            ),
            (
                "GET",
                path(&format!("/observations?organization={partner}")),
                Value::Null,
                403,
            ),
            (
                "GET",
                path(&format!("/completeness?organization={partner}")),
                Value::Null,
                403,
            ),
            ("GET", submission, Value::Null, 404),
            (
                "POST",
                path(&format!("/partners/{partner}/leave")),
                json!({}),
                403,
            ),
            (
                "POST",
                path(&format!("/partners/{partner}/accept")),
                json!({}),
                403,
            ),
        ];
        refused(&app, cast.person("second-editor"), &requests[..7]).await;
        refused(&app, &cast.home.second, &requests[7..]).await;
        let seen = cast
            .home
            .second
            .get(&path("/observations"))
            .send()
            .await
            .expect(200)
            .data();
        assert!(
            !seen.is_empty()
                && seen
                    .iter()
                    .all(|row| row["organization"] == cast.home.second.organization())
        );
    });
}

#[test]
fn nobody_reports_for_another_but_the_backbone() {
    run_with_cast(async |app, cast| {
        let row = |organization: &str| json!({"observations": [{"organization": organization, "measure": "VISITS", "period": "2024", "value": 1}]});
        let path = cast.home.path("/observations");
        let others = [
            cast.home.partner.organization(),
            cast.home.backbone.organization(),
            cast.other.partner.organization(),
        ];
        let requests = others.map(|organization| ("POST", path.clone(), row(organization), 422));
        refused(&app, &cast.home.second, &requests).await;
        let strangers = [cast.other.partner.organization(), "nobody-at-all"];
        let requests = strangers.map(|organization| ("POST", path.clone(), row(organization), 422));
        refused(&app, &cast.home.backbone, &requests).await;
    });
}

#[test]
fn a_body_names_nothing_of_another_coalition() {
    run_with_cast(async |app, cast| {
        let path = |rest: &str| cast.home.path(rest);
        let goal = |measure: Value| json!({"code": "new", "statement": "New", "measures": [measure]});
        let activity = |more: Value| {
            let mut new = json!({"title": "New", "starts_on": "2026-03-05"});
            new.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            new
        };
        let ratio = |measure: &str| {
            json!({"code": "NEW", "name": "New", "unit": "x", "kind": "ratio", "decimals": 0, "direction": "up",
                   "numerator": {"measure": measure}, "denominator": {"measure": "PROGRAMS"}})
        };
        let number = json!({"code": "NEW", "name": "New", "unit": "x", "kind": "number", "decimals": 0,
            "aggregation": "sum", "direction": "up", "frequency": "year", "dimensions": ["bay_only"]});
        let population = json!({"code": "NEW", "name": "New", "unit": "x", "kind": "number", "decimals": 0,
            "aggregation": "sum", "direction": "up", "frequency": "year", "scope": "population",
            "reporters": [cast.other.partner.organization()]});
        let stranger = cast.other.partner.organization();
        let requests = [
            ("POST", path("/goals"), goal(json!({"measure": "BAY_ONLY"})), 422),
            (
                "POST",
                path("/goals"),
                goal(json!({"measure": "PROGRAMS", "cell": {"bay_only": "a"}})),
                422,
            ),
            (
                "POST",
                path("/activities"),
                activity(json!({"goals": ["bay-only"]})),
                422,
            ),
            (
                "POST",
                path("/activities"),
                activity(json!({"measures": ["BAY_ONLY"]})),
                422,
            ),
            (
                "POST",
                path("/activities"),
                activity(json!({"contributions": [{"organization": stranger, "role": "host"}]})),
                422,
            ),
            ("POST", path("/measures"), ratio("BAY_ONLY"), 422),
            ("POST", path("/measures"), number, 422),
            ("POST", path("/measures"), population, 422),
            (
                "PATCH",
                path("/measures/PROGRAMS"),
                json!({"dimensions": ["bay_only"]}),
                422,
            ),
            (
                "PUT",
                path("/measures/PROGRAMS/targets"),
                json!({"items": [{"period": "2030", "cell": {"bay_only": "a"}, "value": 1}]}),
                422,
            ),
            (
                "POST",
                path("/observations"),
                json!({"observations": [{"measure": "BAY_ONLY", "period": "2024", "value": 1}]}),
                422,
            ),
            (
                "PATCH",
                path(&format!("/partners/{}", cast.home.partner.organization())),
                json!({"expected_measures": ["BAY_ONLY"]}),
                422,
            ),
            ("GET", path("/completeness?measure=BAY_ONLY"), Value::Null, 422),
            (
                "GET",
                path(&format!("/completeness?organization={stranger}")),
                Value::Null,
                422,
            ),
            ("GET", path("/aggregates?measure=BAY_ONLY"), Value::Null, 422),
            ("GET", path("/aggregates?by=bay_only"), Value::Null, 422),
            ("GET", path("/aggregates?cell=bay_only:a"), Value::Null, 422),
        ];
        refused(&app, &cast.home.backbone, &requests).await;
        let bound = json!({"name": "n", "scopes": ["schema:read"], "coalition": cast.other.code});
        refused(
            &app,
            &cast.home.partner,
            &[("POST", "/v1/organization/api-keys".into(), bound, 422)],
        )
        .await;
    });
}

#[test]
fn a_list_shows_only_what_is_there_for_the_asker() {
    run_with_cast(async |_, cast| {
        let codes = async |client: &Client| {
            let listed = client.get("/v1/coalitions").send().await.expect(200).data();
            let codes = listed.iter().map(|one| one["code"].as_str().unwrap().to_owned());
            codes.collect::<Vec<_>>()
        };
        assert_eq!(codes(&cast.home.partner).await, ["teens-thrive"]);
        assert_eq!(codes(&cast.other.partner).await, ["bay-reads"]);
        assert_eq!(codes(&cast.home.backbone).await, ["bay-reads", "teens-thrive"]);
        assert_eq!(codes(&cast.home.invited).await, ["teens-thrive"]);
        assert_eq!(codes(&cast.home.former).await, [""; 0]);
        let invited = cast
            .home
            .invited
            .get(&cast.home.path(""))
            .send()
            .await
            .expect(200)
            .json();
        assert_eq!([&invited["purpose"], &invited["created_at"]], [&Value::Null; 2]);
    });
}

#[test]
fn a_role_that_is_taken_away_is_gone_at_the_next_request() {
    run_with_cast(async |_, cast| {
        let editor = cast.person("editor");
        let goal = |code: &str| json!({"code": code, "statement": "Something"});
        editor
            .post(&cast.home.path("/goals"), goal("one"))
            .send()
            .await
            .expect(201);
        let path = format!("/v1/organization/members/{}", editor.email());
        cast.home
            .backbone
            .patch(&path, json!({"role": "viewer"}))
            .send()
            .await
            .expect(200);
        editor
            .post(&cast.home.path("/goals"), goal("two"))
            .send()
            .await
            .expect(403);
        cast.home.backbone.delete(&path).send().await.expect(204);
        editor.get(&cast.home.path("/goals")).send().await.expect(401);
        let path = cast
            .home
            .path(&format!("/partners/{}", cast.home.partner.organization()));
        cast.home.backbone.delete(&path).send().await.expect(204);
        cast.home
            .partner
            .get(&cast.home.path("/goals"))
            .send()
            .await
            .expect(404);
        assert_eq!(
            cast.home.partner.get("/v1/coalitions").send().await.data(),
            [] as [Value; 0]
        );
    });
}
