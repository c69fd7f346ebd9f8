//! The tables that the bare database is measured on, as the migrations make them: Cairn keeps its own to itself.

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
    partners (coalition_id, organization_id) {
        coalition_id -> Integer,
        organization_id -> Integer,
        role -> Text,
        member_from -> Nullable<Text>,
        member_until -> Nullable<Text>,
        attributes -> Text,
    }
}

diesel::table! {
    measures (coalition_id, id) {
        coalition_id -> Integer,
        id -> Integer,
        code -> Text,
    }
}
