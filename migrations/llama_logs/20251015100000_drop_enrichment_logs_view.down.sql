-- The view and its triggers, as `rename_enrichment_logs_to_llama_logs` made them.

-- Code of before the rename reads and writes this view, under the name and with the columns that it knows. A view of
-- one table is updatable by itself, with the table's defaults; COPY into it is the one thing that needs the new name.
CREATE VIEW enrichment_logs AS
SELECT id, operation, status, sources, reason, error_message, metadata,
       user_id, album_id, artist_id, track_id, created_at
FROM llama_logs;

-- What old code writes gets its category here, also where it changes the status of a record. New code gives the
-- category itself, and is left alone. The literals take the column's type on assignment, so that the function does not
-- depend on the search path of whoever inserts.
CREATE FUNCTION llama_logs_set_category() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.category := CASE
        WHEN NEW.status = 'FAILED' THEN 'FAILED'
        WHEN starts_with(NEW.operation, 'cache:') THEN 'CACHED'
        WHEN NEW.operation = 'admin_correction' THEN 'CORRECTED'
        WHEN starts_with(NEW.operation, 'enrichment:')
          OR starts_with(NEW.operation, 'check:')
          OR starts_with(NEW.operation, 'musicbrainz:')
          OR starts_with(NEW.operation, 'spotify:')
          OR starts_with(NEW.operation, 'discogs:')
          OR NEW.operation = 'PREVIEW_ENRICHMENT' THEN 'ENRICHED'
        ELSE 'CREATED'
    END;
    RETURN NEW;
END
$$;

CREATE TRIGGER llama_logs_category_on_insert BEFORE INSERT ON llama_logs
FOR EACH ROW WHEN (NEW.category IS NULL) EXECUTE FUNCTION llama_logs_set_category();

CREATE TRIGGER llama_logs_category_on_update BEFORE UPDATE OF operation, status ON llama_logs
FOR EACH ROW WHEN (NEW.category = OLD.category) EXECUTE FUNCTION llama_logs_set_category();

-- A grant follows its table, and so no role has any on the view. Old code keeps what it was granted.
DO $$
DECLARE
    held record;
BEGIN
    EXECUTE format(
        'ALTER VIEW enrichment_logs OWNER TO %s',
        (SELECT relowner::regrole FROM pg_class WHERE oid = 'llama_logs'::regclass)
    );
    FOR held IN
        SELECT privilege_type AS privilege, grantee, is_grantable, '' AS columns
        FROM pg_class, aclexplode(relacl)
        WHERE oid = 'llama_logs'::regclass
        UNION ALL
        SELECT privilege_type, grantee, is_grantable, format(' (%I)', attname)
        FROM pg_attribute, aclexplode(attacl)
        WHERE attrelid = 'llama_logs'::regclass AND attname <> 'category'
    LOOP
        CONTINUE WHEN held.privilege NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE');
        EXECUTE format(
            'GRANT %s%s ON enrichment_logs TO %s%s',
            held.privilege,
            held.columns,
            CASE held.grantee WHEN 0 THEN 'PUBLIC' ELSE held.grantee::regrole::text END,
            CASE WHEN held.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
        );
    END LOOP;
END
$$;
