//! Who is let in where: every operation of `openapi.yaml`, asked for by everybody who may not have it. The sweep is
//! generated from the contract's `x-cairn-access`; an operation that it cannot call fails it. Whoever is refused has
//! changed nothing, and whoever is just entitled is not refused.

use crate::support::contract::{Access, Operation};
use crate::support::plan::Plan;
use crate::support::{Cast, Client, Watch, contract, run_with_cast};

/// Sends every plan that `refusal` gives a status for, and collects what was answered otherwise, or changed anything.
async fn sweep(client: &Client, plans: &[Plan], refusal: impl Fn(&Plan) -> Option<u16>) -> usize {
    let mut watch = Watch::over(client.app().database());
    let before = watch.snapshot();
    let (mut count, mut wrong) = (0, Vec::new());
    for plan in plans {
        let Some(status) = refusal(plan) else { continue };
        count += 1;
        let answer = plan.request(client).send().await;
        if answer.status != status {
            wrong.push(format!(
                "{}: {} instead of {status}: {}",
                plan.operation.id,
                answer.status,
                answer.text()
            ));
        }
        before.assert_same(&watch.snapshot(), &plan.operation.id);
    }
    assert!(wrong.is_empty(), "{}: {wrong:#?}", client.organization());
    count
}

fn place(access: &Access) -> usize {
    ["none", "invited", "observer", "partner", "backbone"]
        .iter()
        .position(|place| *place == access.place)
        .expect("a place")
}

fn role(access: &Access) -> usize {
    ["none", "viewer", "editor", "admin"]
        .iter()
        .position(|role| *role == access.role)
        .expect("a role")
}

const OBSERVER: usize = 2;
const PARTNER: usize = 3;

/// The refusal where a condition of the operation's access holds.
fn when(status: u16, condition: impl Fn(&Access) -> bool) -> impl Fn(&Plan) -> Option<u16> {
    move |plan| condition(&plan.operation.access).then_some(status)
}

#[test]
fn nobody_gets_401() {
    run_with_cast(async |app, cast| {
        let plans = Plan::all(&cast.values);
        sweep(
            &app.anonymous(),
            &plans,
            when(401, |access| access.role != "none"),
        )
        .await;
        for authorization in [
            "Bearer",
            "Bearer nonsense",
            "Bearer cairn_key_nonsense",
            "Basic OmNhaXJuX2tleV94",
            "x y",
        ] {
            let nobody = app.anonymous().with_authorization(authorization);
            sweep(&nobody, &plans, when(401, |access| access.role != "none")).await;
        }
    });
}

#[test]
fn a_stranger_gets_404() {
    run_with_cast(async |_, cast| {
        let count = sweep(
            &cast.other.partner,
            &Plan::all(&cast.values),
            when(404, |access| place(access) > 0),
        )
        .await;
        assert!(count > 30, "{count}");
    });
}

#[test]
fn who_has_left_gets_404() {
    run_with_cast(async |_, cast| {
        sweep(
            &cast.home.former,
            &Plan::all(&cast.values),
            when(404, |access| place(access) > 0),
        )
        .await;
    });
}

#[test]
fn who_has_declined_gets_404() {
    run_with_cast(async |_, cast| {
        cast.home.answer(&cast.home.invited, "decline").await;
        sweep(
            &cast.home.invited,
            &Plan::all(&cast.values),
            when(404, |access| place(access) > 0),
        )
        .await;
    });
}

#[test]
fn the_invited_see_their_invitation_only() {
    run_with_cast(async |_, cast| {
        sweep(
            &cast.home.invited,
            &Plan::all(&cast.values),
            when(403, |access| place(access) >= OBSERVER),
        )
        .await;
    });
}

#[test]
fn an_observer_neither_submits_nor_sees_figures() {
    run_with_cast(async |_, cast| {
        sweep(
            &cast.home.observer,
            &Plan::all(&cast.values),
            when(403, |access| place(access) >= PARTNER),
        )
        .await;
    });
}

#[test]
fn a_partner_is_not_the_backbone() {
    run_with_cast(async |_, cast| {
        sweep(
            &cast.home.partner,
            &Plan::all(&cast.values),
            when(403, |access| place(access) > PARTNER),
        )
        .await;
    });
}

#[test]
fn a_viewer_only_reads() {
    run_with_cast(async |_, cast| {
        sweep(
            cast.person("viewer"),
            &Plan::all(&cast.values),
            when(403, |access| role(access) >= 2),
        )
        .await;
    });
}

#[test]
fn an_editor_is_no_admin() {
    run_with_cast(async |_, cast| {
        sweep(
            cast.person("editor"),
            &Plan::all(&cast.values),
            when(403, |access| role(access) >= 3),
        )
        .await;
    });
}

#[test]
fn a_key_does_nothing_beyond_its_scopes() {
    run_with_cast(async |_, cast| {
        let plans = Plan::all(&cast.values);
        let closed = |access: &Access| access.role != "none" && access.key == "none";
        let count = sweep(cast.person("key with all"), &plans, when(403, closed)).await;
        assert!(count > 20, "{count}");
        for scope in crate::support::SCOPES {
            let lacking = cast.person(&format!("key without {scope}"));
            assert!(sweep(lacking, &plans, when(403, |access| access.key == scope)).await > 0);
        }
    });
}

#[test]
fn a_key_bound_to_another_coalition_gets_404() {
    run_with_cast(async |_, cast| {
        let key = cast.person("foreign-key");
        sweep(
            key,
            &Plan::all(&cast.values),
            when(404, |access| place(access) > 0),
        )
        .await;
        sweep(
            key,
            &Plan::all(&cast.values),
            when(403, |access| place(access) == 0 && access.role != "none"),
        )
        .await;
    });
}

#[test]
fn a_share_link_reads_figures_and_nothing_else() {
    run_with_cast(async |app, cast| {
        let link = cast.person("share link");
        let plans = Plan::all(&cast.values);
        let closed = |access: &Access| access.role != "none" && !access.share;
        let count = sweep(link, &plans, when(403, closed)).await;
        assert!(count > 50, "{count}");
        let mut values = cast.values.clone();
        values.insert("coalition", cast.other.code.clone());
        let foreign = when(404, |access| place(access) > 0);
        assert!(sweep(link, &Plan::all(&values), foreign).await > 50);
        let opened: Vec<&Plan> = plans.iter().filter(|plan| plan.operation.access.share).collect();
        assert!(!opened.is_empty());
        for plan in &opened {
            plan.request(link).send().await.expect(200);
            assert!(plan.is_read(), "{}", plan.operation.id);
        }
        app.advance(366 * 24 * 60 * 60);
        sweep(link, &plans, when(401, |access| access.role != "none")).await;
    });
}

#[test]
fn what_belongs_to_others_is_not_found() {
    run_with_cast(async |_, cast| {
        // The secret of another coalition's link is not an id that somebody might guess: whoever has it may read there.
        let others = |name: &str| !["coalition", "token"].contains(&name);
        for (name, foreign) in cast.foreign.iter().filter(|(name, _)| others(name)) {
            let mut values = cast.values.clone();
            values.insert(name, foreign.clone());
            let named = format!("{{{name}}}");
            // To answer an invitation is for the organization of the path, and the caller is not that one.
            let is_own = |id: &str| ["accept_partner", "decline_partner", "leave_partner"].contains(&id);
            let refusal = |plan: &Plan| match plan.operation.path.contains(&named) {
                true if is_own(&plan.operation.id) => Some(403),
                true => Some(404),
                false => None,
            };
            let count = sweep(&cast.home.backbone, &Plan::all(&values), refusal).await;
            assert!(count > 0, "{name}");
        }
    });
}

#[test]
fn credentials_that_have_ended_get_401() {
    run_with_cast(async |app, cast| {
        let plans = Plan::all(&cast.values);
        let refused = |plan: &Plan| (plan.operation.access.role != "none").then_some(401);
        let editor = cast.person("editor");
        editor.delete("/v1/sessions").send().await.expect(204);
        sweep(editor, &plans, refused).await;

        let key = cast.home.backbone.key(&crate::support::SCOPES, None).await;
        let listed = cast
            .home
            .backbone
            .get("/v1/organization/api-keys")
            .send()
            .await
            .data();
        let id = listed[0]["id"].as_str().unwrap();
        cast.home
            .backbone
            .delete(&format!("/v1/organization/api-keys/{id}"))
            .send()
            .await
            .expect(204);
        sweep(&key, &plans, refused).await;

        let mut database = app.database().connect();
        database.execute("UPDATE accounts SET suspended_at = 1 WHERE email LIKE 'viewer@riverside-library%'");
        sweep(cast.person("viewer"), &plans, refused).await;
        database.execute("UPDATE organizations SET suspended_at = 1 WHERE code = 'riverside-high'");
        sweep(&cast.home.partner, &plans, refused).await;

        app.advance(906);
        sweep(&cast.home.backbone, &plans, refused).await;
    });
}

/// The least that an operation's access asks for.
fn least(access: &Access) -> &'static str {
    match (access.place.as_str(), access.role.as_str()) {
        ("none" | "backbone", "viewer") => "viewer",
        ("none" | "backbone", "editor") => "editor",
        ("none" | "backbone", "admin") => "backbone",
        ("invited", "viewer") => "invited-viewer",
        ("invited", "admin") => "invited",
        ("observer", "viewer") => "observer-viewer",
        ("observer", "admin") => "observer",
        ("partner", "viewer") => "partner-viewer",
        ("partner", "editor") => "partner-editor",
        (place, role) => panic!("the cast has nobody for {place}/{role}"),
    }
}

/// Sends an operation as the least that its access asks for, and as a key with just its scope.
async fn admit(operation: &'static Operation, cast: &Cast) -> Vec<String> {
    let name = least(&operation.access);
    let client = match name {
        "backbone" => &cast.home.backbone,
        "invited" => &cast.home.invited,
        "observer" => &cast.home.observer,
        name => cast.person(name),
    };
    let mut values = cast.values.clone();
    if operation.path.contains("/{organization}/") && operation.method == "POST" {
        values.insert("organization", client.organization().to_owned());
    }
    if operation.id == "update_goal" {
        values.insert("goal", "quiet-rooms".into());
    }
    let mut refusals = Vec::new();
    for plan in Plan::of(operation, &values) {
        let answer = plan.request(client).send().await;
        if [401, 403, 404].contains(&answer.status) {
            refusals.push(format!("{} as {name}: {}", operation.id, answer.text()));
        }
        let scope = operation.access.key.as_str();
        if scope != "none" {
            let key = cast.person(&format!("key with {scope}"));
            let answer = plan.request(key).send().await;
            if [401, 403].contains(&answer.status) || (plan.is_read() && answer.status == 404) {
                refusals.push(format!(
                    "{} as a key with {scope}: {}",
                    operation.id,
                    answer.text()
                ));
            }
        }
    }
    refusals
}

#[test]
fn whoever_is_just_entitled_is_let_in() {
    let (reads, writes): (Vec<_>, Vec<_>) = contract()
        .operations()
        .iter()
        .filter(|operation| operation.access.role != "none")
        .partition(|operation| operation.method == "GET");
    let mut refusals = Vec::new();
    run_with_cast(async |_, cast| {
        for operation in reads {
            refusals.extend(admit(operation, &cast).await);
        }
    });
    for operation in writes {
        // Each on a copy of its own: one may take away what the next one needs.
        run_with_cast(async |_, cast| refusals.extend(admit(operation, &cast).await));
    }
    assert!(refusals.is_empty(), "{refusals:#?}");
}
