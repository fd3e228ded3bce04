select
    "experimentPhase" as phase,
    min("timestamp")::date as first_day,
    max("timestamp")::date as last_day,
    count(distinct "timestamp"::date) as days,
    count(distinct "userId") as people,
    count(*) as events,
    count("sessionPerformanceScore") as scored
from "BehavioralEvent"
where "experimentPhase" is not null
group by phase
order by first_day
