//! Partners as CSV: one line for each, with a column for each attribute that any of them has.

use super::partners::Partner;
use crate::error::{Error, Result};
use crate::formats::neutral;

/// The columns that every partner has.
const COLUMNS: [&str; 11] = [
    "organization",
    "name",
    "role",
    "state",
    "engagement_level",
    "engagement_since",
    "member_from",
    "member_until",
    "invited_at",
    "joined_at",
    "left_at",
];
/// What stands in an attribute's column where a partner has none.
const NONE: &str = "_";

/// The bytes. `keys` are those of all attributes that there are, so that every page has the same columns.
pub fn write(partners: &[Partner], keys: &[String]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = COLUMNS.iter().map(|name| (*name).to_owned());
    let header = header.chain(keys.iter().map(|key| format!("partner_{key}")));
    writer.write_record(header).map_err(Error::internal)?;
    for partner in partners {
        let day = |text: &Option<String>| text.clone().unwrap_or_default();
        let fixed = [
            partner.organization.clone(),
            partner.name.clone(),
            partner.role.as_str().to_owned(),
            partner.state.as_str().to_owned(),
            partner.engagement_level.map_or("", |level| level.as_str()).to_owned(),
            day(&partner.engagement_since),
            day(&partner.member_from),
            day(&partner.member_until),
            partner.invited_at.clone(),
            day(&partner.joined_at),
            day(&partner.left_at),
        ];
        let attribute = |key| partner.attributes.get(key).map_or(NONE, String::as_str).to_owned();
        let fields = fixed.into_iter().chain(keys.iter().map(attribute));
        let fields = fields.map(|text| neutral(&text).into_owned());
        writer.write_record(fields).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}
