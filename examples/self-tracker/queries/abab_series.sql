-- The series for a reversal design (ABAB): one row a day of a protocol, with its phase, whether the intervention was on, and the day's mean score. A day without a score is NULL.
-- @param protocol VARCHAR = NULL  only the protocol with this id
with phases as (
    select
        p.protocolName, p.userId, a.phaseLabel, a.phaseType, a.startDate::date as first_day,
        coalesce(a.endDate, a.startDate + to_days(a.plannedDuration))::date as end_day,
        row_number() over (partition by p.id order by a.startDate) as phase_number
    from research.experiment_protocols p
    join research.phase_assignments a on a.protocolId = p.id
    where $protocol is null or p.id = $protocol
),
people as ( -- with the days that are asked for, so that files of other months are not read
    select userId, min(first_day) as from_day, max(end_day) as until_day from phases group by userId
),
scores as (
    select e.userId, e."timestamp"::date as day, avg(e.sessionPerformanceScore) as score, count(*) as scored
    from research.behavioral_events e
    join people p on p.userId = e.userId and e."timestamp" >= p.from_day and e."timestamp" < p.until_day
    where e.sessionPerformanceScore is not null
    group by all
),
days as (
    select *, unnest(generate_series(first_day, end_day - 1, interval 1 day))::date as day from phases
)
select
    d.protocolName as protocol,
    d.day,
    d.phase_number,
    d.phaseLabel as phase,
    (d.phaseType like 'INTERVENTION%')::int as treated,
    d.day - d.first_day + 1 as day_of_phase,
    s.score,
    coalesce(s.scored, 0) as scored
from days d
left join scores s on s.userId = d.userId and s.day = d.day
order by protocol, d.day;
