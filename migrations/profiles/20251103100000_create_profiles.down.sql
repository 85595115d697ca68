DROP TABLE "ChatMessage";
DROP TABLE "Profile";
DROP TABLE "ContextProfile";
DROP TABLE "User";
DROP TYPE "RelationshipContextType";
