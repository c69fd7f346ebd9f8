//! The tables as diesel sees them: the same on both databases, and private to `store`.

diesel::table! {
    organizations (id) {
        id -> Integer,
        code -> Text,
        code_key -> Text,
        name -> Text,
        created_at -> BigInt,
        suspended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    accounts (id) {
        id -> Integer,
        email -> Text,
        email_key -> Text,
        name -> Text,
        password_hash -> Text,
        created_at -> BigInt,
        suspended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    password_resets (token_hash) {
        token_hash -> Text,
        account_id -> Integer,
        reach -> Text,
        organization_id -> Nullable<Integer>,
        created_by -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    second_factors (account_id) {
        account_id -> Integer,
        secret -> Binary,
        created_at -> BigInt,
        confirmed_at -> Nullable<BigInt>,
        last_step -> BigInt,
    }
}

diesel::table! {
    recovery_codes (account_id, code_hash) {
        account_id -> Integer,
        code_hash -> Text,
        created_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    memberships (organization_id, account_id) {
        organization_id -> Integer,
        account_id -> Integer,
        role -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        account_id -> Integer,
        organization_id -> Integer,
        created_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    refresh_tokens (token_hash) {
        token_hash -> Text,
        session_id -> Text,
        issued_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    invitations (id) {
        id -> Text,
        organization_id -> Integer,
        email -> Nullable<Text>,
        role -> Text,
        token_hash -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        accepted_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        secret -> Binary,
        created_at -> BigInt,
        retired_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    coalitions (id) {
        id -> Integer,
        code -> Text,
        code_key -> Text,
        name -> Text,
        purpose -> Text,
        fiscal_year_start_month -> SmallInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        locked_through -> Nullable<Text>,
    }
}

diesel::table! {
    coalition_clock (coalition_id) {
        coalition_id -> Integer,
        revision -> BigInt,
        recorded_at -> BigInt,
        next_id -> Integer,
        schema_version -> Integer,
        schema_stamp -> BigInt,
        written_at -> BigInt,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Text,
        organization_id -> Integer,
        reach -> Text,
        coalition_id -> Nullable<Integer>,
        name -> Text,
        prefix -> Text,
        secret_hash -> Text,
        scopes -> Text,
        created_by -> Integer,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    share_links (coalition_id, id) {
        coalition_id -> Integer,
        id -> Text,
        name -> Text,
        audience -> Text,
        reach -> Text,
        prefix -> Text,
        secret_hash -> Text,
        organization_id -> Integer,
        created_by -> Integer,
        created_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    share_link_measures (coalition_id, share_link_id, measure_id) {
        coalition_id -> Integer,
        share_link_id -> Text,
        measure_id -> Integer,
    }
}

diesel::table! {
    partners (coalition_id, organization_id) {
        coalition_id -> Integer,
        organization_id -> Integer,
        role -> Text,
        state -> Text,
        member_from -> Nullable<Text>,
        member_until -> Nullable<Text>,
        attributes -> Text,
        invited_at -> BigInt,
        joined_at -> Nullable<BigInt>,
        left_at -> Nullable<BigInt>,
        expected_measures -> Nullable<Text>,
    }
}

diesel::table! {
    partner_levels (coalition_id, organization_id, starts_on) {
        coalition_id -> Integer,
        organization_id -> Integer,
        starts_on -> Text,
        level -> Text,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    organization_coalitions (organization_id, coalition_id) {
        organization_id -> Integer,
        coalition_id -> Integer,
    }
}

diesel::table! {
    dimensions (coalition_id, id) {
        coalition_id -> Integer,
        id -> SmallInt,
        code -> Text,
        name -> Text,
        overlapping -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    dimension_codes (coalition_id, dimension_id, id) {
        coalition_id -> Integer,
        dimension_id -> SmallInt,
        id -> SmallInt,
        code -> Text,
        code_key -> Text,
        name -> Text,
        retired -> Bool,
    }
}

diesel::table! {
    measures (coalition_id, id) {
        coalition_id -> Integer,
        id -> Integer,
        code -> Text,
        code_key -> Text,
        version -> Integer,
        body -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    measure_versions (coalition_id, measure_id, version) {
        coalition_id -> Integer,
        measure_id -> Integer,
        version -> Integer,
        body -> Text,
        actor -> Text,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    cells (coalition_id, id) {
        coalition_id -> Integer,
        id -> Integer,
        key -> Text,
    }
}

diesel::table! {
    reference_points (coalition_id, measure_id, kind, cell_key, period) {
        coalition_id -> Integer,
        measure_id -> Integer,
        kind -> Text,
        cell_key -> Text,
        period -> Integer,
        value -> BigInt,
    }
}

diesel::table! {
    goals (coalition_id, id) {
        coalition_id -> Integer,
        id -> Integer,
        code -> Text,
        code_key -> Text,
        organization_id -> Integer,
        state -> Text,
        statement -> Text,
        population -> Text,
        place -> Text,
        target_date -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    goal_measures (coalition_id, goal_id, position) {
        coalition_id -> Integer,
        goal_id -> Integer,
        position -> SmallInt,
        measure_id -> Integer,
        cell_key -> Text,
        headline -> Bool,
    }
}

diesel::table! {
    activities (coalition_id, id) {
        coalition_id -> Integer,
        id -> Text,
        organization_id -> Integer,
        title -> Text,
        description -> Text,
        starts_on -> Text,
        ends_on -> Text,
        place -> Text,
        attendance -> Nullable<Integer>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    activity_goals (coalition_id, activity_id, goal_id) {
        coalition_id -> Integer,
        activity_id -> Text,
        goal_id -> Integer,
    }
}

diesel::table! {
    activity_measures (coalition_id, activity_id, measure_id) {
        coalition_id -> Integer,
        activity_id -> Text,
        measure_id -> Integer,
    }
}

diesel::table! {
    contributions (coalition_id, activity_id, organization_id, role) {
        coalition_id -> Integer,
        activity_id -> Text,
        organization_id -> Integer,
        role -> Text,
    }
}

diesel::table! {
    submissions (coalition_id, id) {
        coalition_id -> Integer,
        id -> BigInt,
        uuid -> Text,
        organization_id -> Integer,
        actor -> Text,
        source -> Nullable<Text>,
        file_name -> Nullable<Text>,
        file_sha256 -> Text,
        receipt -> Text,
        recorded_at -> BigInt,
        verdict -> Nullable<Text>,
        review_comment -> Nullable<Text>,
        reviewed_by -> Nullable<Text>,
        reviewed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    imports (coalition_id, uuid) {
        coalition_id -> Integer,
        uuid -> Text,
        organization_id -> Integer,
        actor -> Text,
        state -> Text,
        spool -> Text,
        format -> Text,
        mode -> Text,
        file_name -> Nullable<Text>,
        file_sha256 -> Text,
        problem -> Nullable<Text>,
        received_at -> BigInt,
    }
}

diesel::table! {
    submission_organizations (coalition_id, organization_id, submission_id) {
        coalition_id -> Integer,
        submission_id -> BigInt,
        organization_id -> Integer,
        received -> Integer,
        created -> Integer,
        updated -> Integer,
        unchanged -> Integer,
        withdrawn -> Integer,
        rejected -> Integer,
    }
}

diesel::table! {
    idempotency_keys (organization_id, route, key) {
        organization_id -> Integer,
        route -> Text,
        key -> Text,
        fingerprint -> Text,
        status -> SmallInt,
        headers -> Text,
        body -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    observations (coalition_id, measure_id, period, cell_id, organization_id) {
        coalition_id -> Integer,
        measure_id -> Integer,
        period -> Integer,
        cell_id -> Integer,
        organization_id -> Integer,
        value -> Nullable<BigInt>,
        flags -> SmallInt,
        submission_id -> BigInt,
        recorded_at -> BigInt,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    observation_history (coalition_id, measure_id, period, cell_id, organization_id, recorded_at) {
        coalition_id -> Integer,
        measure_id -> Integer,
        period -> Integer,
        cell_id -> Integer,
        organization_id -> Integer,
        recorded_at -> BigInt,
        value -> Nullable<BigInt>,
        flags -> SmallInt,
        submission_id -> BigInt,
        note -> Nullable<Text>,
        superseded_at -> BigInt,
        superseded_by -> BigInt,
    }
}

diesel::table! {
    rollup (coalition_id, measure_id, period, cell_id) {
        coalition_id -> Integer,
        measure_id -> Integer,
        period -> Integer,
        cell_id -> Integer,
        sum -> BigInt,
        denominator -> BigInt,
        contributors -> Integer,
        estimated -> Integer,
    }
}

diesel::table! {
    coverage (coalition_id, measure_id, period) {
        coalition_id -> Integer,
        measure_id -> Integer,
        period -> Integer,
        contributors -> Integer,
        not_applicable -> Integer,
        outsiders -> Integer,
        answered -> Integer,
    }
}

diesel::table! {
    audit_log (coalition_id, organization_id, sequence) {
        coalition_id -> Integer,
        organization_id -> Integer,
        sequence -> BigInt,
        recorded_at -> BigInt,
        actor -> Text,
        action -> Text,
        subject -> Text,
        details -> Text,
        sha256 -> Text,
    }
}

diesel::table! {
    audit_heads (coalition_id, organization_id) {
        coalition_id -> Integer,
        organization_id -> Integer,
        sequence -> BigInt,
        sha256 -> Text,
    }
}

diesel::table! {
    /// Which role of PostgreSQL sees which coalition: on PostgreSQL only.
    reporting.roles (role_name) {
        role_name -> Text,
        coalition_id -> Integer,
        created_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    audit_log,
    audit_heads,
    organizations,
    accounts,
    password_resets,
    second_factors,
    recovery_codes,
    memberships,
    sessions,
    refresh_tokens,
    invitations,
    signing_keys,
    coalitions,
    coalition_clock,
    api_keys,
    share_links,
    share_link_measures,
    partners,
    partner_levels,
    organization_coalitions,
    dimensions,
    dimension_codes,
    measures,
    measure_versions,
    cells,
    reference_points,
    goals,
    goal_measures,
    activities,
    activity_goals,
    activity_measures,
    contributions,
    imports,
    submission_organizations,
    submissions,
    observations,
    idempotency_keys,
    observation_history,
    rollup,
    coverage,
);
