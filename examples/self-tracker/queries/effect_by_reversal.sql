-- The plain effect: mean of the daily mean scores with the intervention minus without it, at each reversal and in all.
-- It knows nothing of weekdays and autocorrelation, so each line is uncertain by about two points in the demo.
with days as (
    select "timestamp"::date as day, any_value(experimentPhase) as phase, avg(sessionPerformanceScore) as score
    from research.behavioral_events
    where experimentPhase is not null and sessionPerformanceScore is not null
    group by day
),
phases as (
    select e.phaseLabel as phase, e.phaseType = 'INTERVENTION_A' as treated, e.startDate, count(*) as days, avg(d.score) as score
    from research.phase_assignments e join days d on d.phase = e.phaseLabel
    group by all
),
reversals as (
    select *, lag(phase) over w as before, lag(treated) over w as was_treated, lag(score) over w as score_before
    from phases
    window w as (order by startDate)
)
select
    before || ' → ' || phase as reversal,
    round(if(treated, score_before, score), 2) as baseline,
    round(if(treated, score, score_before), 2) as intervention,
    round(if(treated, score - score_before, score_before - score), 2) as effect
from reversals
where treated <> was_treated
union all
select
    'all phases',
    round(avg(score) filter (not treated), 2),
    round(avg(score) filter (treated), 2),
    round(avg(score) filter (treated) - avg(score) filter (not treated), 2)
from phases;
