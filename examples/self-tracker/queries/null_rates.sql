-- What share of each column is NULL, in percent, the emptiest first.
-- @param type VARCHAR = NULL  only events of this type, such as CARD_REVIEWED
select name as "column", round(rate, 2) as null_pct
from (
    unpivot (
        select 100 * avg((columns(*) is null)::int)
        from (from research.behavioral_events where $type is null or eventType = $type)
    )
    on columns(*) into name name value rate
)
order by null_pct desc, "column";
