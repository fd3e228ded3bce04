-- Events that may be one event recorded twice: the same person, type and content at the same moment, under several ids.
with twice as ( -- contents are long, so only those are compared of which there can be two
    select userId, eventType, "timestamp"
    from research.behavioral_events
    group by all
    having count(*) > 1
)
select userId, eventType, "timestamp", count(*) as events, min(id) as first_id, max(id) as last_id
from research.behavioral_events
semi join twice using (userId, eventType, "timestamp")
group by userId, eventType, "timestamp", eventData
having count(*) > 1
order by events desc, "timestamp", userId, eventType;
