-- Users, the contexts in which they look for somebody, what they said in each, and their chats.

CREATE TYPE "RelationshipContextType" AS ENUM ('romantic', 'friendship', 'professional', 'creative', 'service');

CREATE TABLE "User" (
    "id"        text NOT NULL CONSTRAINT "User_pkey" PRIMARY KEY,
    "name"      text NOT NULL,
    "email"     text NOT NULL CONSTRAINT "User_email_key" UNIQUE,
    "createdAt" timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE "ContextProfile" (
    "id"             text NOT NULL CONSTRAINT "ContextProfile_pkey" PRIMARY KEY,
    "userId"         text NOT NULL CONSTRAINT "ContextProfile_userId_fkey" REFERENCES "User" ("id") ON DELETE CASCADE,
    "contextType"    "RelationshipContextType" NOT NULL,
    "tonePreference" text,
    "createdAt"      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT "ContextProfile_userId_contextType_key" UNIQUE ("userId", "contextType")
);

-- What a user said in a context. The data is meant to be an object; nothing holds it to that.
CREATE TABLE "Profile" (
    "id"               text NOT NULL CONSTRAINT "Profile_pkey" PRIMARY KEY,
    "contextProfileId" text NOT NULL CONSTRAINT "Profile_contextProfileId_key" UNIQUE
                       CONSTRAINT "Profile_contextProfileId_fkey" REFERENCES "ContextProfile" ("id") ON DELETE CASCADE,
    "data"             jsonb,
    "completeness"     integer NOT NULL DEFAULT 0,
    "missing"          text[] NOT NULL DEFAULT '{}',
    "createdAt"        timestamptz NOT NULL DEFAULT now(),
    "updatedAt"        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE "ChatMessage" (
    "id"               text NOT NULL CONSTRAINT "ChatMessage_pkey" PRIMARY KEY,
    "contextProfileId" text NOT NULL
                       CONSTRAINT "ChatMessage_contextProfileId_fkey"
                       REFERENCES "ContextProfile" ("id") ON DELETE CASCADE,
    "role"             text NOT NULL,
    "content"          text NOT NULL,
    "createdAt"        timestamptz NOT NULL DEFAULT now()
);

-- A chat in order; deleting a context profile looks here too.
CREATE INDEX "ChatMessage_contextProfileId_createdAt_idx" ON "ChatMessage" ("contextProfileId", "createdAt");
