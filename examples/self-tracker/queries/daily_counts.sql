-- Events a day: how many, of how many people, and how many with a score. A day without events is not there.
-- @param user VARCHAR = NULL  only this person's
-- @param type VARCHAR = NULL  only events of this type, such as CARD_REVIEWED
select
    "timestamp"::date as day,
    count(*) as events,
    count(distinct userId) as people,
    count(sessionPerformanceScore) as scored
from research.behavioral_events
where ($user is null or userId = $user) and ($type is null or eventType = $type)
group by day
order by day;
