select
    date_trunc('week', "timestamp")::date as week,
    count(*) as events,
    count(distinct "userId") as users,
    count(*) filter (where "eventType" in ('CARD_REVIEWED', 'VALIDATION_COMPLETED')) as scorable,
    round(100 * avg(("sessionPerformanceScore" is null)::int)
        filter (where "eventType" in ('CARD_REVIEWED', 'VALIDATION_COMPLETED')), 1) as score_missing_pct,
    round(100 * avg(("engagementLevel" is null)::int), 1) as engagement_missing_pct,
    round(100 * avg(("contextMetadataId" is null)::int), 1) as context_missing_pct
from "BehavioralEvent"
group by week
order by week
