-- from: 20260119100000
-- Catches relationships with a missing part or a part of another user, even if a constraint is missing or not
-- validated.
SELECT relationship.id, relationship.user_id, a.user_id AS user_of_part_a, b.user_id AS user_of_part_b
FROM part_relationships_v2 AS relationship
LEFT JOIN parts_v2 AS a ON a.id = relationship.part_a_id
LEFT JOIN parts_v2 AS b ON b.id = relationship.part_b_id
WHERE (a.user_id = relationship.user_id AND b.user_id = relationship.user_id) IS NOT TRUE
ORDER BY relationship.id;
