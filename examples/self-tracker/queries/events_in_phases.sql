-- Events joined to protocols and their phases by person and time: how many of each type, and how many bear another phase's label.
-- @param protocol VARCHAR = NULL  only the protocol with this id
select
    p.protocolName as protocol,
    a.phaseLabel as phase,
    e.eventType as event,
    count(*) as events,
    count(e.sessionPerformanceScore) as scored,
    count(*) filter (e.experimentPhase is distinct from a.phaseLabel) as labelled_otherwise
from research.experiment_protocols p
join research.phase_assignments a on a.protocolId = p.id
join research.behavioral_events e
    on e.userId = p.userId
    and e."timestamp" >= a.startDate
    and (a.endDate is null or e."timestamp" < a.endDate)
where $protocol is null or p.id = $protocol
group by p.protocolName, a.startDate, a.phaseLabel, e.eventType
order by p.protocolName, a.startDate, e.eventType;
