-- The study app's schema, as Prisma writes a migration of schema.prisma.

-- CreateEnum
CREATE TYPE "EventType" AS ENUM ('MISSION_STARTED', 'MISSION_COMPLETED', 'CARD_REVIEWED', 'VALIDATION_COMPLETED', 'SESSION_STARTED', 'SESSION_ENDED', 'LECTURE_UPLOADED', 'SEARCH_PERFORMED', 'GRAPH_VIEWED', 'RECOMMENDATION_VIEWED', 'RECOMMENDATION_CLICKED', 'RECOMMENDATION_DISMISSED', 'RECOMMENDATION_RATED');
CREATE TYPE "CompletionQuality" AS ENUM ('RUSHED', 'NORMAL', 'THOROUGH');
CREATE TYPE "EngagementLevel" AS ENUM ('LOW', 'MEDIUM', 'HIGH');
CREATE TYPE "DesignType" AS ENUM ('ABAB', 'MULTIPLE_BASELINE', 'ALTERNATING', 'CHANGING_CRITERION');
CREATE TYPE "PhaseType" AS ENUM ('BASELINE', 'INTERVENTION_A', 'INTERVENTION_B', 'WASHOUT');
CREATE TYPE "Mood" AS ENUM ('LOW', 'MEDIUM', 'HIGH');
CREATE TYPE "Location" AS ENUM ('HOME', 'LIBRARY', 'CAFE', 'CAMPUS', 'OTHER');

-- CreateTable
CREATE TABLE "BehavioralEvent" (
    "id" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "eventType" "EventType" NOT NULL,
    "eventData" JSONB NOT NULL,
    "timestamp" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completionQuality" "CompletionQuality",
    "contentType" TEXT,
    "dayOfWeek" INTEGER,
    "difficultyLevel" TEXT,
    "engagementLevel" "EngagementLevel",
    "sessionPerformanceScore" INTEGER,
    "timeOfDay" INTEGER,
    "experimentPhase" TEXT,
    "randomizationSeed" INTEGER,
    "contextMetadataId" TEXT,

    CONSTRAINT "BehavioralEvent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ExperimentProtocol" (
    "id" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "protocolName" TEXT NOT NULL,
    "hypothesis" TEXT NOT NULL,
    "startDate" TIMESTAMP(3) NOT NULL,
    "endDate" TIMESTAMP(3),
    "designType" "DesignType" NOT NULL,
    "primaryOutcome" TEXT NOT NULL,
    "sampleSizeTarget" INTEGER NOT NULL,
    "analysisPlan" TEXT NOT NULL,
    "deviations" JSONB[],
    "screened" INTEGER,
    "eligible" INTEGER,
    "enrolled" INTEGER,
    "completed" INTEGER,

    CONSTRAINT "ExperimentProtocol_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "PhaseAssignment" (
    "id" TEXT NOT NULL,
    "protocolId" TEXT NOT NULL,
    "phaseLabel" TEXT NOT NULL,
    "phaseType" "PhaseType" NOT NULL,
    "startDate" TIMESTAMP(3) NOT NULL,
    "endDate" TIMESTAMP(3),
    "plannedDuration" INTEGER NOT NULL,
    "randomizationSeed" INTEGER NOT NULL,
    "interventionParams" JSONB NOT NULL,

    CONSTRAINT "PhaseAssignment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AnalysisRun" (
    "id" TEXT NOT NULL,
    "protocolId" TEXT NOT NULL,
    "runName" TEXT NOT NULL,
    "analysisType" TEXT NOT NULL,
    "codeCommitHash" TEXT NOT NULL,
    "dataVersionHash" TEXT NOT NULL,
    "inputParams" JSONB NOT NULL,
    "mlflowRunId" TEXT,
    "mlflowExperimentId" TEXT,
    "mlflowRunUrl" TEXT,
    "provenanceGitCommit" TEXT,
    "dvcLockSha256" TEXT,
    "artifactPaths" TEXT[],
    "resultsSummary" JSONB NOT NULL,
    "status" TEXT,
    "startedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completedAt" TIMESTAMP(3),

    CONSTRAINT "AnalysisRun_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ContextMetadata" (
    "id" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "timestamp" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "mood" "Mood" NOT NULL,
    "energyLevel" INTEGER NOT NULL,
    "location" "Location" NOT NULL,
    "notes" TEXT,
    "sleepHours" DOUBLE PRECISION,
    "sleepQuality" INTEGER,
    "hrvScore" DOUBLE PRECISION,
    "restingHeartRate" INTEGER,
    "activityStrain" DOUBLE PRECISION,

    CONSTRAINT "ContextMetadata_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "BehavioralEvent_userId_idx" ON "BehavioralEvent"("userId");
CREATE INDEX "BehavioralEvent_eventType_idx" ON "BehavioralEvent"("eventType");
CREATE INDEX "BehavioralEvent_timestamp_idx" ON "BehavioralEvent"("timestamp");
CREATE INDEX "BehavioralEvent_userId_eventType_timestamp_idx" ON "BehavioralEvent"("userId", "eventType", "timestamp");
CREATE INDEX "BehavioralEvent_experimentPhase_idx" ON "BehavioralEvent"("experimentPhase");
CREATE INDEX "PhaseAssignment_protocolId_idx" ON "PhaseAssignment"("protocolId");
CREATE INDEX "AnalysisRun_protocolId_idx" ON "AnalysisRun"("protocolId");
CREATE UNIQUE INDEX "AnalysisRun_mlflowRunId_key" ON "AnalysisRun"("mlflowRunId");
CREATE INDEX "ContextMetadata_userId_timestamp_idx" ON "ContextMetadata"("userId", "timestamp");

-- AddForeignKey
ALTER TABLE "BehavioralEvent" ADD CONSTRAINT "BehavioralEvent_contextMetadataId_fkey" FOREIGN KEY ("contextMetadataId") REFERENCES "ContextMetadata"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "PhaseAssignment" ADD CONSTRAINT "PhaseAssignment_protocolId_fkey" FOREIGN KEY ("protocolId") REFERENCES "ExperimentProtocol"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "AnalysisRun" ADD CONSTRAINT "AnalysisRun_protocolId_fkey" FOREIGN KEY ("protocolId") REFERENCES "ExperimentProtocol"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
