CHECK ((((a)::json -> 'b'::text) ->> 'c'::text) IS NOT NULL AND jsonb_typeof(a) = 'array' AND json_valid(a))
