with days as (
    select "timestamp"::date as day, any_value("experimentPhase") as phase, avg("sessionPerformanceScore") as score
    from "BehavioralEvent"
    where "experimentPhase" is not null and "sessionPerformanceScore" is not null
    group by day
),
phases as (
    select
        e."phaseLabel" as phase, e."phaseType" = 'INTERVENTION_A' as treated, e."startDate", count(*) as days,
        avg(d.score) as score
    from "PhaseAssignment" e join days d on d.phase = e."phaseLabel"
    group by 1, 2, 3
),
reversals as (
    select *, lag(phase) over w as before, lag(treated) over w as was_treated, lag(score) over w as score_before
    from phases
    window w as (order by "startDate")
)
select
    before || ' → ' || phase as reversal,
    round(case when treated then score_before else score end, 2) as baseline,
    round(case when treated then score else score_before end, 2) as intervention,
    round(case when treated then score - score_before else score_before - score end, 2) as effect
from reversals
where treated <> was_treated
union all
select
    'all phases',
    round(avg(score) filter (where not treated), 2),
    round(avg(score) filter (where treated), 2),
    round(avg(score) filter (where treated) - avg(score) filter (where not treated), 2)
from phases
