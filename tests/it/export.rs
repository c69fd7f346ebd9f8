//! Data packages: everything that an organization may see, nothing that it may not, and what it says of itself.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use csv::Reader;
use serde_json::{Value, json};

use crate::support::{Client, Coalition, run_in_coalition};

/// The files of a package by their paths.
async fn package(client: &Client, path: &str) -> BTreeMap<String, String> {
    let answer = client.get(path).send().await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let name = answer.header("content-disposition").expect("a name");
    assert!(name.ends_with(".zip\""), "{name}");
    let mut zip = zip::ZipArchive::new(Cursor::new(answer.body.clone())).expect("a zip");
    let mut files = BTreeMap::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("a text");
        files.insert(file.name().expect("a name").into_owned(), text);
    }
    files
}

/// Holds a package to what it says of itself, and answers its rows by table.
fn rows(files: &BTreeMap<String, String>) -> BTreeMap<String, Vec<BTreeMap<String, String>>> {
    let described: Value = serde_json::from_str(&files["datapackage.json"]).expect("a descriptor");
    let resources = described["resources"].as_array().expect("resources");
    assert_eq!(resources.len() + 1, files.len(), "every file is described");
    let mut tables = BTreeMap::new();
    for resource in resources {
        let path = resource["path"].as_str().expect("a path");
        let fields = resource["schema"]["fields"].as_array().expect("fields");
        let names: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
        let mut reader = Reader::from_reader(files[path].as_bytes());
        let header: Vec<String> = reader
            .headers()
            .expect("a header")
            .iter()
            .map(str::to_owned)
            .collect();
        assert_eq!(header, names, "{path}");
        let record = |record: csv::Result<csv::StringRecord>| {
            let record = record.expect("a record");
            header
                .iter()
                .cloned()
                .zip(record.iter().map(str::to_owned))
                .collect()
        };
        let name = resource["name"].as_str().expect("a name").to_owned();
        tables.insert(name, reader.into_records().map(record).collect());
    }
    tables
}

async fn correct(client: &Client, coalition: &Coalition, value: i64, note: &str) {
    let figures =
        json!({"observations": [{"measure": "VISITS", "period": "2025", "value": value, "note": note}]});
    let path = coalition.path("/observations");
    client.post(&path, figures).send().await.expect(201);
}

#[test]
fn a_coalition_is_taken_along_as_far_as_it_is_seen() {
    run_in_coalition(async |_, coalition| {
        correct(&coalition.partner, &coalition, 9001, "counted again").await;
        correct(&coalition.second, &coalition, 77, "=canary of the other").await;
        let path = coalition.path("/export");
        let files = package(&coalition.partner, &path).await;
        let tables = rows(&files);
        let names: Vec<&str> = tables.keys().map(String::as_str).collect();
        let expected = "activities aggregates coalition dimensions earlier_values goals measures observations partners \
            reference_points submissions";
        assert_eq!(names.join(" "), expected);
        for name in [
            "activities",
            "aggregates",
            "dimensions",
            "goals",
            "measures",
            "partners",
            "reference_points",
        ] {
            assert!(!tables[name].is_empty(), "{name}");
        }
        let alone = coalition.path("/observations?format=csv");
        let alone = coalition.partner.get(&alone).send().await.expect(200).text();
        assert_eq!(
            files["observations.csv"], alone,
            "the same figures in the same words"
        );
        let [earlier] = &tables["earlier_values"][..] else {
            panic!("{:?}", tables["earlier_values"]);
        };
        assert_eq!(
            ["measure", "period", "value", "note", "organization"].map(|name| earlier[name].as_str()),
            ["VISITS", "2025", "9000", "branch closed in May", "riverside-high"]
        );
        assert_eq!(earlier["submission"], coalition.submission);
        let cell: Value = serde_json::from_str(&tables["reference_points"][0]["cell"]).expect("an object");
        assert!(cell.is_object());
        let whole = files.values().any(|text| text.contains("canary of the other"));
        assert!(!whole, "what another organization wrote is not there");

        let of_backbone = rows(&package(&coalition.backbone, &path).await);
        let notes = of_backbone["observations"].iter().map(|row| row["note"].as_str());
        assert!(
            notes.clone().any(|note| note == "'=canary of the other"),
            "{notes:?}"
        );
        assert!(of_backbone.contains_key("share_links"));
        let of_observer = rows(&package(&coalition.observer, &path).await);
        assert!(of_observer["observations"].is_empty() && of_observer["submissions"].is_empty());
        assert!(!of_observer["aggregates"].is_empty());
    });
}

#[test]
fn an_organization_takes_itself_along_without_secrets() {
    run_in_coalition(async |_, coalition| {
        let key = json!({"name": "warehouse", "scopes": ["observations:read"]});
        let made = coalition.partner.post("/v1/organization/api-keys", key);
        let secret = made.send().await.expect(201).json()["secret"].clone();
        let files = package(&coalition.partner, "/v1/organization/export").await;
        let tables = rows(&files);
        assert_eq!(tables["organization"][0]["code"], "riverside-high");
        assert!(tables["api_keys"].iter().any(|key| key["name"] == "warehouse"));
        assert_eq!(tables["coalitions"][0]["code"], coalition.code);
        assert!(!tables["members"].is_empty());
        let secret = secret.as_str().expect("a secret");
        assert!(
            !files
                .values()
                .any(|text| text.contains(secret) || text.contains("argon2"))
        );
        let editor = coalition.partner.member("eva", "editor").await;
        editor.get("/v1/organization/export").send().await.expect(403);
    });
}
