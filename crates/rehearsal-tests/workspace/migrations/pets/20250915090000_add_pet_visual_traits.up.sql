-- What a pet looks like, as JSON. Nullable and without a default: the backfill `pet_traits` fills it from each pet's
-- id, and a default would make a pet that it has not reached look finished.
ALTER TABLE "Pet" ADD COLUMN "traits" TEXT;
