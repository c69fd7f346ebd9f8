//! Charts: pictures of what may be seen, drawn from the same answers, safe in any page.

use serde_json::{Value, json};

use crate::support::{Client, Coalition, run_in_coalition};

async fn drawn(client: &Client, path: &str) -> String {
    let answer = client.get(path).send().await.expect(200);
    assert_eq!(answer.header("content-type"), Some("image/svg+xml"));
    assert_eq!(
        answer.header("content-security-policy"),
        Some("default-src 'none'; style-src 'unsafe-inline'")
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    answer.text()
}

async fn refused(client: &Client, path: &str) -> Vec<String> {
    let request = client.get(path).off_contract("not a chart");
    request.send().await.expect(422).issues()
}

async fn report(client: &Client, coalition: &Coalition, observations: Value) {
    let path = coalition.path("/observations");
    let figures = json!({"observations": observations});
    client.post(&path, figures).send().await.expect(201);
}

fn words<'s>(svg: &'s str, element: &str) -> &'s str {
    let rest = svg.split(&format!("<{element} id=\"{element}\">")).nth(1);
    rest.and_then(|rest| rest.split("</").next()).expect("words")
}

#[test]
fn a_measure_over_time() {
    run_in_coalition(async |_, coalition| {
        let figures = json!([{"measure": "PROGRAMS", "period": "2021", "value": 5},
                             {"measure": "PROGRAMS", "period": "2022", "value": 0},
                             {"measure": "PROGRAMS", "period": "2024", "missing": "not_available"}]);
        report(&coalition.partner, &coalition, figures).await;
        let path = coalition.path("/chart.svg?measure=programs");
        let svg = drawn(&coalition.observer, &path).await;
        assert_eq!(words(&svg, "title"), "Library programs: 30 programs in 2025");
        let told = words(&svg, "desc");
        assert!(
            told.starts_with("Line chart by year, 2021 to 2025, in programs. From 5 in 2021 to 30 in 2025"),
            "{told}"
        );
        assert!(told.contains("lowest 0 in 2022"), "a zero is a figure: {told}");
        assert!(told.contains("No figure for 2023 to 2024."), "{told}");
        let line = svg.split("class=\"line s0 d0\" d=\"").nth(1).unwrap();
        let line = line.split('"').next().unwrap();
        assert_eq!(
            (line.matches('M').count(), line.matches('L').count()),
            (1, 1),
            "{line}"
        );
    });
}

#[test]
fn with_the_way_to_its_target() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/chart.svg?measure=PROGRAMS&cell=age_group:young_adult");
        let svg = drawn(&coalition.observer, &path).await;
        let told = words(&svg, "desc");
        assert!(
            told.contains("Baseline: 300 in 2023. Target: 600 by 2028."),
            "{told}"
        );
        assert!(told.starts_with("Line chart by year, 2023 to 2028"), "{told}");
        assert!(svg.contains("Age group: Young adults (12 to 18)</text>"));
        let whole = drawn(
            &coalition.observer,
            &coalition.path("/chart.svg?measure=PROGRAMS"),
        )
        .await;
        assert!(!whole.contains("Target"), "the headline has none");

        let goal = drawn(
            &coalition.observer,
            &coalition.path("/goals/teens-belong/chart.svg"),
        )
        .await;
        let title = "Teens have places and people in town that support what they love";
        assert!(words(&goal, "title").starts_with(title));
        assert!(words(&goal, "desc").contains("Target: 600 by 2028."));
    });
}

#[test]
fn a_goal_shows_another_of_its_measures_if_asked() {
    run_in_coalition(async |_, coalition| {
        let goal = json!({"code": "busy", "statement": "Full houses",
            "measures": [{"measure": "VISITS"}, {"measure": "PROGRAMS", "headline": true}]});
        coalition
            .backbone
            .post(&coalition.path("/goals"), goal)
            .send()
            .await
            .expect(201);
        let path = |rest: &str| coalition.path(&format!("/goals/busy/chart.svg{rest}"));
        let client = &coalition.observer;
        assert!(
            words(&drawn(client, &path("")).await, "title").starts_with("Full houses (Library programs)")
        );
        let visits = drawn(client, &path("?measure=VISITS")).await;
        assert_eq!(
            words(&visits, "title"),
            "Full houses (Visits): 27,000 visits in 2025"
        );
        let issue = ["?measure unknown_measure"];
        assert_eq!(refused(client, &path("?measure=ATTENDANCE")).await, issue);
        assert_eq!(refused(client, &path("?measure=NOTHING")).await, issue);
        let empty = coalition.path("/goals/quiet-rooms/chart.svg");
        assert_eq!(refused(client, &empty).await, ["?measure no_measure"]);
        client
            .get(&coalition.path("/goals/no-such/chart.svg"))
            .send()
            .await
            .expect(404);
    });
}

#[test]
fn a_line_for_each_code() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/chart.svg?measure=PROGRAMS&by=age_group");
        let svg = drawn(&coalition.observer, &path).await;
        assert_eq!(words(&svg, "title"), "Library programs by Age group");
        let told = words(&svg, "desc");
        assert!(told.contains("Young adults (12 to 18): 12 in 2025."), "{told}");
        assert!(told.contains("Not stated: 18 in 2025."), "{told}");
    });
}

#[test]
fn what_is_hidden_is_not_drawn() {
    run_in_coalition(async |_, coalition| {
        let patch = json!({"disclosure": "protected"});
        let path = coalition.path("/measures/VISITS");
        coalition.backbone.patch(&path, patch).send().await.expect(200);
        let path = coalition.path("/chart.svg?measure=VISITS");
        let seen = drawn(&coalition.backbone, &path).await;
        assert!(seen.contains("27,000"));
        let hidden = drawn(&coalition.observer, &path).await;
        assert!(
            !hidden.contains("27,000") && !hidden.contains("class=\"line s0"),
            "{hidden}"
        );
        assert!(
            words(&hidden, "desc").contains("Not shown for 2025: hidden"),
            "{hidden}"
        );
        let by = coalition.path("/chart.svg?measure=PROGRAMS&by=organization");
        drawn(&coalition.backbone, &by).await;
        coalition.observer.get(&by).send().await.expect(403);
    });
}

#[test]
fn one_measure_by_one_column() {
    run_in_coalition(async |_, coalition| {
        let client = &coalition.backbone;
        for (query, issue) in [
            ("", "?measure one_measure"),
            ("?measure=", "?measure empty"),
            ("?measure=PROGRAMS,VISITS", "?measure one_measure"),
            ("?measure=NOTHING", "?measure unknown_measure"),
            ("?measure=PROGRAMS&by=age_group,organization", "?by one_column"),
            ("?measure=PROGRAMS&by=nothing", "?by unknown_column"),
            ("?measure=PROGRAMS&at=month", "?at does_not_fit"),
            ("?measure=PROGRAMS&period=x", "?period invalid_period"),
            (
                "?measure=PROGRAMS&as_of=2030-01-01T00:00:00Z",
                "?as_of in_the_future",
            ),
        ] {
            let path = coalition.path(&format!("/chart.svg{query}"));
            assert_eq!(refused(client, &path).await, [issue], "{query}");
        }
        let colour = coalition.path("/chart.svg?measure=PROGRAMS&colour=red");
        let request = client.get(&colour).off_contract("an unknown parameter");
        request.send().await.expect(400);
    });
}

#[test]
fn a_chart_is_kept_and_shared() {
    run_in_coalition(async |app, coalition| {
        let link = coalition
            .share(json!({"name": "website", "audience": "public"}))
            .await;
        let address = link["address"].as_str().unwrap();
        let nobody = app.anonymous();
        for rest in ["/chart.svg?measure=PROGRAMS", "/goals/teens-belong/chart.svg"] {
            let path = format!("{address}{rest}");
            drawn(&nobody, &path).await;
            let request = nobody.get(&path).header("Accept-Encoding", "gzip");
            let answer = request.send().await.expect(200);
            assert_eq!(answer.header("content-encoding"), Some("gzip"));
            let again = nobody.get(&path).header("If-None-Match", &answer.etag());
            again.header("Accept-Encoding", "gzip").send().await.expect(304);
        }
        let figures = json!([{"measure": "PROGRAMS", "period": "2025", "value": 11}]);
        let path = format!("{address}/chart.svg?measure=PROGRAMS");
        let before = drawn(&nobody, &path).await;
        app.advance(60);
        report(&coalition.partner, &coalition, figures).await;
        assert!(drawn(&nobody, &path).await.contains("31 programs in 2025"));
        let earlier = drawn(&nobody, &format!("{path}&as_of=2026-03-02T09:30:30Z")).await;
        assert!(earlier.contains("30 programs in 2025") && before.contains("30 programs in 2025"));
        assert!(earlier.contains("as of 2026-03-02"));
    });
}

#[test]
fn names_are_only_names() {
    run_in_coalition(async |_, coalition| {
        let name = json!({"name": "</title><script>alert('1')</script> & \"more\""});
        let path = coalition.path("/measures/PROGRAMS");
        coalition.backbone.patch(&path, name).send().await.expect(200);
        let svg = drawn(
            &coalition.observer,
            &coalition.path("/chart.svg?measure=PROGRAMS"),
        )
        .await;
        assert!(!svg.contains("<script") && svg.contains("script&#62;"), "{svg}");
    });
}
