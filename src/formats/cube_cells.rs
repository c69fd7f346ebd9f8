//! Items laid out by the place of their cell, as JSON-stat has them: an array with every cell in it, or, where most
//! cells have no row, an object keyed by place.

use serde_json::value::RawValue;

use super::json_rows::write_item;
use super::table::Item;
use crate::error::Result;

/// How the rows of one answer are laid out.
pub struct Cells {
    count: u64,
    /// The place of each row and its number, by place.
    rows: Vec<(u64, usize)>,
}

impl Cells {
    /// `count` cells, of which the rows have these places.
    pub fn new(count: u64, places: &[u64]) -> Self {
        let mut rows: Vec<(u64, usize)> = places.iter().copied().zip(0..).collect();
        rows.sort_unstable();
        Self { count, rows }
    }

    fn is_sparse(&self) -> bool {
        self.count / 2 > self.rows.len() as u64
    }

    /// The items of the rows, null where there is none: an array, or an object that ends with the last cell, since
    /// readers tell from it how many there are.
    pub fn items<'i>(&self, item: impl Fn(usize) -> Option<&'i Item<'i>>) -> Result<Box<RawValue>> {
        if self.is_sparse() {
            return self.object(true, item);
        }
        let mut bytes = vec![b'['];
        let mut rows = self.rows.iter().peekable();
        for place in 0..self.count {
            if place > 0 {
                bytes.push(b',');
            }
            let row = rows.next_if(|(at, _)| *at == place);
            write_item(
                &mut bytes,
                row.and_then(|&(_, row)| item(row)).unwrap_or(&Item::Nothing),
            )?;
        }
        bytes.push(b']');
        raw(bytes)
    }

    /// The items of the rows alone, as an object.
    pub fn of_rows<'i>(&self, item: impl Fn(usize) -> Option<&'i Item<'i>>) -> Result<Box<RawValue>> {
        self.object(false, item)
    }

    fn object<'i>(
        &self,
        has_last: bool,
        item: impl Fn(usize) -> Option<&'i Item<'i>>,
    ) -> Result<Box<RawValue>> {
        let mut bytes = vec![b'{'];
        let mut write = |place: u64, item: &Item<'_>| {
            if bytes.len() > 1 {
                bytes.push(b',');
            }
            bytes.extend(format!("\"{place}\":").bytes());
            write_item(&mut bytes, item)
        };
        for &(place, row) in &self.rows {
            write(place, item(row).unwrap_or(&Item::Nothing))?;
        }
        let last = self.count.checked_sub(1).filter(|_| has_last);
        if let Some(last) = last.filter(|last| self.rows.last().is_none_or(|(place, _)| place != last)) {
            write(last, &Item::Nothing)?;
        }
        bytes.push(b'}');
        raw(bytes)
    }
}

fn raw(bytes: Vec<u8>) -> Result<Box<RawValue>> {
    Ok(serde_json::from_slice(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decimal::Decimal;

    fn written(count: u64, places: &[u64]) -> String {
        let items: Vec<Item<'_>> = places
            .iter()
            .map(|place| Item::Number(Decimal::new(*place as i128 * 10 + 5, 1)))
            .collect();
        let cells = Cells::new(count, places);
        cells.items(|row| items.get(row)).unwrap().get().to_owned()
    }

    #[test]
    fn an_array_where_most_cells_have_rows() {
        assert_eq!(written(4, &[3, 0]), "[0.5,null,null,3.5]");
        assert_eq!(written(0, &[]), "[]");
    }

    #[test]
    fn an_object_where_few_do() {
        assert_eq!(written(6, &[3, 0]), r#"{"0":0.5,"3":3.5,"5":null}"#);
        assert_eq!(written(6, &[5, 0]), r#"{"0":0.5,"5":5.5}"#);
        let none = Cells::new(4, &[2]).of_rows(|_| None).unwrap();
        assert_eq!(none.get(), r#"{"2":null}"#);
    }
}
