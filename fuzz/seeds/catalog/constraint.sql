CHECK (((b)::text ~ '^[a-z]{2,10}(x|y)+[[:digit:]]$'::text) AND (a = ANY (ARRAY['x'::text, 'it''s'::text])) OR a >= '-1.5e3'::numeric)
