//! `$metadata`: the types of the rows, in CSDL XML, and what the service does not do, so that clients do it themselves.

use actix_web::{HttpResponse, web};

use super::model::{EntitySet, Kind, NAMESPACE, Property};
use super::options::Given;
use super::service::entity_sets;
use crate::app::App;
use crate::auth::Reader;
use crate::domain::decimal::MAX_DECIMALS;
use crate::error::{Error, Result};
use crate::http::QueryText;

/// A published value has at most sixteen digits before its decimals.
const WHOLE_DIGITS: u8 = 16;

const BEGINNING: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
<edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml">
<edmx:Include Namespace="Org.OData.Capabilities.V1" Alias="Capabilities"/>
</edmx:Reference>
<edmx:DataServices>
"#;

/// Of the service as a whole.
const OF_SERVICE: &str = r#"<Annotation Term="Capabilities.ConformanceLevel"><EnumMember>Capabilities.ConformanceLevelType/Minimal</EnumMember></Annotation>
<Annotation Term="Capabilities.BatchSupported" Bool="false"/>
<Annotation Term="Capabilities.FilterFunctions"><Collection/></Annotation>
"#;

/// Of each set.
const OF_SET: &str = r#"<Annotation Term="Capabilities.SortRestrictions"><Record><PropertyValue Property="Sortable" Bool="false"/></Record></Annotation>
<Annotation Term="Capabilities.ExpandRestrictions"><Record><PropertyValue Property="Expandable" Bool="false"/></Record></Annotation>
<Annotation Term="Capabilities.SearchRestrictions"><Record><PropertyValue Property="Searchable" Bool="false"/></Record></Annotation>
<Annotation Term="Capabilities.InsertRestrictions"><Record><PropertyValue Property="Insertable" Bool="false"/></Record></Annotation>
<Annotation Term="Capabilities.UpdateRestrictions"><Record><PropertyValue Property="Updatable" Bool="false"/></Record></Annotation>
<Annotation Term="Capabilities.DeleteRestrictions"><Record><PropertyValue Property="Deletable" Bool="false"/></Record></Annotation>
"#;

/// `GET /odata/{coalition}/$metadata`. Always XML, whatever `Accept` says: nothing else is there.
pub async fn find(reader: Reader, query: QueryText, app: web::Data<App>) -> Result<HttpResponse> {
    let sets = entity_sets(&app, &reader).await?;
    let given = Given::read(&query, &["$format"])?;
    if !matches!(given.find("$format"), None | Some("xml" | "application/xml")) {
        return Err(Error::NotAcceptable(
            "$metadata is answered as application/xml".into(),
        ));
    }
    Ok(HttpResponse::Ok()
        .content_type("application/xml")
        .body(document(&sets)))
}

fn document(sets: &[EntitySet]) -> String {
    let mut text = BEGINNING.to_owned();
    text +=
        &format!("<Schema Namespace=\"{NAMESPACE}\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\n");
    for set in sets {
        text += &format!("<EntityType Name=\"{}\">\n<Key>", escaped(&set.entity));
        for key in set.properties.iter().filter(|property| property.is_key) {
            text += &format!("<PropertyRef Name=\"{}\"/>", escaped(&key.name));
        }
        text += "</Key>\n";
        text.extend(set.properties.iter().map(property));
        text += "</EntityType>\n";
    }
    text += "<EntityContainer Name=\"Coalition\">\n";
    text += OF_SERVICE;
    for set in sets {
        let (name, entity) = (escaped(&set.name), escaped(&set.entity));
        text += &format!(
            "<EntitySet Name=\"{name}\" EntityType=\"{NAMESPACE}.{entity}\">\n{OF_SET}</EntitySet>\n"
        );
    }
    text + "</EntityContainer>\n</Schema>\n</edmx:DataServices>\n</edmx:Edmx>\n"
}

fn property(property: &Property) -> String {
    let kind = match property.kind {
        Kind::Text => "Edm.String\"".to_owned(),
        Kind::Decimal => format!(
            "Edm.Decimal\" Precision=\"{}\" Scale=\"{MAX_DECIMALS}\"",
            WHOLE_DIGITS + MAX_DECIMALS
        ),
        Kind::Count => "Edm.Int32\"".to_owned(),
        Kind::Flag => "Edm.Boolean\"".to_owned(),
        Kind::Date => "Edm.Date\"".to_owned(),
        Kind::Instant => "Edm.DateTimeOffset\" Precision=\"6\"".to_owned(),
    };
    let nullable = if property.is_nullable {
        ""
    } else {
        " Nullable=\"false\""
    };
    format!(
        "<Property Name=\"{}\" Type=\"{kind}{nullable}/>\n",
        escaped(&property.name)
    )
}

/// A text as it stands in an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
