-- The old tables were never changed, and hold all that came from them. What the app wrote since, is gone.

DROP INDEX part_relationships_user_id_created_at_idx;
DROP INDEX sessions_user_id_start_time_id_idx;
DROP INDEX parts_user_id_name_idx;
DROP TABLE timeline_events;
DROP TABLE observations;
DROP TABLE part_relationships_v2;
DROP TABLE sessions_v2;
DROP TABLE parts_v2;
