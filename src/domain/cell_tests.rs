use super::cell::Cell;
use super::sample::{self, AGE, SEX};
use super::schema::CellError;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn any_pairs() -> impl Strategy<Value = BTreeMap<u16, u16>> {
    proptest::collection::btree_map(0_u16..8, 0_u16..4, 0..=4)
}

fn cell(pairs: impl IntoIterator<Item = (u16, u16)>) -> Cell {
    pairs.into_iter().fold(Cell::HEADLINE, |cell, (dimension, code)| {
        cell.with(dimension, code).unwrap()
    })
}

proptest! {
    #[test]
    fn is_a_map_whatever_the_order_of_its_making(pairs in any_pairs()) {
        let forwards = cell(pairs.clone());
        prop_assert_eq!(forwards, cell(pairs.clone().into_iter().rev()));
        prop_assert_eq!(forwards.pairs().to_vec(), pairs.clone().into_iter().collect::<Vec<_>>());
        prop_assert_eq!(forwards.len(), pairs.len());
        prop_assert_eq!(forwards.is_empty(), pairs.is_empty());
        for dimension in 0..8 {
            prop_assert_eq!(forwards.code(dimension), pairs.get(&dimension).copied());
        }
    }

    #[test]
    fn without_takes_back_with(pairs in any_pairs(), dimension in 0_u16..8, code in 0_u16..4) {
        let before = cell(pairs.clone());
        match before.with(dimension, code) {
            Some(after) => {
                prop_assert_eq!(after.without(dimension), before);
                prop_assert!(after.contains(&before) && !before.contains(&after));
            }
            None => prop_assert!(pairs.len() == Cell::MOST || pairs.contains_key(&dimension)),
        }
    }

    #[test]
    fn contains_is_an_order(a in any_pairs(), b in any_pairs()) {
        let (a, b) = (cell(a), cell(b));
        prop_assert!(a.contains(&a) && a.contains(&Cell::HEADLINE));
        prop_assert_eq!(a.contains(&b) && b.contains(&a), a == b);
    }

    #[test]
    fn the_headline_comes_first(pairs in any_pairs()) {
        prop_assert!(Cell::HEADLINE <= cell(pairs));
    }

    #[test]
    fn json_keeps_it(pairs in any_pairs()) {
        let cell = cell(pairs);
        prop_assert_eq!(serde_json::from_str::<Cell>(&serde_json::to_string(&cell).unwrap()).unwrap(), cell);
    }

    #[test]
    fn keys_name_one_cell(age in proptest::option::of(0_u16..=3), sex in proptest::option::of(0_u16..=2)) {
        let schema = sample::schema();
        let cell = cell(age.map(|code| (AGE, code)).into_iter().chain(sex.map(|code| (SEX, code))));
        prop_assert_eq!(schema.parse_cell_key(&schema.cell_key(&cell)), Some(cell));
    }
}

#[test]
fn json_is_a_list_of_pairs() {
    assert_eq!(
        serde_json::to_string(&cell([(2, 1), (1, 0)])).unwrap(),
        "[[1,0],[2,1]]"
    );
    assert!(serde_json::from_str::<Cell>("[[1,0],[1,1]]").is_err());
    assert!(serde_json::from_str::<Cell>("[[1,0],[2,0],[3,0],[4,0],[5,0]]").is_err());
}

#[test]
fn keys_stand_in_the_order_of_codes() {
    let schema = sample::schema();
    assert_eq!(
        schema.cell_key(&cell([(SEX, 1), (AGE, 2)])),
        "age_group=young_adult,sex=f"
    );
    assert_eq!(schema.cell_key(&Cell::HEADLINE), "");
    assert_eq!(
        schema.parse_cell_key("sex=F,AGE_GROUP=_"),
        Some(cell([(AGE, 0), (SEX, 1)]))
    );
    for key in [
        "age_group",
        "age_group=teens",
        "size=1",
        "age_group=_,age_group=_",
        ",",
    ] {
        assert_eq!(schema.parse_cell_key(key), None, "{key}");
    }
}

#[test]
fn pairs_say_what_is_wrong() {
    let schema = sample::schema();
    let error =
        |pairs: &[(&'static str, &'static str)]| schema.cell_from_pairs(pairs.iter().copied()).unwrap_err();
    assert_eq!(
        error(&[("size", "children")]).to_string(),
        "there is no dimension `size`; the dimensions are `age_group`, `sex`, `race`"
    );
    let unknown = error(&[("age_group", "teens")]);
    assert_eq!(
        unknown.to_string(),
        "the dimension `age_group` has no code `teens`; the codes are `children`, `young_adult`, `_`"
    );
    assert_eq!(
        (unknown.code(), unknown.dimension()),
        ("unknown_code", "age_group")
    );
    assert!(matches!(
        error(&[("sex", "f"), ("sex", "m")]),
        CellError::Repeated { .. }
    ));
    assert!(
        schema.cell_from_pairs([("age_group", "old_adult")]).is_ok(),
        "a retired code is a code"
    );
}
