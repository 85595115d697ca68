-- One profile a user and one intent a context, beside what is there, which stays as it is. The backfill
-- `unified_profiles` fills both tables out of `"Profile"`; their ids and times are derived, so that no column has a
-- default that chance or a clock would decide.

CREATE TABLE "UnifiedProfile" (
    "id"               text NOT NULL CONSTRAINT "UnifiedProfile_pkey" PRIMARY KEY,
    "userId"           text NOT NULL CONSTRAINT "UnifiedProfile_userId_key" UNIQUE
                       CONSTRAINT "UnifiedProfile_userId_fkey" REFERENCES "User" ("id") ON DELETE CASCADE,
    "coreValues"       jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof("coreValues") = 'array'),
    "beliefs"          jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof("beliefs") = 'object'),
    "interactionStyle" jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof("interactionStyle") = 'object'),
    "lifestyle"        jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof("lifestyle") = 'object'),
    "constraints"      jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof("constraints") = 'array'),
    "location"         text,
    "ageRange"         text,
    "name"             text,
    "legacyData"       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof("legacyData") = 'object'),
    "completeness"     integer NOT NULL CHECK ("completeness" BETWEEN 0 AND 100),
    "missing"          text[] NOT NULL,
    "createdAt"        timestamptz NOT NULL,
    "updatedAt"        timestamptz NOT NULL
);

-- The columns of all contexts; a row has values in those of its own only.
CREATE TABLE "ContextIntent" (
    "id"                          text NOT NULL CONSTRAINT "ContextIntent_pkey" PRIMARY KEY,
    "userId"                      text NOT NULL
                                  CONSTRAINT "ContextIntent_userId_fkey" REFERENCES "User" ("id") ON DELETE CASCADE,
    "contextType"                 "RelationshipContextType" NOT NULL,
    -- romantic
    "relationshipTimeline"        text,
    "exclusivityExpectation"      text,
    "familyIntentions"            text,
    "attractionImportance"        text,
    -- friendship
    "friendshipDepth"             text,
    "groupActivityPreference"     text,
    "emotionalSupportExpectation" text,
    -- professional
    "partnershipType"             text,
    "commitmentHorizon"           text,
    "complementarySkills"         jsonb CHECK (jsonb_typeof("complementarySkills") = 'array'),
    "equityOrRevShare"            text,
    -- creative
    "creativeType"                text,
    "roleNeeded"                  text,
    "processStyle"                text,
    "egoBalance"                  text,
    "compensationExpectation"     text,
    -- service
    "serviceType"                 text,
    "budgetRange"                 text,
    "timelineNeeded"              text,
    "credentialsRequired"         text,
    "completeness"                integer NOT NULL CHECK ("completeness" BETWEEN 0 AND 100),
    "missing"                     text[] NOT NULL,
    "createdAt"                   timestamptz NOT NULL,
    "updatedAt"                   timestamptz NOT NULL,
    CONSTRAINT "ContextIntent_userId_contextType_key" UNIQUE ("userId", "contextType")
);
