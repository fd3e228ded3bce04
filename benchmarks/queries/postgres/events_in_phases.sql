select
    p."protocolName" as protocol,
    a."phaseLabel" as phase,
    e."eventType"::text as event,
    count(*) as events,
    count(e."sessionPerformanceScore") as scored,
    count(*) filter (where e."experimentPhase" is distinct from a."phaseLabel") as labelled_otherwise
from "ExperimentProtocol" p
join "PhaseAssignment" a on a."protocolId" = p.id
join "BehavioralEvent" e
    on e."userId" = p."userId"
    and e."timestamp" >= a."startDate"
    and (a."endDate" is null or e."timestamp" < a."endDate")
where %(protocol)s::text is null or p.id = %(protocol)s
group by p."protocolName", a."startDate", a."phaseLabel", e."eventType"
order by p."protocolName", a."startDate", e."eventType"
