-- All that they hold follows from `"Profile"`, which is as it was.

DROP TABLE "ContextIntent";
DROP TABLE "UnifiedProfile";
