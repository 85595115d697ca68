-- kind: preserved
-- from: 20260119100000
-- Catches legacy parts that were lost or changed, column by column, as text.
SELECT id::text, user_id::text, name, category, status, charge, confidence::text, evidence_count, age, role,
       triggers::text, emotions::text, beliefs::text, somatic_markers::text, visualization::text, story,
       (first_noticed AT TIME ZONE 'UTC')::text, (last_active AT TIME ZONE 'UTC')::text,
       (created_at AT TIME ZONE 'UTC')::text
FROM parts;
-- after
SELECT id::text, user_id::text, name, category, status, charge, confidence::text, evidence_count, age, role,
       triggers::text, emotions::text, beliefs::text, somatic_markers::text, visualization::text, story,
       (first_noticed AT TIME ZONE 'UTC')::text, (last_active AT TIME ZONE 'UTC')::text,
       (created_at AT TIME ZONE 'UTC')::text
FROM parts;
