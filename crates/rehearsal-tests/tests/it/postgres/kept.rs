//! Rows and values that a migration preserves in another form: partitions that are attached or detached, renamed
//! labels and attributes, changed keys. Losses next to them are found all the same.

use super::check;
use crate::suite::SUITE;
use rehearsal_tests::shop::{LABEL, Shop};

/// Creates a history with the migration `first` before the migration under test.
fn after(first: &str, up: &str, down: &str) -> Shop {
    let shop = Shop::new(&SUITE);
    shop.migration("20250919120000_before", first, "");
    shop.migration(LABEL, up, down);
    shop
}

const EVENTS: &str = "CREATE TABLE event (id int NOT NULL, day date NOT NULL, note text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);\n\
    CREATE TABLE event_24 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');\n\
    CREATE TABLE event_25 (id int NOT NULL, day date NOT NULL, note text, PRIMARY KEY (id, day));\n\
    CREATE TABLE archive (id int, note text, day date NOT NULL) PARTITION BY RANGE (day);\n\
    CREATE TABLE archive_20 PARTITION OF archive FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');\n\
    INSERT INTO event VALUES (1, '2024-01-01', 'a'), (2, '2024-02-01', NULL);\n\
    INSERT INTO event_25 VALUES (1, '2025-01-01', 'c'), (2, '2025-02-01', 'd');";

#[test]
#[ignore = "slow"]
fn partitions() {
    let kept = |up: &str, down: &str| after(EVENTS, up, down).succeed("ci shop");
    let (there, back) = ("ALTER TABLE event ATTACH PARTITION", "ALTER TABLE event DETACH PARTITION");
    let attach = format!("{there} event_25 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');");
    let attach_again = format!("{there} event_24 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');");
    kept(&attach, &format!("{back} event_25;"));
    kept(&format!("{back} event_24;"), &attach_again);
    // From one table to another, which has no key.
    kept(
        &format!(
            "{back} event_24;\nALTER TABLE archive ATTACH PARTITION event_24 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
        ),
        &format!(
            "ALTER TABLE archive DETACH PARTITION event_24;\nALTER TABLE event_24 ALTER id SET NOT NULL;\n{attach_again}"
        ),
    );
    // The partitioned table is new, and has the previous name of its partition.
    kept(
        "ALTER TABLE event_25 RENAME TO event_all;\nALTER TABLE event_all RENAME CONSTRAINT event_25_pkey TO event_all_pkey;\n\
         CREATE TABLE event_25 (id int NOT NULL, day date NOT NULL, note text) PARTITION BY RANGE (day);\n\
         ALTER TABLE event_25 ATTACH PARTITION event_all DEFAULT;",
        "ALTER TABLE event_25 DETACH PARTITION event_all;\nDROP TABLE event_25;\nALTER TABLE event_all RENAME TO event_25;\n\
         ALTER TABLE event_25 RENAME CONSTRAINT event_all_pkey TO event_25_pkey;",
    );
    let lost = |snapshot: &str, up: &str| check(snapshot, &after(EVENTS, up, ""), "ci shop", 1);
    lost("partition_attached_and_rows_lost", &format!("{attach}\nDELETE FROM event WHERE id = 1;"));
    lost(
        "partition_detached_and_cut",
        &format!("{back} event_24;\nUPDATE event_24 SET note = NULL;\nDELETE FROM event_24 WHERE id = 2;"),
    );
    lost("partition_detached_and_dropped", &format!("{back} event_24;\nDROP TABLE event_24;"));
}

const SIZES: &str = "CREATE TYPE pair AS (a int, b text);\nCREATE TYPE duo AS (size size, pair pair);\nCREATE DOMAIN fit AS size;\n\
    CREATE TABLE box (size size PRIMARY KEY, pair pair, sizes size[], boths duo[], fit fit);\n\
    CREATE TABLE loose (size size, pair pair);\n\
    INSERT INTO box VALUES ('small', (1, 'x'), '{small,large}', ARRAY[('small', (1, NULL))::duo], 'small'), ('large', NULL, NULL, NULL, 'large');\n\
    INSERT INTO loose VALUES ('small', (1, 'x')), ('small', (1, 'x')), ('large', NULL);";

#[test]
#[ignore = "slow"]
fn renamed_labels_and_attributes() {
    let kept = |up: &str, down: &str| after(SIZES, up, down).succeed("ci shop");
    let rename = "ALTER TYPE size RENAME VALUE 'small' TO 'it''s \\ tiny';";
    kept(rename, "ALTER TYPE size RENAME VALUE 'it''s \\ tiny' TO 'small';");
    kept(
        "ALTER TYPE pair ADD ATTRIBUTE c bool, ADD ATTRIBUTE d pg_lsn;",
        "ALTER TYPE pair DROP ATTRIBUTE c, DROP ATTRIBUTE d;",
    );
    kept("ALTER TYPE pair RENAME ATTRIBUTE b TO z;", "ALTER TYPE pair RENAME ATTRIBUTE z TO b;");
    let rename = "ALTER TYPE size RENAME VALUE 'small' TO 'tiny';";
    // Generated rows, too, and a later migration.
    let shop = after("CREATE TABLE toy (id int PRIMARY KEY, size size, pair text);", rename, "");
    shop.migration("20250921120000_more", "UPDATE toy SET pair = 'x' WHERE pair IS NULL;", "").succeed("ci shop");
    let lost = |snapshot: &str, up: &str| check(snapshot, &after(SIZES, up, ""), "ci shop", 1);
    lost("enum_renamed_and_updated", &format!("{rename}\nUPDATE item SET size = 'tiny' WHERE id = 2;"));
    lost(
        "enum_renamed_and_rows_lost",
        &format!("{rename}\nDELETE FROM box WHERE size = 'tiny';\nUPDATE loose SET size = 'large';"),
    );
    lost("attribute_dropped", "ALTER TYPE pair DROP ATTRIBUTE b;");
}

/// Tables whose primary key changes: rows of the history and generated rows.
#[test]
fn changed_keys() {
    let up = "ALTER TABLE badge DROP CONSTRAINT badge_pkey, ADD PRIMARY KEY (code);";
    let down = "ALTER TABLE badge DROP CONSTRAINT badge_pkey, ADD PRIMARY KEY (id);\nALTER TABLE badge ALTER code SET NOT NULL;";
    let table = "CREATE TABLE badge (id int PRIMARY KEY, code text NOT NULL UNIQUE, note text);";
    let rows = format!("{table}\nINSERT INTO badge VALUES (1, 'b', NULL), (2, 'a', 'x');");
    after(table, up, down).succeed("ci shop");
    after(&rows, up, down).succeed("ci shop");
    let grown = "UPDATE badge SET note = 'y' WHERE note IS NULL;\n\
                 ALTER TABLE badge DROP CONSTRAINT badge_pkey, ADD PRIMARY KEY (id, note);";
    after(&rows, grown, "").succeed("ci shop");
    let cut = format!("{up}\nDELETE FROM badge WHERE id = 1;\nUPDATE badge SET note = 'y';");
    check("key_changed_and_rows_lost", &after(&rows, &cut, ""), "ci shop", 1);
}
