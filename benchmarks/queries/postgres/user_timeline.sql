select "timestamp", "eventType"::text, "contentType", "sessionPerformanceScore" as score, "experimentPhase" as phase, id
from "BehavioralEvent"
where "userId" = %(user)s and "timestamp" >= %(since)s and "timestamp" < %(until)s
order by "timestamp" desc, id
limit %(rows)s
