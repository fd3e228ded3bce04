-- Events a week (Monday first): how many, of how many people, and on how many days.
-- @param user VARCHAR = NULL  only this person's
-- @param type VARCHAR = NULL  only events of this type, such as CARD_REVIEWED
select
    date_trunc('week', "timestamp")::date as week,
    count(*) as events,
    count(distinct userId) as people,
    count(distinct "timestamp"::date) as days,
    count(sessionPerformanceScore) as scored
from research.behavioral_events
where ($user is null or userId = $user) and ($type is null or eventType = $type)
group by week
order by week;
