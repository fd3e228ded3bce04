-- What one person did, newest first.
-- @param user VARCHAR  whose events
-- @param since TIMESTAMP = '0001-01-01'  from this moment on (UTC)
-- @param until TIMESTAMP = '9999-12-31'  up to this moment, which is not included
-- @param rows BIGINT = 50  at most so many
select "timestamp", eventType, contentType, sessionPerformanceScore as score, experimentPhase as phase, id
from research.behavioral_events
where userId = $user and "timestamp" >= $since and "timestamp" < $until
order by "timestamp" desc, id
limit $rows;
