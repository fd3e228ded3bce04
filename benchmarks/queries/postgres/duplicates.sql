with twice as (
    select "userId", "eventType", "timestamp"
    from "BehavioralEvent"
    group by "userId", "eventType", "timestamp"
    having count(*) > 1
)
select "userId", "eventType"::text, "timestamp", count(*) as events, min(id) as first_id, max(id) as last_id
from "BehavioralEvent"
join twice using ("userId", "eventType", "timestamp")
group by "userId", "eventType", "timestamp", "eventData"
having count(*) > 1
order by events desc, "timestamp", "userId", "eventType"
