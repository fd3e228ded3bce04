with phases as (
    select
        p."protocolName", p."userId", a."phaseLabel", a."phaseType", a."startDate"::date as first_day,
        coalesce(a."endDate", a."startDate" + a."plannedDuration" * interval '1 day')::date as end_day,
        row_number() over (partition by p.id order by a."startDate") as phase_number
    from "ExperimentProtocol" p
    join "PhaseAssignment" a on a."protocolId" = p.id
    where %(protocol)s::text is null or p.id = %(protocol)s
),
people as (
    select "userId", min(first_day) as from_day, max(end_day) as until_day from phases group by "userId"
),
scores as (
    select e."userId", e."timestamp"::date as day, avg(e."sessionPerformanceScore") as score, count(*) as scored
    from "BehavioralEvent" e
    join people p on p."userId" = e."userId" and e."timestamp" >= p.from_day and e."timestamp" < p.until_day
    where e."sessionPerformanceScore" is not null
    group by e."userId", e."timestamp"::date
),
days as (
    select phases.*, day::date
    from phases, generate_series(first_day, end_day - 1, interval '1 day') as day
)
select
    d."protocolName" as protocol,
    d.day,
    d.phase_number,
    d."phaseLabel" as phase,
    (d."phaseType"::text like 'INTERVENTION%%')::int as treated,
    d.day - d.first_day + 1 as day_of_phase,
    s.score,
    coalesce(s.scored, 0) as scored
from days d
left join scores s on s."userId" = d."userId" and s.day = d.day
order by protocol, d.day
