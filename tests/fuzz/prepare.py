"""Gives the demo what scripts/fuzz calls it with: an editor of a partner, an organization's API key, and things that can be
looked up. Prints as JSON who there is, and for each path parameter what exists.
"""

import json

from cairn import COALITION, call

PASSWORD = "violet-harbor-candle-61"
BACKBONE = {"email": "demo@national-library-network.example", "password": "stones-mark-the-way"}
PARTNER = {"email": "admin@fuzz-partner.example", "password": PASSWORD}
EDITOR = {"email": "editor@fuzz-partner.example", "password": PASSWORD}
SCOPES = ["schema:read", "observations:read", "observations:write", "aggregates:read", "activities:read", "activities:write"]


def ask(method, path, body=None, token=None):
    return json.loads(call(method, path, body, token))


def sign_in(who):
    return ask("POST", "/v1/sessions", who)["access_token"]


def invite(token, email, role):
    """A member, who has accepted."""
    invited = ask("POST", "/v1/organization/invitations", {"email": email, "role": role}, token)
    ask("POST", "/v1/invitations/accept", {"token": invited["token"], "name": role, "password": PASSWORD})


def main():
    backbone = sign_in(BACKBONE)
    admin = {"email": PARTNER["email"], "name": "Pat", "password": PASSWORD}
    call("POST", "/v1/organizations", {"code": "fuzz-partner", "name": "Partner", "admin": admin})
    call("POST", f"{COALITION}/partners", {"organization": "fuzz-partner", "role": "partner"}, backbone)
    partner = sign_in(PARTNER)
    call("POST", f"{COALITION}/partners/fuzz-partner/accept", {}, partner)
    invite(partner, EDITOR["email"], "editor")
    invite(backbone, "spare@national-library-network.example", "viewer")
    key = ask("POST", "/v1/organization/api-keys", {"name": "fuzz", "scopes": SCOPES}, partner)
    link = ask("POST", f"{COALITION}/share-links", {"name": "fuzz", "audience": "public"}, backbone)
    editor = sign_in(EDITOR)
    activity = {"title": "Story hour", "starts_on": "2026-03-02", "goals": ["teens-belong"]}
    own = ask("POST", f"{COALITION}/activities", activity, editor)
    observation = {"measure": "VISITS", "period": "2017", "value": 7}
    receipt = ask("POST", f"{COALITION}/observations", {"observations": [observation]}, editor)
    print(json.dumps({
        "callers": {"backbone": BACKBONE, "partner": EDITOR, "key": key["secret"], "nobody": None},
        "known": {
            "coalition": ["us-public-libraries"],
            "organization": ["fuzz-partner", "AK", "AL", "AZ"],
            "measure": ["PROGRAMS", "VISITS", "ATTENDANCE", "STAFF_FTE", "VISITS_PER_CAPITA"],
            "dimension": ["age_group", "staff_type", "revenue_source"],
            "goal": ["teens-belong", "open-to-all"],
            "entity_set": ["Aggregates", "Aggregates_by_age_group"],
            "activity": [own["id"]],
            "submission": [receipt["submission"]],
            "token": [link["secret"]],
            "email": ["spare@national-library-network.example"],
        },
    }))


if __name__ == "__main__":
    main()
