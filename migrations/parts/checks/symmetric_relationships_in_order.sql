-- from: 20260119100000
-- Catches symmetric relationships whose first part has the greater id, and relationships of a part with itself.
SELECT id, user_id, part_a_id, type, part_b_id
FROM part_relationships_v2
WHERE part_a_id = part_b_id OR (type IN ('conflicts', 'supports') AND part_a_id > part_b_id)
ORDER BY id;
