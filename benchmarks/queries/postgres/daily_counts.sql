select
    "timestamp"::date as day,
    count(*) as events,
    count(distinct "userId") as people,
    count("sessionPerformanceScore") as scored
from "BehavioralEvent"
where (%(user)s::text is null or "userId" = %(user)s)
    and (%(type)s::text is null or "eventType" = %(type)s::"EventType")
group by day
order by day
