select
    date_trunc('week', "timestamp")::date as week,
    count(*) as events,
    count(distinct "userId") as people,
    count(distinct "timestamp"::date) as days,
    count("sessionPerformanceScore") as scored
from "BehavioralEvent"
where (%(user)s::text is null or "userId" = %(user)s)
    and (%(type)s::text is null or "eventType" = %(type)s::"EventType")
group by week
order by week
