-- Every value is derived from the pet's id, so dropping the column loses nothing that the backfill cannot write again.
ALTER TABLE "Pet" DROP COLUMN "traits";
