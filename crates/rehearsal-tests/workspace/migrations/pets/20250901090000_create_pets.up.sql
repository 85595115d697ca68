-- Users, their pets, and the genetic traits that pets carry. Ids are UUIDs in lower-case text; times are ISO 8601 in
-- UTC with milliseconds, so that text order is time order.

CREATE TABLE "User" (
    "id"        TEXT PRIMARY KEY NOT NULL,
    "name"      TEXT NOT NULL,
    "createdAt" TEXT NOT NULL
);

CREATE TABLE "Pet" (
    "id"           TEXT PRIMARY KEY NOT NULL,
    "name"         TEXT NOT NULL,
    "userId"       TEXT NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE,
    "generation"   INTEGER NOT NULL DEFAULT 1 CHECK ("generation" >= 1),
    "friendliness" INTEGER NOT NULL CHECK ("friendliness" BETWEEN 0 AND 100),
    "energyTrait"  INTEGER NOT NULL CHECK ("energyTrait" BETWEEN 0 AND 100),
    "curiosity"    INTEGER NOT NULL CHECK ("curiosity" BETWEEN 0 AND 100),
    "patience"     INTEGER NOT NULL CHECK ("patience" BETWEEN 0 AND 100),
    "playfulness"  INTEGER NOT NULL CHECK ("playfulness" BETWEEN 0 AND 100),
    "parent1Id"    TEXT REFERENCES "Pet" ("id") ON DELETE SET NULL,
    "parent2Id"    TEXT REFERENCES "Pet" ("id") ON DELETE SET NULL,
    "createdAt"    TEXT NOT NULL,
    "updatedAt"    TEXT NOT NULL
);

CREATE INDEX "Pet_userId_idx" ON "Pet" ("userId");
CREATE INDEX "Pet_parent1Id_idx" ON "Pet" ("parent1Id");
CREATE INDEX "Pet_parent2Id_idx" ON "Pet" ("parent2Id");

CREATE TABLE "Trait" (
    "id"   TEXT PRIMARY KEY NOT NULL,
    "name" TEXT NOT NULL UNIQUE,
    "kind" TEXT NOT NULL CHECK ("kind" IN ('visual', 'personality', 'skill'))
);

CREATE TABLE "PetTrait" (
    "petId"   TEXT NOT NULL REFERENCES "Pet" ("id") ON DELETE CASCADE,
    "traitId" TEXT NOT NULL REFERENCES "Trait" ("id") ON DELETE CASCADE,
    PRIMARY KEY ("petId", "traitId")
) WITHOUT ROWID;

CREATE INDEX "PetTrait_traitId_idx" ON "PetTrait" ("traitId");
