select name as "column", round(100.0 * (events - filled) / events, 2) as null_pct
from (
    select
        count(*) as events, count(id) as id, count("userId") as "userId", count("eventType") as "eventType",
        count("eventData") as "eventData", count("timestamp") as "timestamp",
        count("completionQuality") as "completionQuality", count("contentType") as "contentType",
        count("dayOfWeek") as "dayOfWeek", count("difficultyLevel") as "difficultyLevel",
        count("engagementLevel") as "engagementLevel", count("sessionPerformanceScore") as "sessionPerformanceScore",
        count("timeOfDay") as "timeOfDay", count("experimentPhase") as "experimentPhase",
        count("randomizationSeed") as "randomizationSeed", count("contextMetadataId") as "contextMetadataId"
    from "BehavioralEvent"
    where %(type)s::text is null or "eventType" = %(type)s::"EventType"
) as counted
cross join lateral (
    values
        ('id', id), ('userId', "userId"), ('eventType', "eventType"), ('eventData', "eventData"),
        ('timestamp', "timestamp"), ('completionQuality', "completionQuality"), ('contentType', "contentType"),
        ('dayOfWeek', "dayOfWeek"), ('difficultyLevel', "difficultyLevel"), ('engagementLevel', "engagementLevel"),
        ('sessionPerformanceScore', "sessionPerformanceScore"), ('timeOfDay', "timeOfDay"),
        ('experimentPhase', "experimentPhase"), ('randomizationSeed', "randomizationSeed"),
        ('contextMetadataId', "contextMetadataId")
) as each_column (name, filled)
order by null_pct desc, name
